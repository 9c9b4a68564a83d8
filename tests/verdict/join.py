#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs with many attempts are joined with captures of many connections, and the clocks set to each other.

usage: join.py TLSWHY CAPTURES

Connections and logs of captures/, made by real stacks, are moved to times that are chosen here; so it is known which attempt is which
connection, and what the one clock is to the other. The offset must be found to 100 ms.
"""
import datetime
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
ALLOWED_MS = 100
STARTED = 1_795_500_000_000_000  # microseconds: where the moved captures begin
faults = []


def packets_of(path):
    """Microseconds and bytes of each enhanced packet block of a little-endian pcapng with the usual resolution."""
    data, at, packets, link = path.read_bytes(), 0, [], None
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 1:
            link = struct.unpack_from("<H", data, at + 8)[0]
        if kind == 6:
            high, low, size = struct.unpack_from("<III", data, at + 12)
            packets.append(((high << 32) + low, data[at + 28:at + 28 + size]))
        at += length
    return link, packets


def from_first_hello(packets):
    """The packets of the device's own connection: those of the port that first sends a ClientHello."""
    for _, frame in packets:
        tcp = 14 + 20
        if len(frame) > tcp + 20 and frame[12:14] == b"\x08\x00" and frame[23] == 6:
            payload = frame[tcp + (frame[tcp + 12] >> 4) * 4:]
            if payload[:2] == b"\x16\x03" and payload[5:6] == b"\x01":
                port = frame[tcp:tcp + 2]
                return [(t, f) for t, f in packets if f[12:14] == b"\x08\x00" and port in (f[tcp:tcp + 2], f[tcp + 2:tcp + 4])]
    raise SystemExit("no ClientHello")


class Story:
    """Attempts at chosen times: what the wire shows of them and what the device's log says, each where it was seen."""

    def __init__(self):
        self.packets, self.lines, self.joined, self.connections = [], [], [], 0

    def attempt(self, case, at_ms, line_time, on_wire=True, in_log=True):
        link, packets = packets_of(captures / case / "capture.pcapng")
        assert link == 1
        own = from_first_hello(packets)
        if on_wire:
            self.packets += [(STARTED + at_ms * 1000 + t - own[0][0], frame) for t, frame in own]
            self.connections += 1
        if not in_log:
            return
        first = len(self.lines) + 1
        for line in (captures / case / "device.log").read_text().splitlines():
            level, ticks, rest = re.match(r"(\w) \((\d+)\) (.*)", line).groups() if re.match(r"\w \(\d+\) ", line) else (None, None, line)
            self.lines.append(line if ticks is None else line_time(level, at_ms + int(ticks) - 2000, rest))
        self.joined.append((first, len(self.lines), self.connections - 1 if on_wire else None))

    def ask(self, name, offsets):
        """`offsets`: what each clock must be found to be, in order of the log's lines, in milliseconds."""
        with tempfile.TemporaryDirectory() as folder:
            capture, log = pathlib.Path(folder) / "capture.pcap", pathlib.Path(folder) / "device.log"
            out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
            for t, frame in sorted(self.packets, key=lambda packet: packet[0]):
                out += struct.pack("<IIII", t // 1_000_000, t % 1_000_000, len(frame), len(frame)) + frame
            capture.write_bytes(out)
            log.write_text("\n".join(self.lines) + "\n")
            done = subprocess.run([tlswhy, "--json", str(capture), str(log)], capture_output=True, timeout=60)
            document = json.loads(done.stdout)
            verbose = subprocess.run([tlswhy, "-v", "--width", "1000", str(capture), str(log)], capture_output=True, text=True, timeout=60).stdout
        if len(document["handshakes"]) != self.connections:
            faults.append(f"{name}: {len(document['handshakes'])} handshakes instead of {self.connections}")
        found = {}
        for attempt in document["attempts"]:
            if attempt["log"]:
                for line in range(attempt["log"]["first_line"], attempt["log"]["last_line"] + 1):
                    found[line] = attempt
        for first, last, connection in self.joined:
            attempt = next((found[line] for line in range(first, last + 1) if line in found), None)
            if attempt is None:
                faults.append(f"{name}: lines {first} to {last} are of no attempt")
            elif attempt["handshake"] != connection:
                faults.append(f"{name}: lines {first} to {last} are joined with {attempt['handshake']} instead of {connection}: {attempt['join_reasons']}")
            elif connection is not None and not attempt["join_reasons"]:
                faults.append(f"{name}: lines {first} to {last} are joined without a reason")
        clocks = sorted(document["clocks"], key=lambda clock: clock["first_line"])
        if len(clocks) != len(offsets):
            faults.append(f"{name}: {len(clocks)} clocks instead of {len(offsets)}: {clocks}")
        for clock, offset in zip(clocks, offsets):
            if abs(clock["offset_ms"] - offset) > ALLOWED_MS:
                faults.append(f"{name}: offset {clock['offset_ms'] - offset:.0f} ms off: {clock}")
        if offsets and "clock of " not in verbose:
            faults.append(f"{name}: -v does not tell of the clock")


FAILURES = ["mbedtls-other-root", "mbedtls-expired", "mbedtls-small-heap", "mbedtls-self-signed", "mbedtls-leaf-only", "mbedtls-other-name"]
EPOCH_MS = STARTED / 1000


def ticks(booted_ms):
    return lambda level, now, rest: f"{level} ({now - booted_ms}) {rest}"


def dated(behind_ms):
    def line(level, now, rest):
        moment = datetime.datetime.fromtimestamp((EPOCH_MS + now - behind_ms) / 1000, datetime.timezone.utc)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03} {level} (77) {rest}"
    return line


# One attempt alone: its own events set the clock.
story = Story()
story.attempt("mbedtls-other-root", 5000, ticks(-3000))
story.ask("one", [EPOCH_MS - 3000])

# The device ran before the capture began and after it ended: six attempts in the log, the four in the middle on the wire.
story = Story()
for number, (case, at) in enumerate(zip(FAILURES, [3000, 14100, 29700, 41000, 66500, 90300])):
    story.attempt(case, at, ticks(-7777), on_wire=1 <= number <= 4)
story.ask("capture begins late", [EPOCH_MS - 7777])

# The other way round: the log was started late.
story = Story()
for number, (case, at) in enumerate(zip(FAILURES, [3000, 14100, 29700, 41000, 66500, 90300])):
    story.attempt(case, at, ticks(2500), in_log=number >= 2)
story.ask("log begins late", [EPOCH_MS + 2500])

# All fail alike, and some are missing on either side: only the pauses tell which is which.
story = Story()
for number, at in enumerate([2000, 9300, 12100, 30500, 38000, 61200, 63900, 80000]):
    story.attempt("mbedtls-other-root", at, ticks(-500), on_wire=number not in (1, 6), in_log=number not in (0, 4))
story.ask("alike", [EPOCH_MS - 500])

# Two boots: ticks begin again. Of the second boot the first connection was not captured.
story = Story()
for case, at in zip(FAILURES[:3], [2000, 9300, 21100]):
    story.attempt(case, at, ticks(-4000))
for number, (case, at) in enumerate(zip(FAILURES[3:] + FAILURES[:1], [41000, 47500, 59900, 70100])):
    story.attempt(case, at, ticks(38000), on_wire=number != 0)
story.ask("two boots", [EPOCH_MS - 4000, EPOCH_MS + 38000])

# A clock that is 73.4 s slow, and one in another zone.
for name, behind in (("slow clock", 73_400), ("zone", -7_200_000)):
    story = Story()
    for number, (case, at) in enumerate(zip(FAILURES, [3000, 14100, 29700, 41000, 66500, 90300])):
        story.attempt(case, at, dated(behind), on_wire=number != 2, in_log=number != 4)
    story.ask(name, [behind])

for fault in faults:
    print(fault)
print(f"{len(faults)} faults")
sys.exit(1 if faults else 0)
