#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs that grow, are cut and replaced, a pseudo-terminal as serial port, and a folder of captures.

usage: logs.py TLSWHY CAPTURES
"""
import json
import os
import pathlib
import pty
import shutil
import sys
import tempfile
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from live import Live, cause  # noqa: E402

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
faults = []
MOST_S = 1.0  # a verdict comes within a second of the attempt's end


def check(ok, what):
    if not ok:
        faults.append(what)
        print("FAULT:", what)


def expect(live, wanted, what, since):
    at, told = live.attempt()
    check(told is not None and cause(told) == wanted, f"{what}: wanted {wanted}, got {told and cause(told)}")
    if told is not None:
        check(at - since <= MOST_S, f"{what}: told after {at - since:.2f} s")
    return told


OLD = "I (100) boot: up\nE (900) esp-tls: mbedtls_ssl_handshake returned -0x7200\n"
MEMORY = "I (1000) app: connecting to broker.example.com:8883\nE:M 544\nE (2000) esp-tls: mbedtls_ssl_handshake returned -0x2700\n"
DNS = "E (3000) esp-tls: couldn't get hostname for :broker.example.com: getaddrinfo() returns 202, addrinfo=0x0\n"
GOOD = "I (1000) app: connecting to broker.example.com:8883\nI (2000) app: TLS handshake completed\n"

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    log = folder / "monitor.log"

    # A log that grows.
    log.write_text(OLD)
    live = Live(tlswhy, log)
    check(live.attempt(0.8)[1] is None, "what the log held before is told as news")
    with log.open("a") as file:
        for i in range(0, len(MEMORY), 7):  # in pieces, as a serial monitor writes it
            file.write(MEMORY[i:i + 7])
            file.flush()
    told = expect(live, "low-memory", "a growing log", time.monotonic())
    if told:
        check((told["log"]["first_line"], told["log"]["last_line"]) == (3, 5), f"lines: {told['log']}")
        check(any(item["line"] == 4 for item in told["causes"][0]["evidence"]), "the evidence does not name line 4")
    check(live.attempt(1.2)[1] is None, "one attempt is told twice")
    # Cut, as a rotation with copytruncate does.
    os.truncate(log, 0)
    time.sleep(0.3)
    with log.open("a") as file:
        file.write(DNS)
    expect(live, "dns-failure", "after a cut", time.monotonic())
    # Replaced, as a rotation with rename does.
    log.rename(folder / "monitor.log.1")
    log.write_text(MEMORY)
    expect(live, "low-memory", "after a replacement", time.monotonic())
    with log.open("a") as file:
        file.write(GOOD)
    expect(live, "completed", "a success", time.monotonic())
    status, rest = live.stop()
    notes = " ".join(document.get("note", "") for document in rest)
    totals = rest[-1]["totals"]
    check(status == 1 and totals["failed"] == 3 and totals["completed"] == 1, f"totals: {status} {totals}")

    # What is there already, when it is asked for.
    log.write_text(OLD)
    live = Live(tlswhy, "--from-start", log, wait=0)
    check(cause(live.attempt()[1]) is not None, "--from-start tells nothing")
    live.stop()

    # A serial port: a terminal in the kernel's eyes.
    master, slave = pty.openpty()
    live = Live(tlswhy, "--baud", 74880, os.ttyname(slave))
    lflag = termios.tcgetattr(slave)[3]
    check(not lflag & (termios.ICANON | termios.ECHO), "the port is not raw")
    check(not termios.tcgetattr(slave)[2] & termios.HUPCL, "closing the port would drop its control lines")
    for line in MEMORY.splitlines(keepends=True):
        os.write(master, line.replace("\n", "\r\n").encode())
        time.sleep(0.02)
    expect(live, "low-memory", "a serial port", time.monotonic())
    os.write(master, b"\x00\xff\xfe junk of a reset \x1b[31m" + DNS.replace("\n", "\x1b[0m\r\n").encode())
    expect(live, "dns-failure", "after junk", time.monotonic())
    os.close(master)  # unplugged
    os.close(slave)
    status = live.process.wait(timeout=10)
    check(status == 1, f"unplugged: exit status {status}")

    # A folder into which captures come; the handshake of one spans two files.
    ring = folder / "ring"
    ring.mkdir()
    live = Live(tlswhy, ring)
    shutil.copy(captures / "mbedtls-other-root" / "capture.pcapng", ring / "1.pcapng")
    time.sleep(0.1)
    shutil.copy(captures / "mbedtls-good" / "capture.pcapng", ring / "2.pcapng")
    begin = time.monotonic()
    at, told = live.attempt(8)
    check(cause(told) == "unknown-ca", f"first file: {told and cause(told)}")
    at, told = live.attempt(8)
    check(cause(told) == "completed" and told["wire"]["first_frame"] > 10, f"second file: {told and told['outcome']}")
    (ring / "note.txt").write_text("not a capture")
    status, rest = live.stop()
    check(status == 1 and rest[-1]["totals"]["attempts"] == 2, f"folder: {status} {rest[-1]}")

    # Log and folder together: joined.
    for old in ring.iterdir():
        old.unlink()
    live = Live(tlswhy, log, ring)
    shutil.copy(captures / "mbedtls-small-heap" / "capture.pcapng", ring / "3.pcapng")
    time.sleep(2.2)
    with log.open("a") as file:
        file.write((captures / "mbedtls-small-heap" / "device.log").read_text())
    verdicts = [document for document in (live.attempt(4)[1] for _ in range(2)) if document]
    check(any(cause(document) == "low-memory" for document in verdicts), f"log and folder: {[cause(d) for d in verdicts]}")
    live.stop()

    # A pipe that ends.
    read, write = os.pipe()
    os.write(write, MEMORY.encode())
    os.close(write)
    import subprocess
    done = subprocess.run([tlswhy, "watch", "-"], stdin=read, capture_output=True, text=True, timeout=20)
    check(done.returncode == 1 and "low-memory" in done.stdout and "1 attempt: 1 failed" in done.stdout, f"a pipe: {done.returncode} {done.stdout}")

    # What makes no sense.
    for arguments, status, word in (([], 2, "nothing to watch"), (["/dev/does-not-exist"], 3, "cannot be read"), ([str(captures / "mbedtls-good" / "capture.pcapng")], 3, "is a capture"), (["-i", "no-such-interface0"], 3, "interface")):
        done = subprocess.run([tlswhy, "watch", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        check(done.returncode == status and word in done.stderr, f"{arguments}: {done.returncode} {done.stderr}")

print(f"{len(faults)} faults")
sys.exit(1 if faults else 0)
