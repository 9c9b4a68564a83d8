#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the labelled pairs of this folder from real stacks: two network namespaces with a veth between them, a server in one, a client in the
# other, tcpdump beside the server. Needs root and the Debian 12 packages named in README.md. Expected facts in case.json come from tshark.
#   captures/make.sh               all pairs
#   captures/make.sh --only NAME   one pair
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
only=""
[ "${1:-}" = "--only" ] && only=$2
server_ip=192.0.2.10 client_ip=192.0.2.47 name=broker.example.test

cleanup() {
  [ -n "${server_pid:-}" ] && kill "$server_pid" 2>/dev/null || true
  ip netns del tw-client 2>/dev/null || true
  ip netns del tw-server 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# --- network -------------------------------------------------------------------------------------------------------------------------
ip netns del tw-client 2>/dev/null || true
ip netns del tw-server 2>/dev/null || true
ip netns add tw-client
ip netns add tw-server
ip link add tw-c netns tw-client type veth peer name tw-s netns tw-server
ip -n tw-client addr add $client_ip/24 dev tw-c
ip -n tw-server addr add $server_ip/24 dev tw-s
for side in client:tw-c server:tw-s; do
  ip -n "tw-${side%%:*}" link set lo up
  ip -n "tw-${side%%:*}" link set "${side#*:}" up
  # Offloading would put segments into the capture that no wire has carried.
  ip netns exec "tw-${side%%:*}" ethtool -K "${side#*:}" tx off rx off tso off gso off gro off > /dev/null 2>&1
done
in_client() { ip netns exec tw-client "$@"; }
in_server() { ip netns exec tw-server "$@"; }

# --- programs ------------------------------------------------------------------------------------------------------------------------
cc -O1 -o "$work/mbed" "$here/tools/mbed_client.c" -lmbedtls -lmbedx509 -lmbedcrypto
cc -O1 -o "$work/wolf" "$here/tools/wolf_client.c" -lwolfssl
cc -O1 -o "$work/bear" "$here/tools/bear_client.c" -lbearssl
cc -O1 -shared -fPIC -o "$work/heap_limit.so" "$here/tools/heap_limit.c" -ldl

# --- certificates --------------------------------------------------------------------------------------------------------------------
pki=$work/pki
mkdir -p "$pki"
# ca NAME DAYS-FROM DAYS-TO; negative days lie in the past.
date_of() { date -u -d "@$((1767225600 + $1 * 86400))" +%Y%m%d%H%M%SZ; }  # counted from 2026-01-01, so the pairs do not age
issue() {  # issue NAME ISSUER SUBJECT EXTENSIONS FROM TO KEYTYPE
  local id=$1 issuer=$2 subject=$3 extensions=$4 from=$5 to=$6 type=${7:-ec}
  if [ "$type" = ec ]; then openssl ecparam -name prime256v1 -genkey -noout -out "$pki/$id.key"; else openssl genrsa -out "$pki/$id.key" "$type" 2>/dev/null; fi
  openssl req -new -key "$pki/$id.key" -subj "$subject" -out "$pki/$id.csr"
  : > "$pki/$id.db"
  rm -f "$pki/$id.db.attr"
  printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\nserial=%s\nunique_subject=no\nemail_in_dn=no\n[p]\ncommonName=supplied\norganizationName=optional\n[e]\n%s\n' \
    "$pki/$id.db" "$pki" "$pki/$id.srl" "$extensions" > "$pki/$id.cnf"
  openssl rand -hex 8 > "$pki/$id.srl"
  local sign=(-cert "$pki/$issuer.pem" -keyfile "$pki/$issuer.key")
  [ "$issuer" = self ] && sign=(-selfsign -keyfile "$pki/$id.key")
  openssl ca -batch -notext -config "$pki/$id.cnf" "${sign[@]}" -in "$pki/$id.csr" -out "$pki/$id.pem" -extensions e \
    -startdate "$(date_of "$from")" -enddate "$(date_of "$to")" 2>/dev/null
}
ca_ext='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign'
leaf_ext="basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth
subjectAltName=DNS:$name"
issue root self "/O=Example Devices/CN=Example Root CA" "$ca_ext" -400 3650
issue other self "/O=Example Other/CN=Other Root CA" "$ca_ext" -400 3650
issue mid root "/O=Example Devices/CN=Example Issuing CA" "$ca_ext" -300 3000
issue leaf root "/CN=$name" "$leaf_ext" -30 2000
issue rsaroot self "/O=Example Devices/CN=Example RSA Root CA" "$ca_ext" -400 3650 2048
issue rsaleaf rsaroot "/CN=$name" "$leaf_ext" -30 2000 2048
issue bigroot self "/O=Example Devices/CN=Example RSA 4096 Root CA" "$ca_ext" -400 3650 4096
issue bigleaf bigroot "/CN=$name" "$leaf_ext" -30 2000
issue expired root "/CN=$name" "$leaf_ext" -400 -20
issue wrongname root "/CN=shop.example.test" "${leaf_ext/DNS:$name/DNS:shop.example.test}" -30 2000
issue selfleaf self "/CN=$name" "$leaf_ext" -30 2000
issue midleaf mid "/CN=$name" "$leaf_ext" -30 2000
issue device root "/CN=device-17" "basicConstraints=CA:FALSE
extendedKeyUsage=clientAuth" -30 2000
issue expireddevice root "/CN=device-18" "basicConstraints=CA:FALSE
extendedKeyUsage=clientAuth" -400 -20
issue stranger other "/CN=device-99" "basicConstraints=CA:FALSE
extendedKeyUsage=clientAuth" -30 2000
cat "$pki/midleaf.pem" "$pki/mid.pem" > "$pki/midchain.pem"
# A chain that fills more than 4 KB: several RSA certificates with long names behind the leaf.
for i in 1 2 3 4; do issue "fat$i" rsaroot "/O=$(printf 'Example Devices Certification Services %.0s' 1)/CN=Example Cross CA $i" "$ca_ext" -300 3000 2048; done
cat "$pki/rsaleaf.pem" "$pki"/fat?.pem > "$pki/fatchain.pem"
openssl x509 -in "$pki/root.pem" -outform DER -out "$pki/root.der"
openssl x509 -in "$pki/other.pem" -outform DER -out "$pki/other.der"

# --- one pair ------------------------------------------------------------------------------------------------------------------------
# pair NAME CAUSE ALSO OUTCOME CLIENT SERVER HOW; the functions start_server and run_client are defined before.
port=8883
wait_port() { for _ in $(seq 50); do in_server ss -ltun | grep -q ":$port " && return 0; sleep 0.1; done; return 1; }
pair() {
  local id=$1 cause=$2 also=$3 outcome=$4 client=$5 server=$6 how=$7
  [ -n "$only" ] && [ "$only" != "$id" ] && return 0
  local folder=$here/$id
  rm -rf "$folder"
  mkdir -p "$folder"
  server_pid=""
  start_server > "$folder/server.log" 2>&1 &
  server_pid=$!
  [ "${no_listener:-}" = 1 ] || wait_port
  ip netns exec tw-server tcpdump -q -U -i tw-s -s 0 -w "$work/$id.pcap" "${filter:-port $port or icmp or arp}" 2>/dev/null &
  sleep 0.6
  run_client > "$folder/device.log" 2>&1 || true
  sleep 0.7
  # Whatever runs in the namespaces now belongs to this pair: server, tcpdump, clients that hang.
  { ip netns pids tw-server; ip netns pids tw-client; } | xargs -r kill 2>/dev/null || true
  kill $server_pid 2>/dev/null || true
  wait 2>/dev/null || true
  server_pid=""
  # Secrets in $work/inside.keys go into the capture itself; a key log for beside it the client writes to $folder/keys.log.
  local inject=()
  [ -s "$work/inside.keys" ] && inject=(--inject-secrets "tls,$work/inside.keys")
  editcap -F pcapng "${inject[@]}" "$work/$id.pcap" "$folder/capture.pcapng"
  rm -f "$work/inside.keys"
  # "Terminated" is what the shell says of the programs ended above.
  sed -i -e "s|$work|.|g" -e '/^Terminated$/d' "$folder/device.log" "$folder/server.log"
  [ -s "$folder/server.log" ] || rm -f "$folder/server.log"
  [ -s "$folder/device.log" ] || rm -f "$folder/device.log"
  python3 "$here/tools/label.py" "$folder" "$id" "$cause" "$also" "$outcome" "$client" "$server" "$how" "$server_ip"
  echo "$id"
}

s_server() { in_server openssl s_server -accept $port -quiet "$@" < /dev/zero; }
web_server() { in_server openssl s_server -accept $port -www "$@"; }
mosquitto_with() {  # mosquitto_with LINES...: a broker with these lines under its listener
  printf '%s\n' "per_listener_settings false" "log_dest stdout" "log_type all" "listener $port" "$@" > "$work/mosquitto.conf"
  chmod 755 "$work" "$pki"; chmod 644 "$pki"/*
  in_server stdbuf -oL mosquitto -c "$work/mosquitto.conf"
}
mbed() { in_client "$work/mbed" --host $server_ip --port $port --name $name "$@"; }
odd() { in_server python3 "$here/tools/odd_server.py" $port "$1"; }

M="Mbed TLS 2.28 client (tools/mbed_client.c)"; O="OpenSSL 3.0 s_server"
start_server() { s_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_2; }
run_client() { mbed --ca "$pki/other.pem" --debug 1; }
pair mbedtls-other-root unknown-ca "" failed "$M" "$O" "the client trusts another root"

# The allocation that fails is one of the big-number arithmetic inside the signature check: RSA 4096 needs most there.
start_server() { s_server -cert "$pki/bigleaf.pem" -key "$pki/bigleaf.key" -tls1_2; }
run_client() { in_client env LD_PRELOAD="$work/heap_limit.so" HEAP_LIMIT=42000 "$work/mbed" --host $server_ip --port $port --name $name --ca "$pki/bigroot.pem" --debug 1; }
pair mbedtls-small-heap low-memory "" failed "$M with a bounded heap (tools/heap_limit.c prints E:M n)" "$O" "the right root is loaded, but the heap runs out while the signature is checked"

start_server() { s_server -cert "$pki/expired.pem" -key "$pki/expired.key" -tls1_2; }
run_client() { mbed --ca "$pki/root.pem" --debug 1; }
pair mbedtls-expired cert-expired "" failed "$M" "$O" "the server's certificate is past its end"

start_server() { s_server -cert "$pki/wrongname.pem" -key "$pki/wrongname.key" -tls1_2; }
pair mbedtls-other-name hostname-mismatch "" failed "$M" "$O" "the certificate is for another name"

start_server() { s_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_2; }
run_client() { in_client "$work/mbed" --host $server_ip --port $port --ca "$pki/root.pem"; }
pair mbedtls-dials-address hostname-mismatch "" failed "$M" "$O" "the client dials the address, the certificate has only a name"

start_server() { s_server -cert "$pki/rsaleaf.pem" -key "$pki/rsaleaf.key" -tls1_2 -cipher ECDHE+AESGCM; }
run_client() { mbed --ca "$pki/rsaroot.pem" --suites rsa --debug 1; }
pair mbedtls-rsa-suites-only no-shared-cipher "" failed "$M offering only 0x002f 0x003c 0x0035 0x003d" "$O with ECDHE suites only" "no suite in common"

start_server() { s_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_3; }
run_client() { mbed --ca "$pki/root.pem" --debug 1; }
pair mbedtls-against-tls13 version-mismatch "" failed "$M (TLS 1.2)" "$O with TLS 1.3 only" "no version in common"

start_server() { odd http; }
pair mbedtls-http-port not-tls "" failed "$M" "a plain HTTP server (tools/odd_server.py)" "the port speaks HTTP"

start_server() { mosquitto_with "allow_anonymous true"; }
pair mbedtls-plain-mqtt-port not-tls "" failed "$M" "mosquitto 2.0, listener without TLS" "the port speaks plain MQTT"

start_server() { mosquitto_with "allow_anonymous true" "cafile $pki/root.pem" "certfile $pki/leaf.pem" "keyfile $pki/leaf.key" "require_certificate true" "tls_version tlsv1.2"; }
pair mbedtls-no-client-certificate client-cert-missing "" failed "$M" "mosquitto 2.0 with require_certificate" "the broker demands a certificate, the client has none"

run_client() { mbed --ca "$pki/root.pem" --cert "$pki/stranger.pem" --key "$pki/stranger.key" --debug 1; }
pair mbedtls-foreign-client-certificate client-cert-rejected "" failed "$M" "mosquitto 2.0 with require_certificate" "the client's certificate is of a CA the broker does not know"

start_server() { s_server -cert "$pki/midleaf.pem" -key "$pki/midleaf.key" -tls1_2; }
run_client() { mbed --ca "$pki/root.pem" --debug 1; }
pair mbedtls-leaf-only incomplete-chain unknown-ca failed "$M" "$O" "the server does not send its intermediate"

start_server() { s_server -cert "$pki/selfleaf.pem" -key "$pki/selfleaf.key" -tls1_2; }
pair mbedtls-self-signed self-signed "" failed "$M" "$O" "the server's certificate is self-signed"

start_server() { s_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_2 -alpn mqtt; }
run_client() { mbed --ca "$pki/root.pem" --alpn http/1.1 --debug 1; }
pair mbedtls-alpn alpn-mismatch "" failed "$M offering http/1.1" "$O offering mqtt" "no protocol in common"

start_server() { s_server -nocert -psk 00112233445566778899aabbccddeeff -psk_identity known -tls1_2; }
run_client() { mbed --psk 0123456789abcdef --identity device-17 --insecure 1 --debug 1; }
pair mbedtls-psk psk-mismatch "" failed "$M" "$O with another PSK" "the pre-shared keys differ"

no_listener=1
start_server() { sleep 60; }
run_client() { mbed --ca "$pki/root.pem"; }
pair mbedtls-closed-port connection-refused "" none "$M" "nothing" "nobody listens on the port"
no_listener=

start_server() { odd rst; }
run_client() { mbed --ca "$pki/root.pem" --debug 1; }
pair mbedtls-reset peer-reset "" failed "$M" "a server that resets after the ClientHello (tools/odd_server.py)" "reset without an alert"

start_server() { s_server -cert "$pki/rsaleaf.pem" -key "$pki/rsaleaf.key" -cert_chain "$pki/fatchain.pem" -tls1_2; }
run_client() {
  in_server nft add table inet tw; in_server nft 'add chain inet tw out { type filter hook output priority 0; }'
  in_server nft add rule inet tw out meta length gt 1000 drop
  mbed --ca "$pki/rsaroot.pem" || true
  in_server nft delete table inet tw
}
pair mbedtls-black-hole path-mtu-or-loss "" failed "$M" "$O" "packets over 1000 bytes are dropped on the way from the server"

W="wolfSSL 5.5 client (tools/wolf_client.c)"
start_server() { web_server -cert "$pki/leaf.pem" -key "$pki/leaf.key"; }
run_client() { in_client "$work/wolf" $server_ip $port $name "$pki/other.pem" 12; }
pair wolfssl-other-root unknown-ca "" failed "$W" "$O" "the client trusts another root"

B="BearSSL 0.6 client (tools/bear_client.c)"
run_client() { in_client "$work/bear" $server_ip $port $name "$pki/other.der"; }
start_server() { web_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_2; }
pair bearssl-other-root unknown-ca "" failed "$B" "$O" "the client trusts another root"

start_server() { web_server -cert "$pki/wrongname.pem" -key "$pki/wrongname.key" -tls1_2; }
run_client() { in_client "$work/bear" $server_ip $port $name "$pki/root.der"; }
pair bearssl-other-name hostname-mismatch "" failed "$B" "$O" "the certificate is for another name"

start_server() { mosquitto_with "allow_anonymous true" "cafile $pki/root.pem" "certfile $pki/leaf.pem" "keyfile $pki/leaf.key"; }
run_client() { in_client mosquitto_pub -d -h $server_ip -p $port --cafile "$pki/other.pem" --insecure -t t -m m -i device-17; }
pair mosquitto-pub-other-root unknown-ca "" failed "mosquitto_pub 2.0" "mosquitto 2.0" "the wrong CA file is given"

touch "$work/passwd"; mosquitto_passwd -b "$work/passwd" device right-password; chmod 644 "$work/passwd"
start_server() { mosquitto_with "allow_anonymous false" "password_file $work/passwd" "cafile $pki/root.pem" "certfile $pki/leaf.pem" "keyfile $pki/leaf.key"; }
run_client() { in_client mosquitto_pub -d -h $server_ip -p $port --cafile "$pki/root.pem" --insecure -t t -m m -i device-17 -u device -P wrong-password; }
pair mosquitto-pub-wrong-password application-rejected "" completed "mosquitto_pub 2.0" "mosquitto 2.0 with password_file" "the password is wrong"

printf '%s\n' 'openssl_conf = a' '[a]' 'ssl_conf = b' '[b]' 'system_default = c' '[c]' 'MaxProtocol = TLSv1.2' > "$work/tls12.cnf"
run_client() { OPENSSL_CONF=$work/tls12.cnf in_client mosquitto_pub -d -h $server_ip -p $port --cafile "$pki/root.pem" --insecure -t t -m m -i device-17 -u device -P wrong-password; }
pair mosquitto-pub-wrong-password-tls12 application-rejected "" completed "mosquitto_pub 2.0, TLS 1.2" "mosquitto 2.0 with password_file" "the password is wrong"

# Clients that leave as soon as the handshake is done, and servers that refuse in their answer.
web() {  # web DIRECTIVE...
  printf '%s\n' "daemon off; pid $work/nginx.pid; error_log stderr info; events {}" \
    "http { access_log /dev/stdout; server { listen $port ssl; ssl_protocols TLSv1.2; $* location / { return 200 ok; } } }" > "$work/nginx.conf"
  in_server nginx -c "$work/nginx.conf" 2> >(grep -v '\[notice\]')
}
browse() { in_client curl -sS -v --connect-to "::$server_ip:" --cacert "$pki/root.pem" "$@" "https://$name:$port/"; }
start_server() { web "ssl_certificate $pki/wrongname.pem; ssl_certificate_key $pki/wrongname.key;"; }
run_client() { browse; }
pair curl-other-name hostname-mismatch "" completed "curl 7.88 (OpenSSL)" "nginx 1.22" "the certificate is for another name"
start_server() { web "ssl_certificate $pki/leaf.pem; ssl_certificate_key $pki/leaf.key; ssl_client_certificate $pki/root.pem; ssl_verify_client on;"; }
run_client() { browse --cert "$pki/expireddevice.pem" --key "$pki/expireddevice.key"; }
pair curl-expired-client-certificate client-cert-rejected "" completed "curl 7.88 (OpenSSL)" "nginx 1.22 with ssl_verify_client" "the client's certificate has expired"
start_server() { web "ssl_certificate $pki/leaf.pem; ssl_certificate_key $pki/leaf.key;"; }
run_client() { browse; }
pair curl-good-tls12 not-an-error "" completed "curl 7.88 (OpenSSL)" "nginx 1.22" "nothing"

start_server() { odd stall; }
run_client() { mbed --ca "$pki/root.pem" --debug 1; }
pair mbedtls-silent-server tcp-timeout "handshake-too-slow,peer-reset" failed "$M" "a server that never answers (tools/odd_server.py)" "the ClientHello is not answered"

# nginx closes without an alert. The client, still computing, finds that out when it writes.
start_server() {
  printf '%s\n' "load_module /usr/lib/nginx/modules/ngx_stream_module.so;" "daemon off; pid $work/nginx.pid; error_log stderr info; events {}" \
    "stream { server { listen $port ssl; ssl_certificate $pki/rsaleaf.pem; ssl_certificate_key $pki/rsaleaf.key; ssl_protocols TLSv1.2;" \
    "ssl_handshake_timeout 3s; return ok; } }" > "$work/nginx.conf"
  in_server nginx -c "$work/nginx.conf" 2> >(grep -v '\[notice\]')
}
run_client() { mbed --ca "$pki/rsaroot.pem" --compute 2600 --debug 1; }
pair mbedtls-slow-client handshake-too-slow "" failed "$M whose verification takes 2.6 s for each certificate" "nginx 1.22, stream module with ssl_handshake_timeout 3s" "the device computes longer than the server waits"

# --- healthy -------------------------------------------------------------------------------------------------------------------------
start_server() { web_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_2; }
run_client() { mbed --ca "$pki/root.pem" --send $'GET / HTTP/1.0\r\n\r\n'; }
pair mbedtls-good not-an-error "" completed "$M" "$O" "a good handshake, TLS 1.2"

run_client() { mbed --ca "$pki/root.pem" --mfl 1 --send $'GET / HTTP/1.0\r\n\r\n'; }
pair mbedtls-small-records not-an-error "" completed "$M asking for records of 512 bytes" "$O" "a good handshake with max_fragment_length, TLS 1.2"

start_server() { web_server -cert "$pki/leaf.pem" -key "$pki/leaf.key"; }
run_client() { in_client "$work/wolf" $server_ip $port $name "$pki/root.pem" 13; }
pair wolfssl-good-tls13 not-an-error "" completed "$W" "$O" "a good handshake, TLS 1.3"

run_client() { in_client "$work/bear" $server_ip $port $name "$pki/root.der"; }
pair bearssl-good not-an-error "" completed "$B" "$O" "a good handshake, TLS 1.2"

start_server() { mosquitto_with "allow_anonymous true" "cafile $pki/root.pem" "certfile $pki/leaf.pem" "keyfile $pki/leaf.key"; }
run_client() { in_client mosquitto_pub -d -h $server_ip -p $port --cafile "$pki/root.pem" --insecure -t t -m m -i device-17; }
pair mosquitto-pub-good not-an-error "" completed "mosquitto_pub 2.0" "mosquitto 2.0" "a message is published"

start_server() { mosquitto_with "allow_anonymous true" "cafile $pki/root.pem" "certfile $pki/leaf.pem" "keyfile $pki/leaf.key" "require_certificate true"; }
run_client() { in_client mosquitto_pub -d -h $server_ip -p $port --cafile "$pki/root.pem" --insecure --cert "$pki/device.pem" --key "$pki/device.key" -t t -m m -i device-17; }
pair mosquitto-pub-good-mutual not-an-error "" completed "mosquitto_pub 2.0 with a certificate" "mosquitto 2.0 with require_certificate" "mutual TLS 1.3, a message is published"

# --- with keys -----------------------------------------------------------------------------------------------------------------------
C="OpenSSL 3.0 s_client"
s_client() { in_client timeout 5 openssl s_client -connect $server_ip:$port -servername $name -quiet "$@"; }
start_server() { web_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_3; }
run_client() { s_client -CAfile "$pki/other.pem" -verify_return_error -keylogfile "$folder/keys.log" < /dev/null; }
pair openssl-tls13-other-root unknown-ca "" failed "$C with a key log" "$O" "the client trusts another root; TLS 1.3 encrypts its alert"

start_server() { web_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -cipher ALL@SECLEVEL=0 -min_protocol TLSv1; }
run_client() {
  local suites=(ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-CCM ECDHE-ECDSA-AES128-CCM8 ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES256-SHA384
    "ECDHE-ECDSA-AES128-SHA256 -no_etm" "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0 -min_protocol TLSv1 -max_protocol TLSv1 -no_etm" "ECDHE-ECDSA-AES256-SHA@SECLEVEL=0 -min_protocol TLSv1 -max_protocol TLSv1.1")
  for suite in "${suites[@]}"; do
    # shellcheck disable=SC2086
    { printf 'GET / HTTP/1.0\r\n\r\n'; sleep 0.2; } | s_client -CAfile "$pki/root.pem" -max_protocol TLSv1.2 -cipher $suite -keylogfile "$work/inside.keys" > /dev/null 2>&1
  done
}
pair openssl-tls12-suites not-an-error "" completed "$C" "$O" "one good handshake for each kind of record protection; the secrets are in the capture"

start_server() { sleep 20 | in_server openssl s_server -quiet -mtu 1400 -accept $port -dtls1_2 -cert "$pki/leaf.pem" -key "$pki/leaf.key"; }
run_client() { { echo hello; sleep 0.5; } | s_client -dtls1_2 -mtu 1400 -CAfile "$pki/root.pem" -keylogfile "$folder/keys.log"; }
pair openssl-dtls12-good not-an-error "" completed "$C with a key log" "$O" "a good handshake, DTLS 1.2"

start_server() { web_server -cert "$pki/leaf.pem" -key "$pki/leaf.key" -tls1_2; }
run_client() { mbed --ca "$pki/root.pem" --print-keys 1 --send $'GET / HTTP/1.0\r\n\r\n'; }
pair mbedtls-good-keys-in-log not-an-error "" completed "$M, which prints its secrets" "$O" "a good handshake, TLS 1.2"

start_server() { mosquitto_with "allow_anonymous false" "password_file $work/passwd" "cafile $pki/root.pem" "certfile $pki/leaf.pem" "keyfile $pki/leaf.key"; }
# An MQTT 3.1.1 CONNECT: client id "device-17", user "device", password "wrong".
run_client() {
  { printf '\x10\x24\x00\x04MQTT\x04\xc2\x00\x3c\x00\x09device-17\x00\x06device\x00\x05wrong'; sleep 0.5; } |
    s_client -tls1_3 -CAfile "$pki/root.pem" -keylogfile "$folder/keys.log" > /dev/null 2>&1
}
pair openssl-tls13-wrong-password application-rejected "" completed "$C that sends an MQTT CONNECT, with a key log" "mosquitto 2.0 with password_file" "the password is wrong"

# --- without TCP ---------------------------------------------------------------------------------------------------------------------
. "$here/make_datagrams.sh"
