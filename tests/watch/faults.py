#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real faults on a loopback interface, each named within a second of the client's end. Runs in a network namespace of its own; skipped
where the machine allows none.

usage: faults.py TLSWHY
"""
import http.server
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
tlswhy = sys.argv[1]
if len(sys.argv) < 3:
    for unshare in (["unshare", "-n"], ["unshare", "-rn"]):
        probe = subprocess.run([*unshare, "sh", "-c", "command -v ip >/dev/null && ip link set lo up"], capture_output=True)
        if probe.returncode == 0:
            sys.exit(subprocess.run([*unshare, sys.executable, __file__, tlswhy, "inside"]).returncode)
    print("skipped: no network namespace can be made here (or iproute2 is not installed)")
    sys.exit(77)

from live import Live, cause  # noqa: E402

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
faults = []
MOST_S = 1.0


def check(ok, what):
    if not ok:
        faults.append(what)
        print("FAULT:", what)


def openssl(*arguments, **how):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **how)


folder = pathlib.Path(tempfile.mkdtemp(prefix="tlswhy-faults-"))


def key_and_certificate(name, subject, issuer=None, days=30, key=("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), ca=False, alt=None):
    openssl("genpkey", *key, "-out", folder / f"{name}.key")
    extensions = folder / f"{name}.ext"
    extensions.write_text(("basicConstraints=critical,CA:TRUE\n" if ca else "") + (f"subjectAltName=DNS:{alt}\n" if alt else ""))
    openssl("req", "-new", "-key", folder / f"{name}.key", "-subj", f"/CN={subject}", "-out", folder / f"{name}.csr")
    signer = ["-signkey", folder / f"{name}.key"] if issuer is None else ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key", "-CAcreateserial"]
    openssl("x509", "-req", "-in", folder / f"{name}.csr", *signer, "-days", days, "-extfile", extensions, "-out", folder / f"{name}.pem")


key_and_certificate("root", "Example Root", ca=True)
key_and_certificate("other-root", "Another Root", ca=True)
key_and_certificate("server", "broker.example.test", "root", alt="broker.example.test")
key_and_certificate("alone", "broker.example.test", alt="broker.example.test")
key_and_certificate("client", "device 1", "root")
key_and_certificate("foreign", "device 2", "other-root")
# An expired certificate: openssl ca takes dates.
(folder / "index").write_text("")
(folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index\nnew_certs_dir={folder}\nserial={folder}/serial\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:broker.example.test\n")
(folder / "serial").write_text("1000\n")
openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "expired.key", "-subj", "/CN=broker.example.test", "-out", folder / "expired.csr")
openssl("ca", "-batch", "-config", folder / "ca.cnf", "-in", folder / "expired.csr", "-cert", folder / "root.pem", "-keyfile", folder / "root.key", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-out", folder / "expired.pem")

servers = []


def serve(port, *arguments, certificate="server"):
    servers.append(subprocess.Popen(["openssl", "s_server", "-quiet", "-accept", str(port), "-key", folder / f"{certificate}.key", "-cert", folder / f"{certificate}.pem", *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def client(port, *arguments, trust="root", name="broker.example.test"):
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name, "-CAfile", folder / f"{trust}.pem", "-verify_return_error", *map(str, arguments)], input=b"", capture_output=True, timeout=15)


serve(8801, "-tls1_2")
serve(8802, "-tls1_2", certificate="expired")
serve(8803, "-tls1_2", certificate="alone")
serve(8804, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")
serve(8805, "-tls1_3")
serve(8806, "-tls1_2", "-Verify", "1", "-verify_return_error", "-CAfile", folder / "root.pem")
serve(8807, "-tls1_2", "-alpn", "mqtt")
serve(8808, "-tls1_2", "-psk_identity", "device", "-psk", "00112233445566778899aabbccddeeff", "-nocert")
serve(8809, "-tls1_2", "-groups", "P-384")
# Talks HTTP where TLS is expected.
plain = http.server.HTTPServer(("127.0.0.1", 8810), http.server.SimpleHTTPRequestHandler)
plain.RequestHandlerClass.log_message = lambda *_: None
threading.Thread(target=plain.serve_forever, daemon=True).start()
# Accepts and resets.
rude = socket.create_server(("127.0.0.1", 8811))


def be_rude():
    while True:
        connection, _ = rude.accept()
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()


threading.Thread(target=be_rude, daemon=True).start()
time.sleep(0.7)

live = Live(tlswhy, "-i", "lo", wait=1.0)
if live.process.poll() is not None:
    print("skipped: no capture can be made here:", live.process.stderr.read())
    sys.exit(77)

cases = [
    ("unknown-ca", lambda: client(8801, trust="other-root")),
    ("cert-expired", lambda: client(8802)),
    ("self-signed", lambda: client(8803)),
    ("hostname-mismatch", lambda: client(8801, "-verify_hostname", "other.example.test", name="other.example.test")),
    ("no-shared-cipher", lambda: client(8804, "-cipher", "ECDHE-ECDSA-AES128-SHA")),
    ("version-mismatch", lambda: client(8805, "-tls1_2")),
    ("client-cert-missing", lambda: client(8806)),
    ("client-cert-rejected", lambda: client(8806, "-cert", folder / "foreign.pem", "-key", folder / "foreign.key")),
    ("alpn-mismatch", lambda: client(8807, "-alpn", "h2")),
    ("psk-mismatch", lambda: client(8808, "-psk_identity", "device", "-psk", "ffffffffffffffffffffffffffffffff", "-cipher", "PSK", "-tls1_2")),
    ("not-tls", lambda: client(8810)),
    ("peer-reset", lambda: client(8811)),
    ("connection-refused", lambda: client(8899)),
]
if shutil.which("mosquitto_pub"):
    cases.append(("unknown-ca", lambda: subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", "8801", "--cafile", folder / "other-root.pem", "--tls-version", "tlsv1.2", "-t", "t", "-m", "m"], capture_output=True, timeout=15)))
slowest = 0.0
for wanted, fail in cases:
    fail()
    ended = time.monotonic()
    at, told = live.attempt()
    check(cause(told) == wanted, f"wanted {wanted}, got {told and [(c['id'], round(c['confidence'], 2)) for c in told['causes']]}")
    if told:
        slowest = max(slowest, at - ended)
        check(at - ended <= MOST_S, f"{wanted}: told {at - ended:.2f} s after its end")
    check(live.attempt(0.3)[1] is None, f"{wanted} is told twice")
client(8801)
at, told = live.attempt()
check(told and told["outcome"] == "completed", f"a good one: {told and cause(told)}")
# A silent server: told when silence has lasted.
silent = socket.create_server(("127.0.0.1", 8812))
waiting = socket.create_connection(("127.0.0.1", 8812))
context = ssl.create_default_context(cafile=folder / "root.pem")
hello = ssl.MemoryBIO(), ssl.MemoryBIO()
half = context.wrap_bio(*hello, server_hostname="broker.example.test")
try:
    half.do_handshake()
except ssl.SSLWantReadError:
    pass
waiting.sendall(hello[1].read())
at, told = live.attempt(14)
check(cause(told) == "tcp-timeout", f"a silent server: {told and cause(told)}")
uid = next(line for line in pathlib.Path(f"/proc/{live.process.pid}/status").read_text().splitlines() if line.startswith("Uid:")).split()[1]
check(os.geteuid() != 0 or uid != "0" or "-rn" in " ".join(sys.argv) or pathlib.Path("/proc/self/uid_map").read_text().split()[2] == "1", f"it goes on as root (uid {uid})")
status, rest = live.stop()
totals = rest[-1]["totals"]
check(status == 1 and totals["attempts"] == len(cases) + 2 and totals["completed"] == 1, f"totals: {totals}")
for server in servers:
    server.kill()
shutil.rmtree(folder)
print(f"{len(cases)} faults provoked, the slowest told after {slowest * 1000:.0f} ms; {len(faults)} faults of ours")
sys.exit(1 if faults else 0)
