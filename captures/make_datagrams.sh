# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The pairs without TCP, read by make.sh: DTLS, and TLS inside EAP (in RADIUS, and in EAPOL on a wire).
dtls_server() { in_server openssl s_server -accept $port -dtls1_2 -quiet "$@" < <(exec sleep 30); }
M="Mbed TLS 2.28 client (tools/mbed_client.c --dtls 1)"; O="OpenSSL 3.0 s_server -dtls1_2"

start_server() { dtls_server -cert "$pki/leaf.pem" -key "$pki/leaf.key"; }
run_client() { mbed --dtls 1 --ca "$pki/root.pem"; }
pair dtls-good not-an-error "" completed "$M" "$O" "a good handshake, DTLS 1.2"

run_client() { mbed --dtls 1 --ca "$pki/other.pem" --debug 1; }
pair dtls-other-root unknown-ca "" failed "$M" "$O" "the client trusts another root"

start_server() { dtls_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -mtu 300; }
pair dtls-fragments-other-root unknown-ca "" failed "$M" "$O -mtu 300: messages in fragments" "the client trusts another root"

start_server() { dtls_server -nocert -psk 00112233445566778899aabbccddeeff -psk_identity known; }
# A record that does not verify is dropped without a word (RFC 6347, 4.1.2.7): the client would wait for minutes.
run_client() { in_client timeout 8 "$work/mbed" --host $server_ip --port $port --name $name --dtls 1 --psk 0123456789abcdef --identity device-17 --insecure 1 --debug 1; }
pair dtls-psk psk-mismatch "" failed "$M" "$O with another PSK" "the pre-shared keys differ"

start_server() { in_server gnutls-serv --udp --port $port --x509certfile "$pki/leaf.pem" --x509keyfile "$pki/leaf.key" --disable-client-cert < /dev/zero; }
run_client() { mbed --dtls 1 --ca "$pki/other.pem" --debug 1; }
pair dtls-gnutls-other-root unknown-ca "" failed "$M" "GnuTLS 3.7 gnutls-serv --udp" "the client trusts another root"

no_listener=1
start_server() { sleep 60; }
run_client() { mbed --dtls 1 --ca "$pki/root.pem"; }
pair dtls-closed-port connection-refused "" none "$M" "nothing" "nobody listens on the port"

start_server() {
  in_server nft add table inet tw; in_server nft 'add chain inet tw in { type filter hook prerouting priority 0; }'
  in_server nft add rule inet tw in udp dport $port drop
  sleep 60
}
run_client() { in_client timeout 8 "$work/mbed" --host $server_ip --port $port --name $name --dtls 1 --ca "$pki/root.pem" || true; in_server nft delete table inet tw; }
pair dtls-silent-server tcp-timeout "" failed "$M" "a firewall that drops the datagrams" "the ClientHello is sent again and again"
no_listener=

# --- EAP -----------------------------------------------------------------------------------------------------------------------------
port=1812
issue radius root "/CN=radius.example.test" "${leaf_ext/$name/radius.example.test}" -30 2000 2048
printf '* TLS\n' > "$work/eap_users"
printf '0.0.0.0/0 secret\n' > "$work/radius_clients"
hostapd_files() {
  printf '%s\n' "eap_server=1" "eap_user_file=$work/eap_users" "ca_cert=$pki/root.pem" "server_cert=$pki/radius.pem" "private_key=$pki/radius.key"
}
supplicant() {  # supplicant CA: a network block that trusts this root
  printf '%s\n' "network={" "key_mgmt=$2" "eap=TLS" "identity=\"device-17@example.test\"" "ca_cert=\"$1\"" "client_cert=\"$pki/device.pem\"" "private_key=\"$pki/device.key\"" "eapol_flags=0" "fragment_size=600" "}"
}
# eapol_test always prints debug lines; these are what wpa_supplicant prints without asking.
say() { grep -E '^(CTRL-EVENT|SUCCESS|FAILURE|TLS: |SSL: SSL3 alert|OpenSSL: openssl_handshake)'; }
H="hostapd 2.10 as RADIUS server"; S="eapol_test 2.10 (wpa_supplicant, OpenSSL 3.0)"
start_server() {
  { printf '%s\n' "driver=none" "radius_server_clients=$work/radius_clients" "radius_server_auth_port=$port"; hostapd_files; } > "$work/hostapd.conf"
  in_server stdbuf -oL hostapd "$work/hostapd.conf"
}
run_client() { supplicant "$pki/root.pem" IEEE8021X > "$work/eapol.conf"; in_client timeout 20 eapol_test -a $server_ip -p $port -s secret -c "$work/eapol.conf" | say; }
pair eap-radius-good not-an-error "" completed "$S" "$H" "a good EAP-TLS authentication in RADIUS"

run_client() { supplicant "$pki/other.pem" IEEE8021X > "$work/eapol.conf"; in_client timeout 20 eapol_test -a $server_ip -p $port -s secret -c "$work/eapol.conf" | say; }
pair eap-radius-other-root unknown-ca "" failed "$S" "$H" "the supplicant trusts another root"

# On a wire: EAPOL goes to a group address, which a veth passes on.
no_listener=1 filter="ether proto 0x888e"
start_server() {
  { printf '%s\n' "interface=tw-s" "driver=wired" "ieee8021x=1" "eap_reauth_period=0" "use_pae_group_addr=0"; hostapd_files; } > "$work/hostapd.conf"
  in_server stdbuf -oL hostapd "$work/hostapd.conf"
}
run_client() { { echo "ap_scan=0"; supplicant "$pki/other.pem" IEEE8021X; } > "$work/wired.conf"; in_client timeout 5 wpa_supplicant -D wired -i tw-c -c "$work/wired.conf"; }
pair eap-wired-other-root unknown-ca "" failed "wpa_supplicant 2.10 -D wired" "hostapd 2.10, driver=wired" "the supplicant trusts another root"

run_client() { { echo "ap_scan=0"; supplicant "$pki/root.pem" IEEE8021X; } > "$work/wired.conf"; in_client timeout 5 wpa_supplicant -D wired -i tw-c -c "$work/wired.conf"; }
pair eap-wired-good not-an-error "" completed "wpa_supplicant 2.10 -D wired" "hostapd 2.10, driver=wired" "a good EAP-TLS authentication on a wire"
no_listener="" filter=""
