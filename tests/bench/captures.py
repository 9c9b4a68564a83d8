#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes large captures from real TLS sessions and measures tlswhy on them beside other programs.

  captures.py make [--folder DIR] [--scale F]      writes the captures (DIR defaults to /tmp/tlswhy-bench)
  captures.py measure --tlswhy PROGRAM [--folder DIR]    CPU time, wall time and peak memory, and their ratio to tcpdump's

The bytes of every TLS connection are what OpenSSL sent: two SSL objects talk through memory, and the script puts TCP packets around
what they say. A number of different sessions (--sessions) is made for real; the captures repeat them from other addresses and ports.
"""
import argparse
import os
import random
import resource
import shutil
import ssl
import struct
import subprocess
import sys
import time
from pathlib import Path

SEGMENT = 1448           # payload of a full Ethernet packet with TCP timestamps
HEADERS = 14 + 20 + 32   # Ethernet, IPv4, TCP with timestamps
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = 0, 1
NAME = "server.example.test"


# --- real sessions ---------------------------------------------------------------------------------------------------------------

def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(folder):
    folder.mkdir(parents=True, exist_ok=True)
    keys = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}
    for kind, key in keys.items():
        ca, leaf = folder / f"{kind}-ca", folder / f"{kind}-leaf"
        if leaf.with_suffix(".chain").exists():
            continue
        run("openssl", "req", "-x509", *key, "-nodes", "-days", "3650", "-subj", f"/O=Example/CN=Example {kind} root",
            "-keyout", f"{ca}.key", "-out", f"{ca}.pem")
        run("openssl", "req", *key, "-nodes", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", f"{leaf}.key", "-out", f"{leaf}.csr")
        run("openssl", "x509", "-req", "-in", f"{leaf}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "825",
            "-copy_extensions", "copy", "-out", f"{leaf}.pem")
        leaf.with_suffix(".chain").write_text(Path(f"{leaf}.pem").read_text() + Path(f"{ca}.pem").read_text())


def server_context(folder, kind, **settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{kind}-leaf.chain", folder / f"{kind}-leaf.key")
    return adjust(context, folder, settings)


def client_context(folder, trusts, **settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(folder / f"{trusts}-ca.pem")
    return adjust(context, folder, settings)


def adjust(context, folder, settings):
    if "minimum" in settings:
        context.minimum_version = settings["minimum"]
    if "maximum" in settings:
        context.maximum_version = settings["maximum"]
    if "ciphers" in settings:
        context.set_ciphers(settings["ciphers"])
    if settings.get("client_certificate"):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "ec-ca.pem")
    return context


def profiles(folder):
    """(weight, client, server, name the client asks for): mixed versions and suites, one in ten fails."""
    v = ssl.TLSVersion
    return [
        (30, client_context(folder, "ec"), server_context(folder, "ec"), NAME),
        (15, client_context(folder, "rsa"), server_context(folder, "rsa"), NAME),
        (20, client_context(folder, "ec", maximum=v.TLSv1_2), server_context(folder, "ec"), NAME),
        (15, client_context(folder, "rsa", maximum=v.TLSv1_2), server_context(folder, "rsa"), NAME),
        (5, client_context(folder, "rsa", maximum=v.TLSv1_2, ciphers="AES128-GCM-SHA256"), server_context(folder, "rsa"), NAME),
        (5, client_context(folder, "rsa", maximum=v.TLSv1_2, ciphers="DHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"), server_context(folder, "rsa"), NAME),
        (3, client_context(folder, "rsa", maximum=v.TLSv1_2), server_context(folder, "ec"), NAME),                        # unknown issuer
        (2, client_context(folder, "rsa"), server_context(folder, "ec"), NAME),                                           # the same, encrypted
        (2, client_context(folder, "ec", maximum=v.TLSv1_2), server_context(folder, "ec"), "other.example.test"),         # another name
        (1, client_context(folder, "ec", maximum=v.TLSv1_2), server_context(folder, "ec", minimum=v.TLSv1_3), NAME),      # no common version
        (1, client_context(folder, "rsa", maximum=v.TLSv1_2, ciphers="AES128-SHA"), server_context(folder, "ec"), NAME),  # no common suite
        (1, client_context(folder, "ec", maximum=v.TLSv1_2), server_context(folder, "ec", client_certificate=True), NAME),
    ]


class Session:
    """Two ends that talk through memory; `said` collects who sent what, in order."""

    def __init__(self, client, server, name):
        self.incoming = [ssl.MemoryBIO(), ssl.MemoryBIO()]
        outgoing = [ssl.MemoryBIO(), ssl.MemoryBIO()]
        self.outgoing = outgoing
        self.ends = [client.wrap_bio(self.incoming[0], outgoing[0], server_hostname=name), server.wrap_bio(self.incoming[1], outgoing[1], server_side=True)]
        self.said = []

    def move(self, end):
        data = self.outgoing[end].read()
        if data:
            self.said.append((end, data))
            self.incoming[1 - end].write(data)
        return bool(data)

    def handshake(self):
        done = [False, False]
        for _ in range(20):
            for end in (CLIENT, SERVER):
                if not done[end]:
                    try:
                        self.ends[end].do_handshake()
                        done[end] = True
                    except ssl.SSLWantReadError:
                        pass
                    except ssl.SSLError:
                        self.move(end)
                        return False
                self.move(end)
            if all(done):
                return True
        return False

    def send(self, end, data):
        self.ends[end].write(data)
        self.move(end)
        try:
            while self.ends[1 - end].read(65536):
                pass
        except ssl.SSLError:
            pass


def session(profile, exchanges, sizes):
    _, client, server, name = profile
    talk = Session(client, server, name)
    if talk.handshake():
        for i in range(exchanges):
            talk.send(i % 2, os.urandom(random.choice(sizes)))
    return talk.said


# --- packets ---------------------------------------------------------------------------------------------------------------------

def tcp_packet(end, sequence, acknowledgement, flags, payload=b""):
    """Ethernet, IPv4 and TCP around a payload, with addresses and ports to be put in: only what a packet of this length has in common."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 52 + len(payload), 0, 0x4000, 64, 6, 0, b"\0" * 4, b"\0" * 4)
    tcp = struct.pack("!HHIIBBHHH", 0, 0, sequence & 0xffffffff, acknowledgement & 0xffffffff, 0x80, flags, 502, 0, 0) + b"\x01\x01\x08\x0a" + b"\0" * 8
    macs = (b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02")
    return macs[1 - end] + macs[end] + b"\x08\x00" + ip + tcp + payload


class Conversation:
    """What two ends said as packets: (end, microseconds after the start, bytes)."""

    def __init__(self, said, opening=True, close=True, reset=False):
        self.packets = []
        self.sequence = [1_000_000, 2_000_000_000]
        self.at = 0
        if opening:
            self.add(CLIENT, SYN)
            self.add(SERVER, SYN | ACK)
            self.add(CLIENT, ACK)
        for end, data in said:
            self.say(end, data)
        if close:
            self.add(CLIENT, RST | ACK) if reset else self.add(CLIENT, FIN | ACK)
            if not reset:
                self.add(SERVER, FIN | ACK)
                self.add(CLIENT, ACK)

    def add(self, end, flags, payload=b""):
        self.packets.append((end, self.at, tcp_packet(end, self.sequence[end], self.sequence[1 - end] if flags & ACK else 0, flags, payload)))
        self.sequence[end] += len(payload) + (1 if flags & (SYN | FIN) else 0)
        self.at += 900

    def say(self, end, data):
        for place in range(0, len(data), SEGMENT):
            self.add(end, PSH | ACK, data[place:place + SEGMENT])
            if (place // SEGMENT) % 2 == 1:
                self.add(1 - end, ACK)
        self.add(1 - end, ACK)


def template(conversation):
    """Records of the file, each with the time after the start and the end it comes from."""
    out = []
    for end, after, packet in conversation.packets:
        record = bytearray(struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
        out.append((end, after, record))
    return out


def instance(records, start, client, client_port, server, server_port):
    """The records of a conversation between these ends, as (microseconds, bytes)."""
    pack = struct.pack_into
    ends = ((client, server, client_port, server_port), (server, client, server_port, client_port))
    out = []
    for end, after, record in records:
        copy = bytearray(record)
        source, destination, source_port, destination_port = ends[end]
        at = start + after
        pack("<II", copy, 0, at // 1_000_000, at % 1_000_000)
        pack("!4s4sHH", copy, 16 + 26, source, destination, source_port, destination_port)
        out.append((at, copy))
    return out


class PcapWriter:
    def __init__(self, path):
        self.file = open(path, "wb", buffering=1 << 20)
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        self.size = 24
        self.packets = 0

    def write(self, record):
        self.file.write(record)
        self.size += len(record)
        self.packets += 1


def client_address(number):
    return bytes((198, 18 + (number >> 16 & 1), number >> 8 & 255, number & 255))  # RFC 2544: for benchmarks


def interleave(writer, conversations):
    """Writes conversations that overlap in time, packet by packet."""
    records = sorted((packet for conversation in conversations for packet in conversation), key=lambda packet: packet[0])
    for _, record in records:
        writer.write(record)


# --- the captures ------------------------------------------------------------------------------------------------------------------

def make_sessions(folder, count, exchanges, sizes):
    chosen = profiles(folder)
    weights = [profile[0] for profile in chosen]
    return [template(Conversation(session(random.choices(chosen, weights)[0], exchanges, sizes), reset=random.random() < 0.05)) for _ in range(count)]


def make_handshakes(path, sessions, connections):
    writer = PcapWriter(path)
    start = 1_700_000_000_000_000
    at_once = 200
    number = 0
    while number < connections:
        group = []
        for _ in range(min(at_once, connections - number)):
            group.append(instance(random.choice(sessions), start + random.randrange(40_000), client_address(number % 50_000), 20_000 + number // 50_000 * 1000 + number % 997,
                                  bytes((198, 51, 100, number % 200)), 443))
            number += 1
        interleave(writer, group)
        start += 60_000
    return writer


def make_bulk(path, folder, size):
    context = profiles(folder)
    writer = PcapWriter(path)
    ends = 4
    talks = []
    for i in range(ends):
        talk = Session(*context[0 if i % 2 == 0 else 2][1:])
        talk.handshake()
        talks.append((talk, Conversation(talk.said, close=False)))
    block = os.urandom(1 << 18)
    start = 1_700_000_000_000_000
    for i, (_, conversation) in enumerate(talks):
        for _, record in instance(template(conversation), start, client_address(i), 40_000 + i, bytes((198, 51, 100, i)), 443):
            writer.write(record)
    while writer.size < size:
        for i, (talk, conversation) in enumerate(talks):
            conversation.packets.clear()
            talk.said.clear()
            talk.send(SERVER, block)
            for end, data in talk.said:
                conversation.say(end, data)
            for _, record in instance(template(conversation), start, client_address(i), 40_000 + i, bytes((198, 51, 100, i)), 443):
                writer.write(record)
    return writer


def udp_record(at, source, destination, source_port, destination_port, payload):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0x4000, 64, 17, 0, source, destination)
    packet = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\x00" + ip + struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload
    return at, struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(packet), len(packet)) + packet


def disturb(packets):
    """Out of order, sent again, lost: what a real network does, more often than it should."""
    out = []
    for packet in packets:
        chance = random.random()
        if chance < 0.002:
            continue
        out.append(packet)
        if chance < 0.012:
            out.append((packet[0] + 3000, packet[1]))
        elif chance < 0.05 and len(out) > 1:
            out[-1], out[-2] = (out[-2][0], out[-1][1]), (out[-1][0], out[-2][1])
    return out


def make_mix(path, sessions, size):
    writer = PcapWriter(path)
    start = 1_700_000_000_000_000
    body = bytes(random.choices(b"abcdefghijklmnopqrstuvwxyz <>/=\"\r\n0123456789", k=1 << 16))
    noise = os.urandom(1 << 16)
    plain = [template(Conversation([(CLIENT, b"GET /file HTTP/1.1\r\nHost: www.example.test\r\n\r\n"), (SERVER, b"HTTP/1.1 200 OK\r\n\r\n" + body * random.randrange(1, 12))])) for _ in range(12)]
    plain += [template(Conversation([(i % 2, noise[k:k + random.randrange(20, 3000)]) for i, k in enumerate(range(0, 60_000, 1500))])) for _ in range(6)]
    plain.append(template(Conversation([(i % 2, b"\x30\x20\x00\x0atopic/a/b/" + body[:20]) for i in range(60)])))
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x04test\x00\x00\x01\x00\x01"
    number = 0
    while writer.size < size:
        group = []
        for _ in range(60):
            number += 1
            chosen = random.choice(sessions) if number % 12 == 0 else random.choice(plain)
            port = 443 if number % 12 == 0 else random.choice((80, 8080, 1883, 5432, 22))
            group.append(disturb(instance(chosen, start + random.randrange(40_000), client_address(number % 60_000), 1024 + number % 60_000, bytes((198, 51, 100, number % 250)), port)))
        group.append([udp_record(start + i * 50, client_address(i), b"\xc6\x33\x64\x35", 5000 + i, 53, question) for i in range(100)])
        group.append([udp_record(start + i * 20, client_address(i % 7), b"\xc6\x33\x64\x36", 50_000 + i % 7, 5004, noise[i * 50:i * 50 + 1200]) for i in range(800)])
        interleave(writer, group)
        start += 100_000
    return writer


def make(options):
    folder = Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    random.seed(options.seed)
    make_certificates(folder / "keys")
    started = time.time()
    sessions = make_sessions(folder / "keys", options.sessions, 14, (40, 120, 300, 700))
    print(f"{options.sessions} sessions, {time.time() - started:.1f} s", flush=True)
    scale = options.scale
    jobs = {
        "handshakes": lambda path: make_handshakes(path, sessions, int(100_000 * scale)),
        "bulk": lambda path: make_bulk(path, folder / "keys", int(2e9 * scale)),
        "mix": lambda path: make_mix(path, sessions, int(1e9 * scale)),
    }
    for name, job in jobs.items():
        if options.only and name not in options.only:
            continue
        writer = job(folder / f"{name}.pcap")
        writer.file.close()
        print(f"{name}.pcap: {writer.size / 1e6:.0f} MB, {writer.packets} packets, {time.time() - started:.1f} s", flush=True)
    if not options.only or "small" in options.only:
        small = folder / "small"
        shutil.rmtree(small, ignore_errors=True)
        small.mkdir()
        for i in range(int(5000 * scale)):
            writer = PcapWriter(small / f"{i:05}.pcap")
            interleave(writer, [instance(random.choice(sessions), 1_700_000_000_000_000, client_address(i), 40_000, b"\xc6\x33\x64\x01", 443)])
            writer.file.close()
    if not options.only or "pcapng" in options.only:
        run("editcap", "-F", "pcapng", str(folder / "handshakes.pcap"), str(folder / "handshakes.pcapng"))


# --- measuring ---------------------------------------------------------------------------------------------------------------------

def measure_once(command):
    """CPU seconds, wall seconds and peak megabytes of a command; nothing if it does not exist or fails to start."""
    started = time.time()
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        try:
            os.execvp(command[0], command)
        except OSError:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == 127 or code < 0:
        return None
    return usage.ru_utime + usage.ru_stime, time.time() - started, usage.ru_maxrss / 1024


def best(command, times):
    runs = [measure_once(command) for _ in range(times)]
    runs = [run for run in runs if run]
    return tuple(min(run[i] for run in runs) for i in range(3)) if runs else None


def show(label, result, base):
    if result is None:
        print(f"  {label:34} not there")
        return
    ratio = f"{result[0] / base[0]:6.2f} x" if base else ""
    print(f"  {label:34} {result[0]:8.2f} s CPU {result[1]:8.2f} s wall {result[2]:7.0f} MB {ratio}", flush=True)


def measure(options):
    folder = Path(options.folder)
    tool = options.tlswhy
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in ("handshakes", "bulk", "mix"):
        path = folder / f"{name}.pcap"
        if not path.exists() or (options.only and name not in options.only):
            continue
        print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB")
        with open(path, "rb") as file:  # into the page cache, the same for all
            while file.read(1 << 24):
                pass
        base = best(["tcpdump", "-r", str(path), "-w", "/dev/null"], options.times)
        show("tcpdump -r FILE -w /dev/null", base, base)
        show("tlswhy --threads 1", best([tool, "--threads", "1", str(path)], options.times), base)
        show("tlswhy --threads 2", best([tool, "--threads", "2", str(path)], options.times), base)
        if options.json:
            show("tlswhy --threads 1 --json", best([tool, "--threads", "1", "--json", str(path)], 1), base)
        if name == "handshakes" and (folder / "handshakes.pcapng").exists():
            show("tlswhy --threads 1, as pcapng", best([tool, "--threads", "1", str(folder / "handshakes.pcapng")], options.times), base)
        if options.others:
            # The others keep every connection in memory or take minutes: they get the first packets only, tcpdump and tlswhy too.
            cut = folder / f"{name}-cut.pcap"
            run("tcpdump", "-r", str(path), "-c", str(options.cut_packets), "-w", str(cut))
            print(f"  the first {options.cut_packets} packets:")
            base = best(["tcpdump", "-r", str(cut), "-w", "/dev/null"], options.times)
            show("tcpdump -r FILE -w /dev/null", base, base)
            show("tlswhy", best([tool, str(cut)], options.times), base)
            show("tshark -Y tls.handshake", best(["tshark", "-r", str(cut), "-Y", "tls.handshake"], 1), base)
            show("ndpiReader", best(["ndpiReader", "-i", str(cut)], 1), base)
            show("ssldump", best(["ssldump", "-r", str(cut)], 1), base)
    small = folder / "small"
    if small.is_dir() and (not options.only or "small" in options.only):
        files = sorted(str(path) for path in small.iterdir())
        print(f"{len(files)} small files in one run")
        show("tlswhy", best([tool, *files], options.times), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("make", "measure"))
    parser.add_argument("--folder", default="/tmp/tlswhy-bench")
    parser.add_argument("--scale", type=float, default=1.0, help="1 makes 1 GB of handshakes, 2 GB of bulk and 1 GB of mixed traffic")
    parser.add_argument("--sessions", type=int, default=3000, help="how many different TLS sessions are made")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="handshakes, bulk, mix, small, pcapng")
    parser.add_argument("--tlswhy", default="build/release/tlswhy")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--others", action="store_true", help="also tshark, ndpiReader and ssldump, on a cut file")
    parser.add_argument("--cut-packets", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    (make if options.action == "make" else measure)(options)


if __name__ == "__main__":
    sys.exit(main())
