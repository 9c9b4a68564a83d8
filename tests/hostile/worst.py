#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Inputs that are made to take much time or memory, and a check that they do not get it.

usage: worst.py make FOLDER               writes them (for tests/bench)
       worst.py check TLSWHY [NAME...]    runs tlswhy on each under limits of CPU time, memory and output

The limits are far above what is needed (the benchmarks show that), so that a slow machine or a sanitizer does not fail: what is quadratic
or unbounded goes over them all the same.
"""
import gzip
import os
import pathlib
import resource
import struct
import subprocess
import sys
import tempfile

CPU_SECONDS = 60
MEGABYTES = 1200
OUTPUT_MEGABYTES = 256  # JSON tells every event and handshake

SYN, ACK, PSH, FIN = 2, 16, 8, 1


# --- captures --------------------------------------------------------------------------------------------------------------------

def pcap(packets, link=101):
    """A pcap of raw IP packets, a millisecond apart."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)]
    for number, packet in enumerate(packets):
        out.append(struct.pack("<IIII", 1_700_000_000 + number // 1000, number % 1000 * 1000, len(packet), len(packet)) + packet)
    return b"".join(out)


def ip(source, destination, protocol, payload, identification=0, fragment=0):
    return struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), identification, fragment, 64, protocol, 0, source, destination) + payload


def tcp(source, destination, sport, dport, seq, ack, flags, payload=b""):
    return ip(source, destination, 6, struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0) + payload)


CLIENT, SERVER = 0xC0000201, 0xC6336404  # 192.0.2.1, 198.51.100.4


def talk(payloads, sport=40000, opening=True):
    """Packets of one connection: (from the client?, bytes) in order."""
    seq = [1000, 5000]
    if opening:
        yield tcp(CLIENT, SERVER, sport, 8883, seq[0], 0, SYN)
        yield tcp(SERVER, CLIENT, 8883, sport, seq[1], seq[0] + 1, SYN | ACK)
        seq = [1001, 5001]
    for client, data in payloads:
        ends = (CLIENT, SERVER, sport, 8883) if client else (SERVER, CLIENT, 8883, sport)
        mine, other = (0, 1) if client else (1, 0)
        yield tcp(*ends, seq[mine], seq[other], PSH | ACK, data)
        seq[mine] += len(data)


def pieces(client, data, size):
    return [(client, data[at:at + size]) for at in range(0, len(data), size)]


# --- TLS -------------------------------------------------------------------------------------------------------------------------

def vector(width, data):
    return len(data).to_bytes(width, "big") + data


def record(kind, data):
    return bytes((kind, 3, 3)) + vector(2, data)


def message(kind, body, length=None):
    """A handshake message in as many records as it takes."""
    data = bytes((kind,)) + (len(body) if length is None else length).to_bytes(3, "big") + body
    return b"".join(record(22, data[at:at + 16384]) for at in range(0, len(data), 16384))


def client_hello(extensions=b""):
    return message(1, b"\x03\x03" + b"\x11" * 32 + b"\0" + vector(2, b"\xc0\x2b\xc0\x2f\x00\x9c") + b"\x01\0" + vector(2, extensions))


def server_hello():
    return message(2, b"\x03\x03" + b"\x22" * 32 + b"\0\xc0\x2b\0")


def der(tag, *content):
    body = b"".join(content)
    size = len(body)
    length = bytes((size,)) if size < 128 else bytes((0x80 | (size.bit_length() + 7) // 8,)) + size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag,)) + length + body


def name(text):
    return der(0x30, der(0x31, der(0x30, bytes.fromhex("0603550403"), der(0x0C, text))))


ECDSA = der(0x30, bytes.fromhex("06082a8648ce3d040302"))


def certificate(serial=1, subject=b"a", issuer=b"b", extensions=b"", key=None):
    point = b"\x04" + b"\x55" * 64
    key = key or der(0x30, der(0x30, bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06082a8648ce3d030107")), der(3, b"\0", point))
    dates = der(0x30, der(0x17, b"200101000000Z"), der(0x17, b"400101000000Z"))
    body = der(0x30, der(0xA0, b"\x02\x01\x02"), der(2, serial.to_bytes(4, "big")), ECDSA, name(issuer), dates, name(subject), key,
               der(0xA3, der(0x30, extensions)) if extensions else b"")
    return der(0x30, body, ECDSA, der(3, b"\0" + der(0x30, der(2, b"\x01"), der(2, b"\x01"))))


def alternative_names(count):
    return der(0x30, bytes.fromhex("0603551d11"), der(4, der(0x30, *(der(0x82, b"%d.example.test" % i) for i in range(count)))))


def chain(*certificates):
    return message(11, vector(3, b"".join(vector(3, one) for one in certificates)))


def conversation(*server):
    return [(True, client_hello()), (False, server_hello()), *((False, data) for part in server for data in (part[at:at + 1400] for at in range(0, len(part), 1400)))]


# --- the inputs ------------------------------------------------------------------------------------------------------------------

def half_open_flows():
    return pcap(tcp(0x0A000000 + i, SERVER, 1024 + i % 60000, 8883, i, 0, SYN) for i in range(100_000))


def flows_whose_ends_cancel_out():
    # All have the same exclusive or, sum and product of their ends: a weak hash puts them into one place.
    return pcap(tcp(0x0A000000 + i, 0x0B000000 - i, 1024 + i % 16, 65000 - i % 16, 1, 0, SYN) for i in range(100_000))


def many_handshakes():
    def packets():
        for i in range(10_000):
            yield from talk([(True, client_hello()), (False, record(21, b"\x02\x28"))], 1024 + i % 64000, opening=False)
    return pcap(packets())


def segments_of_one_byte():
    flight = server_hello() + chain(*(certificate(i) for i in range(200))) + message(14, b"")
    return pcap(talk([(True, client_hello()), *pieces(False, flight, 1)]))


def noise_of_one_byte_after_a_loss():
    # Every second byte could begin a record whose end is yet to come.
    opening = list(talk([(True, client_hello()), (False, server_hello())]))
    lost = [tcp(SERVER, CLIENT, 8883, 40000, 9000 + at, 2000, ACK, b"\x17\x03\x03\x3f"[at % 4:at % 4 + 1]) for at in range(60_000)]
    return pcap([*opening, *lost])


def segments_backwards():
    body = b"\x17\x03\x03\x40\x00" + b"x" * 16384
    opening = list(talk([(True, client_hello())]))
    late = [tcp(SERVER, CLIENT, 8883, 40000, 5001 + at, 1200, ACK, body[:8]) for at in range(900_000, 0, -8)]
    return pcap([*opening, *late])


def segments_that_overlap():
    opening = list(talk([(True, client_hello())]))
    return pcap([*opening, *(tcp(SERVER, CLIENT, 8883, 40000, 5003 + i % 997 * 3, 1200, ACK, b"y" * 1000) for i in range(30_000))])


def fragments_that_never_join():
    return pcap(ip(CLIENT + i % 7, SERVER, 17, b"z" * 64, identification=i & 0xFFFF, fragment=0x2000 | (i % 1000 + 1)) for i in range(100_000))


def fragments_of_one_packet():
    return pcap(ip(CLIENT, SERVER, 17, b"z" * 16, identification=7, fragment=0x2000 | (i * 977 % 8000)) for i in range(100_000))


def tunnels_in_tunnels():
    packet = tcp(CLIENT, SERVER, 40000, 8883, 1, 0, SYN)
    for _ in range(60):
        packet = ip(CLIENT, SERVER, 4, packet)
    generic = tcp(CLIENT, SERVER, 40000, 8883, 1, 0, SYN)
    for _ in range(60):
        generic = ip(CLIENT, SERVER, 47, b"\0\0\x08\0" + generic)
    return pcap([packet, generic] * 10_000)


def tags_on_tags():
    return pcap([b"\0" * 12 + b"\x81\0\0\x01" * 350 + b"\x08\0" + tcp(CLIENT, SERVER, 1, 2, 3, 4, SYN)] * 10_000, link=1)


def gzip_of_zeros():
    return gzip.compress(pcap([]) + bytes(150_000_000), 1, mtime=0)


def gzip_in_gzip():
    data = pcap([]) + bytes(100_000_000)
    for _ in range(4):
        data = gzip.compress(data, 9, mtime=0)
    return data


def many_gzip_members():
    return gzip.compress(pcap([]), mtime=0) + gzip.compress(b"", mtime=0) * 200_000


def a_packet_of_four_gigabytes():
    return pcap([tcp(CLIENT, SERVER, 1, 2, 3, 4, SYN)]) + struct.pack("<IIII", 1, 1, 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 1000


def a_block_of_four_gigabytes():
    head = struct.pack("<IIIHHq", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1) + struct.pack("<I", 28)
    return head + struct.pack("<II", 6, 0xFFFFFFFC) + b"x" * 1000


def blocks_without_content():
    head = struct.pack("<IIIHHq", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1) + struct.pack("<I", 28)
    return head + struct.pack("<IHHIIHHI", 1, 20, 101, 0, 0, 0, 0, 20)[:16] + struct.pack("<I", 20) + struct.pack("<III", 0xBAD, 12, 12) * 500_000


def interfaces_without_end():
    head = struct.pack("<IIIHHq", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1) + struct.pack("<I", 28)
    return head + struct.pack("<IIHHII", 1, 20, 101, 0, 0, 20) * 500_000


def a_message_of_sixteen_megabytes():
    return pcap(talk(conversation(message(11, b"\0\xff\xff\xff" + b"c" * 3_000_000, 0xFFFFFF))))


def messages_without_content():
    return pcap(talk(conversation(*(record(22, b"\0\0\0\0" * 4000) for _ in range(60)))))


def alerts_without_end():
    return pcap(talk(conversation(*(record(21, b"\x01\x5a") for _ in range(60_000)))))


def hellos_with_many_extensions():
    return pcap(talk([(True, client_hello(b"".join(struct.pack(">HH", i & 0xFFFF, 0) for i in range(16_000)))[at:at + 1400]) for at in range(0, 65_000, 1400)]))


def a_chain_of_thousands():
    return pcap(talk(conversation(chain(*(certificate(i) for i in range(3500))))))


def a_chain_that_issues_itself():
    return pcap(talk(conversation(chain(*(certificate(i, b"same", b"same") for i in range(1000))))))


def a_certificate_with_many_names():
    return pcap(talk(conversation(chain(certificate(extensions=alternative_names(40_000))))))


def a_certificate_nested_deeply():
    inner = b""
    for _ in range(20_000):
        inner = der(0x30, inner)
    return pcap(talk(conversation(chain(certificate(extensions=inner), inner))))


def a_key_of_a_million_bits():
    key = der(0x30, der(0x30, bytes.fromhex("06092a864886f70d010101"), b"\x05\0"), der(3, b"\0", der(0x30, der(2, b"\x7f" * 125_000), der(2, b"\x7f" * 125_000))))
    return pcap(talk(conversation(chain(certificate(key=key)))))


def pem_without_end():
    return b"-----BEGIN CERTIFICATE-----\nMIIB\n" * 300_000


# --- logs ------------------------------------------------------------------------------------------------------------------------

def a_line_of_thirty_megabytes():
    return b"E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700 " * 560_000


def lines_of_one_failure():
    return b"".join(b"E (%d) esp-tls: mbedtls_ssl_handshake returned -0x2700\nE (%d) esp-tls: Failed to open new connection\n" % (i, i) for i in range(100_000))


def attempts_without_end():
    return b"".join(b"I (%d) MQTT_CLIENT: Connecting to broker%d.example.test:8883\nE (%d) esp-tls: mbedtls_ssl_handshake returned -0x7780\n" % (i * 10, i, i * 10 + 5) for i in range(20_000))


def prefixes_in_prefixes():
    return (b"[2024-01-01 00:00:00] " * 700 + b"E (1) esp-tls: x\n") * 1000


def brackets_and_colons():
    return (b"[" * 8000 + b": " * 4000 + b"\n" + b"a:" * 8000 + b"\n" + b"0x" * 8000 + b"\n" + b"-" * 16000 + b"\n") * 150


def hex_without_end():
    return b"".join(b"D (%d) mbedtls: ssl_msg.c:1: |3| %04x:  16 03 03 40 00 0b 00 3f fc 00 3f f9 00 3f f6 30  ................\n" % (i, i * 16 & 0xFFFF) for i in range(100_000))


def no_line_ends_but_nuls():
    return (b"\0" * 100 + b"\r" * 100 + "\u202e\u2028".encode() * 50 + b"\xff\xfe" * 50) * 20_000


INPUTS = {
    ".pcap": (half_open_flows, flows_whose_ends_cancel_out, many_handshakes, segments_of_one_byte, noise_of_one_byte_after_a_loss, segments_backwards,
              segments_that_overlap, fragments_that_never_join, fragments_of_one_packet, tunnels_in_tunnels, tags_on_tags, a_packet_of_four_gigabytes,
              a_message_of_sixteen_megabytes, messages_without_content, alerts_without_end, hellos_with_many_extensions, a_chain_of_thousands,
              a_chain_that_issues_itself, a_certificate_with_many_names, a_certificate_nested_deeply, a_key_of_a_million_bits),
    ".pcap.gz": (gzip_of_zeros, gzip_in_gzip, many_gzip_members),
    ".pcapng": (a_block_of_four_gigabytes, blocks_without_content, interfaces_without_end),
    ".pem": (pem_without_end,),
    ".log": (a_line_of_thirty_megabytes, lines_of_one_failure, attempts_without_end, prefixes_in_prefixes, brackets_and_colons, hex_without_end,
             no_line_ends_but_nuls),
}


def write(folder, wanted=()):
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, makers in INPUTS.items():
        for maker in makers:
            if not wanted or maker.__name__ in wanted:
                path = folder / (maker.__name__ + suffix)
                path.write_bytes(maker())
                yield path


def check(program, path):
    """Faults, CPU seconds, megabytes."""
    def limits():
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    command = [program, "cert", path] if path.suffix == ".pem" else [program, "--json", path]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, preexec_fn=limits)
        _, status, usage = os.wait4(process.pid, 0)
        status, seconds, megabytes = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        written = out.seek(0, 2) / 1e6
    faults = []
    if status not in (0, 1, 3):
        faults.append(f"exit status {status}")
    if megabytes > MEGABYTES:
        faults.append(f"over {MEGABYTES} MB")
    if written > OUTPUT_MEGABYTES:
        faults.append(f"{written:.0f} MB of output")
    return faults, seconds, megabytes, written


def main():
    if sys.argv[1] == "make":
        for path in write(pathlib.Path(sys.argv[2])):
            print(path)
        return
    program, wrong, count = pathlib.Path(sys.argv[2]).resolve(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for path in write(pathlib.Path(folder), set(sys.argv[3:])):
            faults, seconds, megabytes, written = check(program, path)
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {seconds:.2f} s, {megabytes:.0f} MB, output {written:.2f} MB{''.join('; ' + fault for fault in faults)}", flush=True)
            wrong += bool(faults)
            count += 1
            path.unlink()
    print(f"{count} inputs, {wrong} wrong")
    sys.exit(1 if wrong or not count else 0)


main()
