#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Captures written again with comments: nothing but comments of ours may have come, by a reader of its own and by tshark's.

usage: captures.py TLSWHY CAPTURES
"""
import gzip
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
tshark = shutil.which("tshark")
faults = []


def check(ok, what):
    if not ok:
        faults.append(what)


# --- pcapng as the draft has it, read and written independently of the program

def read_blocks(data):
    """(byte order, type, fixed part with packet bytes, options) of every block."""
    at, order, blocks = 0, "<", []
    while at < len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, length = struct.unpack_from(order + "II", data, at)
        assert length % 4 == 0 and struct.unpack_from(order + "I", data, at + length - 4)[0] == length, "framing"
        body = data[at + 8:at + length - 4]
        fixed = {0x0a0d0d0a: 16, 1: 8}.get(kind, len(body))
        if kind in (2, 6):
            fixed = 20 + (struct.unpack_from(order + "I", body, 12)[0] + 3) // 4 * 4
        options, rest = [], body[fixed:]
        while len(rest) >= 4:
            code, size = struct.unpack_from(order + "HH", rest)
            if code == 0:
                break
            options.append((code, rest[4:4 + size]))
            rest = rest[4 + (size + 3) // 4 * 4:]
        blocks.append((order, kind, body[:fixed], options))
        at += length
    return blocks


def ours(option):
    return option[0] == 1 and option[1].startswith(b"tlswhy")


def without_ours(blocks):
    out = []
    for order, kind, fixed, options in blocks:
        if kind == 0x0a0d0d0a:
            fixed = fixed[:8]  # what follows is the section's length
        out.append((order, kind, fixed, [o for o in options if not ours(o)]))
    return out


def block(order, kind, body, options=()):
    for code, value in options:
        body += struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
    if options:
        body += bytes(4)
    length = len(body) + 12
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order, options=(), length=-1):
    return block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, length), options)


def annotate(source, out, *more):
    done = subprocess.run([tlswhy, "annotate", str(source), *map(str, more), "-o", str(out)], capture_output=True, text=True, timeout=60)
    return done


def fields(path):
    """What tshark reads of every packet, and its comments by frame."""
    names = ["frame.comment", "frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.encap_type", "frame.interface_id", "frame.interface_name",
             "frame.protocols", "tcp.seq", "tcp.analysis.flags", "tls.record.content_type", "tls.handshake.type", "tls.alert_message.desc", "_ws.col.Info"]
    command = [tshark, "-r", str(path), "-T", "fields", "-E", "aggregator=\x01"]
    for name in names:
        command += ["-e", name]
    lines = [line.split(b"\t") for line in subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.splitlines()]
    return [line[1:] for line in lines], {int(line[1]): line[0] for line in lines}


def comments_by_blocks(blocks):
    frame, found = 0, {}
    for _, kind, _, options in blocks:
        if kind in (2, 3, 6, 0x0bad, 0x40000bad):
            frame += 1
            found[frame] = [value for code, value in options if code == 1]
    return found


def every_pair(folder):
    for label in sorted(captures.glob("*/case.json")):
        source, out = label.parent / "capture.pcapng", folder / "out.pcapng"
        logs = sorted(label.parent.glob("*.log"))
        done = annotate(source, out, *logs)
        name = label.parent.name
        check(done.returncode in (0, 1), f"{name}: exit status {done.returncode}: {done.stderr}")
        before, after = read_blocks(source.read_bytes()), read_blocks(out.read_bytes())
        check(without_ours(before) == without_ours(after), f"{name}: blocks differ")
        verdict = json.loads(subprocess.run([tlswhy, "--json", str(source), *map(str, logs)], capture_output=True, timeout=60).stdout)
        found = comments_by_blocks(after)
        section_comment = b"".join(value for code, value in after[0][3] if ours((code, value)))
        frames = {a["frame"]: a for h in verdict["handshakes"] if h["outcome"] != "completed" for a in h["alerts"]}
        if verdict["verdict"]["outcome"] == "failed":
            cause = verdict["verdict"]["causes"][0]
            check(cause["id"].encode() in section_comment, f"{name}: the section does not tell the verdict")
            frames.update({e["frame"]: e for e in cause["evidence"] if e["frame"] is not None and e["source"] == "capture"})
        for frame in frames:
            check(found.get(frame), f"{name}: frame {frame} has no comment")
        for alert in (a for a in frames.values() if a.get("name")):
            check(any(alert["name"].encode() in text for text in found[alert["frame"]]), f"{name}: the alert of frame {alert['frame']} is not told")
        if tshark:
            (packets_before, _), (packets_after, comments) = fields(source), fields(out)
            check(packets_before == packets_after, f"{name}: tshark reads other packets")
            for frame, comment in comments.items():
                for text in found[frame]:
                    check(text in comment, f"{name}: tshark does not see the comment of frame {frame}")
        # A cut holds the connection, whole.
        done = annotate(source, folder / "cut.pcapng", "--only-failed", *logs)
        cut = read_blocks((folder / "cut.pcapng").read_bytes())
        kinds = [kind for _, kind, _, _ in cut]
        check(10 not in kinds, f"{name}: a cut holds decryption keys")
        packets = [fixed for _, kind, fixed, _ in before if kind == 6]
        kept = [fixed for _, kind, fixed, _ in cut if kind == 6]
        check(kept and all(packet in packets for packet in kept), f"{name}: the cut holds {len(kept)} of {len(packets)} packets")
        again = json.loads(subprocess.run([tlswhy, "--json", str(folder / "cut.pcapng"), *map(str, logs)], capture_output=True, timeout=60).stdout)
        bad = [[m["type"] for m in h["messages"]] for h in verdict["handshakes"] if h["outcome"] != "completed" and not h["decrypted"]]
        check(all(messages in [[m["type"] for m in h["messages"]] for h in again["handshakes"]] for messages in bad), f"{name}: the cut lost messages")


def made(order, folder, source):
    """Sections, interfaces, foreign comments and options, old and simple packets, in one byte order."""
    packets = [fixed[20:20 + struct.unpack_from(o + "I", fixed, 12)[0]] for o, kind, fixed, _ in read_blocks(source.read_bytes()) if kind == 6]
    interface = block(order, 1, struct.pack(order + "HHI", 1, 0, 0), [(2, b"eth0"), (9, b"\x09"), (1, b"user: an interface")])
    other = block(order, 1, struct.pack(order + "HHI", 1, 0, 65535), [(2, b"eth1")])
    data = section(order, [(1, b"user: a section"), (4, b"dumpcap")]) + interface + other
    data += block(order, 4, struct.pack(order + "HHHH", 0, 0, 0, 0))
    data += block(order, 0x0bad, struct.pack(order + "I", 32473) + b"custom  ")  # has a number of its own in Wireshark
    time = 1_700_000_000_000_000_000
    for i, packet in enumerate(packets):
        where = i % 2
        ticks = (time + i * 1_234_567) // (1 if where == 0 else 1000)
        padded = packet + bytes(-len(packet) % 4)
        head = (ticks >> 32, ticks & 0xffffffff, len(packet), len(packet))
        if i == 2:
            data += block(order, 2, struct.pack(order + "HHIIII", where, 7, *head) + padded, [(1, b"user: an old packet")])
        elif i == 4:
            data += block(order, 3, struct.pack(order + "I", len(packet)) + padded)
        else:
            data += block(order, 6, struct.pack(order + "IIIII", where, *head) + padded, [(1, b"user: first"), (2, struct.pack(order + "I", 1)), (1, b"user: second")] if i % 3 == 0 else ())
    data += block(order, 5, struct.pack(order + "III", 0, 0, 0), [(4, struct.pack(order + "Q", 9))])
    # A second section with a length, in the other order.
    swapped = "<" if order == ">" else ">"
    inside = block(swapped, 1, struct.pack(swapped + "HHI", 1, 0, 0)) + block(swapped, 6, struct.pack(swapped + "IIIII", 0, 0, 5, 4, 4) + b"\0\1\2\3")
    data += section(swapped, length=len(inside)) + inside
    path, out = folder / "made.pcapng", folder / "made-out.pcapng"
    for compress in (False, True):
        path.write_bytes(gzip.compress(data) if compress else data)
        done = annotate(path, out)
        what = f"made {order} {'gzip' if compress else 'plain'}"
        check(done.returncode == 1, f"{what}: {done.returncode} {done.stderr}")
        before, after = read_blocks(data), read_blocks(out.read_bytes())
        check(without_ours(before) == without_ours(after), f"{what}: blocks differ")
        theirs = [value for _, _, _, options in after for code, value in options if code == 1 and not value.startswith(b"tlswhy")]
        check(theirs.count(b"user: first") >= 2 and b"user: an old packet" in theirs and b"user: a section" in theirs, f"{what}: comments of the user are gone")
        check(sum(1 for comments in comments_by_blocks(after).values() for c in comments if c.startswith(b"tlswhy")) >= 3, f"{what}: too few comments of ours")
    if tshark:
        path.write_bytes(data)
        check(fields(path)[0] == fields(out)[0], f"made {order}: tshark reads other packets")


def classic(folder, source):
    """pcap in both byte orders and resolutions, with a frame check sequence told in the link type."""
    packets = [fixed[20:20 + struct.unpack_from(o + "I", fixed, 12)[0]] for o, kind, fixed, _ in read_blocks(source.read_bytes()) if kind == 6]
    for order in "<>":
        for magic, unit in ((0xa1b2c3d4, 1_000_000), (0xa1b23c4d, 1_000_000_000)):
            data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
            for i, packet in enumerate(packets):
                data += struct.pack(order + "IIII", 1_700_000_000 + i, unit - 1 - i, len(packet), len(packet) + 4 * (i == 0)) + packet
            path, out = folder / "made.pcap", folder / "made-pcap.pcapng"
            path.write_bytes(data)
            done = annotate(path, out)
            what = f"pcap {order} {unit}"
            check(done.returncode == 1, f"{what}: {done.returncode} {done.stderr}")
            blocks = read_blocks(out.read_bytes())
            check(blocks[0][0] == order and blocks[1][2] == struct.pack(order + "HHI", 1, 0, 65535), f"{what}: interface {blocks[1]}")
            check((9, b"\x06" if unit == 1_000_000 else b"\x09") in blocks[1][3], f"{what}: resolution")
            for i, (packet, (_, kind, fixed, _)) in enumerate(zip(packets, blocks[2:], strict=True)):
                ticks = (1_700_000_000 + i) * unit + unit - 1 - i
                expected = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xffffffff, len(packet), len(packet) + 4 * (i == 0)) + packet
                check(kind == 6 and fixed == expected + bytes(-len(packet) % 4), f"{what}: packet {i + 1}")
            if tshark:
                # pcap has no interfaces; all else must be the same.
                (a, _), (b, _) = fields(path), fields(out)
                check([line[:5] + line[7:] for line in a] == [line[:5] + line[7:] for line in b], f"{what}: tshark reads other packets")


def refusals(folder, source):
    out = folder / "refused.pcapng"
    copy = folder / "copy.pcapng"
    shutil.copy(source, copy)
    before = copy.read_bytes()
    check(annotate(copy, copy).returncode == 2 and copy.read_bytes() == before, "an input was written over")
    check(subprocess.run([tlswhy, "annotate", str(copy)], capture_output=True, timeout=60).returncode == 2, "no -o is no usage error")
    check(annotate(copy, folder / "no" / "folder.pcapng").returncode == 3, "an output that cannot be written gives another status")
    # Damage: what stands before it is written, and the exit status tells.
    (folder / "damaged.pcapng").write_bytes(before[:len(before) - 30])
    done = annotate(folder / "damaged.pcapng", out)
    check(done.returncode == 3 and "damaged.pcapng" in done.stderr, f"damage: {done.returncode} {done.stderr}")
    piped = subprocess.run([tlswhy, "annotate", str(copy), "-o", "-"], capture_output=True, timeout=60)
    check(piped.stdout.startswith(b"\x0a\x0d\x0d\x0a") and without_ours(read_blocks(piped.stdout)) == without_ours(read_blocks(before)), "standard output holds something else")


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    example = captures / "mbedtls-other-root" / "capture.pcapng"
    every_pair(folder)
    for order in "<>":
        made(order, folder, example)
    classic(folder, example)
    refusals(folder, example)
for fault in faults[:40]:
    print(fault)
print(f"{len(faults)} faults" + ("" if tshark else "; NOT CHECKED BY TSHARK: it is not installed"))
sys.exit(1 if faults else 0)
