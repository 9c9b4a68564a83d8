#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Soak and load of the live view on a loopback interface, in a network namespace of its own. Not part of the tests: it takes as long as
it is told to.

  soak.py TLSWHY soak SECONDS RATE   RATE failing handshakes a second: memory over time, attempts lost
  soak.py TLSWHY load SECONDS RATE   RATE packets a second that are no TLS: share of one core
"""
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
if sys.argv[-1] != "inside":
    sys.exit(subprocess.run(["unshare", "-n", sys.executable, __file__, *sys.argv[1:], "inside"]).returncode)
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
tlswhy, what, seconds, rate = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])


def state(pid):
    """Resident memory in KB and CPU seconds of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(status.split("VmRSS:")[1].split()[0]), (int(fields[11]) + int(fields[12])) / 100


live = subprocess.Popen([tlswhy, "watch", "--ndjson", "-i", "lo"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
told = {"failed": 0, "completed": 0, "incomplete": 0}
causes = {}
totals = []


def read():
    for line in live.stdout:
        document = json.loads(line)
        if "attempt" in document and not document["update"]:
            told[document["outcome"]] += 1
            name = document["causes"][0]["id"] if document["causes"] else document["outcome"]
            causes[name] = causes.get(name, 0) + 1
        if "totals" in document:
            totals.append(document["totals"])


reader = threading.Thread(target=read, daemon=True)
reader.start()
time.sleep(1)
begin = time.monotonic()

if what == "load":
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 9))
    sent = 0
    _, cpu = state(live.pid)
    while (now := time.monotonic() - begin) < seconds:
        while sent < now * rate:
            sender.sendto(b"x" * 600, ("127.0.0.1", 9))
            sent += 1
        time.sleep(0.005)
    _, after = state(live.pid)
    print(f"{sent / seconds:.0f} packets/s for {seconds:.0f} s: {(after - cpu) / seconds * 100:.2f} % of one core")
    live.send_signal(2)
    live.wait()
    sys.exit(0)

folder = pathlib.Path(tempfile.mkdtemp(prefix="tlswhy-soak-"))
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "k.pem", "-out", folder / "c.pem", "-days", "3", "-subj", "/CN=broker.example.test"], check=True, capture_output=True)
server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_context.load_cert_chain(folder / "c.pem", folder / "k.pem")
listener = socket.create_server(("127.0.0.1", 8801), backlog=512)


def serve():
    while True:
        connection, _ = listener.accept()
        try:
            server_context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


for _ in range(2):
    threading.Thread(target=serve, daemon=True).start()
context = ssl.create_default_context()
context.maximum_version = ssl.TLSVersion.TLSv1_2
made = 0
samples = []
first_cpu = state(live.pid)[1]
next_sample = 0.0
while (now := time.monotonic() - begin) < seconds:
    if now >= next_sample:
        memory, cpu = state(live.pid)
        samples.append(memory)
        print(f"{now:6.0f} s: {made} made, {sum(told.values())} told, {memory} KB, {(cpu - first_cpu) / max(now, 1) * 100:.1f} % of one core", flush=True)
        next_sample += max(seconds / 15, 2)
    if made > now * rate:
        time.sleep(0.002)
        continue
    try:
        context.wrap_socket(socket.create_connection(("127.0.0.1", 8801)), server_hostname="broker.example.test").close()
    except OSError:
        pass
    made += 1
time.sleep(4)
live.send_signal(2)
live.wait()
reader.join(5)
print(f"made {made}, told {sum(told.values())} {told}, causes {causes}; lost {made - sum(told.values())}; memory {samples[len(samples) // 4]} KB after a quarter of the time, {samples[-1]} KB at the end")
sys.exit(0 if made == sum(told.values()) else 1)
