#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Questions of people to whatif, diff and cert, with the answers that RFCs and the libraries' sources give.

usage: checks.py TLSWHY CAPTURES
"""
import pathlib
import subprocess
import sys
import tempfile

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
faults = 0


def ask(status, words, *arguments):
    global faults
    done = subprocess.run([tlswhy, *arguments, "--width", "1000"], capture_output=True, text=True, timeout=60)
    if done.returncode != status or any(word not in done.stdout for word in words):
        faults += 1
        print(f"{arguments}: {done.returncode}: {done.stdout[:300]}{done.stderr[:200]}")


# axTLS has four suites, all static RSA; certbot's list has ECDHE and DHE only.
ask(1, ["No: ", "None in common", "- suite: as said above"], "whatif", "--device", "axtls-micropython", "--server", "certbot")
ask(1, ["No: ", "handshake_failure", "frame 6"], "whatif", "--device", "axtls-micropython", str(captures / "mbedtls-rsa-suites-only" / "capture.pcapng"))
ask(0, ["version: Both have TLS 1.2"], "whatif", "--device", "esp-idf", "--server", "certbot")

# The reason that decides is told once: in the summary, not again in the list.
told = subprocess.run([tlswhy, "whatif", "--device", "axtls-micropython", str(captures / "mbedtls-good" / "capture.pcapng"), "--width", "1000"], capture_output=True, text=True, timeout=60).stdout
if told.count("Ask it: openssl s_client") != 1 or told.count("which the device does not have") != 1:
    faults += 1
    print(f"a reason is told twice or not at all: {told}")

# The frames are those that tshark shows for these captures; the names in the hellos and the alert too.
good = captures / "mbedtls-good"
ask(1, ["different server names", '"broker.example.test"', '"192.0.2.10"', "frame 4"], "diff", str(good / "capture.pcapng"), str(captures / "mbedtls-dials-address" / "capture.pcapng"))
ask(1, ["E:M 1080", "device.log:3"], "diff", str(good / "device.log"), str(captures / "mbedtls-small-heap" / "device.log"))
ask(1, ["16384", "5115"], "diff", "esp-idf", "axtls-micropython")
ask(0, [], "diff", str(good / "capture.pcapng"), str(good / "capture.pcapng"))
ask(2, [], "diff", "esp-idf", str(good / "device.log"))
# What stands behind an option's word is a PATH.
ask(0, ["23 packets"], "--set", "worked_before=yes", "--set", "note=two", str(good / "capture.pcapng"))
with tempfile.TemporaryDirectory() as folder:
    empty = pathlib.Path(folder) / "empty.pem"
    empty.write_text("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
    ask(1, ["empty-pem"], "cert", str(empty))
    nothing = pathlib.Path(folder) / "nothing.pem"
    nothing.write_text("hello\n")
    ask(1, ["nothing-found"], "cert", str(nothing))
    cut = pathlib.Path(folder) / "cut.pem"
    cut.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n")
    ask(1, ["no-pem-end"], "cert", str(cut))
print(f"{faults} faults")
sys.exit(1 if faults else 0)
