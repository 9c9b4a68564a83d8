#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a corpus for each fuzz target from captures/ and data/.

usage: seeds.py SOURCE OUT
"""
import pathlib
import struct
import sys

LINK_TYPES = [1, 0, 9, 12, 101, 105, 113, 127, 147, 163, 195, 228]  # as in link/target.cpp
KINDS = {"codes": 0, "registries": 1, "products.tsv": 2, "facts.tsv": 3, "dialects": 4, "causes": 5, "devices": 6, "configs": 7}
LARGEST = 64 << 10  # larger seeds slow the fuzzer down


def packets(pcapng):
    """Link type and bytes of each packet of a little-endian pcapng."""
    links, at = [], 0
    while at + 12 <= len(pcapng):
        kind, size = struct.unpack_from("<II", pcapng, at)
        if kind == 1:
            links.append(struct.unpack_from("<H", pcapng, at + 8)[0])
        elif kind == 6:
            interface, _, _, captured = struct.unpack_from("<IIII", pcapng, at + 8)
            yield links[interface], pcapng[at + 28 : at + 28 + captured]
        at += max(size, 12)


def piece(server, data):
    return struct.pack(">H", (0x8000 if server else 0) | min(len(data), 0x7FFF)) + data[:0x7FFF]


def payload(link, packet):
    """IP protocol, ports and payload; None if it is neither TCP nor UDP over IPv4."""
    ip = packet[14:] if link == 1 and packet[12:14] == b"\x08\x00" else packet if link == 101 else packet[16:] if link == 113 else b""
    if len(ip) < 28 or ip[0] >> 4 != 4:
        return None
    ip = ip[: struct.unpack_from(">H", ip, 2)[0]]
    rest = ip[(ip[0] & 15) * 4 :]
    source, target = struct.unpack_from(">HH", rest)
    if ip[9] == 6:
        return 6, source, target, rest[(rest[12] >> 4) * 4 :]
    return (17, source, target, rest[8:]) if ip[9] == 17 else None


def main():
    source, out = (pathlib.Path(argument) for argument in sys.argv[1:])

    def seed(target, name, data):
        if data and len(data) <= LARGEST:
            (out / target).mkdir(parents=True, exist_ok=True)
            (out / target / name).write_bytes(data)

    for capture in sorted((source / "captures").glob("*/capture.pcapng")):
        name, data = capture.parent.name, capture.read_bytes()
        seed("capture", name, data)
        conversations, streams, link_pieces, link_type = {6: b"", 17: b""}, {}, b"", None
        for link, packet in packets(data):
            link_type = link if link_type is None else link_type
            link_pieces += piece(False, packet)
            found = payload(link, packet)
            if found and found[3]:
                protocol, sender, receiver, content = found
                conversations[protocol] += piece(sender < receiver, content)
                streams.setdefault((sender, receiver), bytearray()).extend(content)
            if link == 1 and packet[12:14] == b"\x88\x8e" and len(packet) > 18 and packet[15] == 0:
                conversations.setdefault("eap", b"")
                conversations["eap"] += piece(packet[18] == 1, packet[18:])
        if link_type in LINK_TYPES:
            seed("link", name, bytes([LINK_TYPES.index(link_type)]) + link_pieces)
        seed("stream", name, conversations[6])
        seed("datagram", name, conversations[17])
        seed("quic", name, conversations[17])
        seed("eap", name, conversations.get("eap", b""))
        for ports, stream in streams.items():
            at = 0
            while at + 5 < len(stream) and stream[at] == 22:
                size = struct.unpack_from(">H", stream, at + 3)[0]
                kind = stream[at + 5]
                choice = {1: 1, 2: 2, 11: 3, 13: 13, 12: 7}.get(kind)
                if choice is not None:
                    seed("messages", f"{name}-{ports[0]}-{kind}", bytes([choice]) + bytes(stream[at + 9 : at + 5 + size]))
                if kind == 11 and len(stream) > at + 15:
                    der = int.from_bytes(stream[at + 12 : at + 15], "big")
                    seed("certificate", f"{name}-{ports[0]}", bytes(stream[at + 15 : at + 15 + der]))
                at += 5 + size
    for log in sorted((source / "captures").glob("*/*.log")):
        seed("keylog", log.parent.name + "-" + log.name, log.read_bytes())
        for number, line in enumerate(log.read_bytes().splitlines()[:3]):
            seed("codes", f"{log.parent.name}-{log.stem}-{number}", line)
    seed("keylog", "secret", b"CLIENT_RANDOM " + b"0f" * 32 + b" " + b"a5" * 48 + b"\nSERVER_HANDSHAKE_TRAFFIC_SECRET " + b"1e" * 32 + b" " + b"5a" * 32 + b"\n")
    for text in ("-0x7200", "0x2700", "-29312", "E:M 544", "MBEDTLS_ERR_SSL_CONN_EOF", "unknown_ca", "error:0A000086:SSL routines::certificate verify failed"):
        seed("codes", "code-" + text.encode().hex(), text.encode())
    for file in sorted((source / "data").rglob("*.t[os][mv]*")):
        part = file.relative_to(source / "data").parts[0]
        if part in KINDS:
            seed("data", f"{part}-{file.name}", bytes([KINDS[part]]) + file.read_bytes())
    seed("config", "sdkconfig", b"CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\nCONFIG_MBEDTLS_SSL_PROTO_TLS1_2=y\n# CONFIG_MBEDTLS_KEY_EXCHANGE_RSA is not set\n")
    seed("config", "mbedtls_config", b"#define MBEDTLS_SSL_PROTO_TLS1_2\n//#define MBEDTLS_ECP_C\n#define MBEDTLS_SSL_MAX_CONTENT_LEN 4096 /* small */\n")
    for case in sorted((source / "captures").glob("*/case.json")):
        seed("expectation", case.parent.name, case.read_bytes())


main()
