#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Chains against given CAs, pins and saved certificates: tlswhy and OpenSSL must say the same.

usage: trust.py TLSWHY OPENSSL

Makes CAs and certificates with OpenSSL, puts each chain into a capture as a server sends it (RFC 5246 7.4.2), and asks both.
"""
import base64
import datetime
import hashlib
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

tlswhy, openssl = sys.argv[1], sys.argv[2]
RANDOM = hashlib.sha256(b"random").digest()
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)
# What verify(1) calls the errors. 18 to 21: no trust anchor; 7 is a signature that the named CA did not make.
FLAGS = {7: "not_trusted", 18: "not_trusted", 19: "not_trusted", 20: "not_trusted", 21: "not_trusted", 24: "not_trusted", 79: "not_trusted",
         9: "not_yet_valid", 10: "expired", 62: "name", 64: "name", 66: "weak_key", 67: "weak_key", 68: "weak_signature"}


def run(*arguments, stdin=None, check=True):
    done = subprocess.run(arguments, input=stdin, capture_output=True, timeout=60)
    if check and done.returncode:
        sys.exit(f"{arguments}: {done.stderr.decode()}")
    return done


class Pki:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return str(self.folder / name)

    def make(self, name, subject, issuer=None, extensions="", start=NOW - datetime.timedelta(days=100), days=1000, key="prime256v1", digest="sha256", key_of=None):
        key_file = self.path((key_of or name) + ".key")
        if not key_of:
            if key.isdigit():
                run(openssl, "genrsa", "-out", key_file, key)
            else:
                run(openssl, "ecparam", "-name", key, "-genkey", "-noout", "-out", key_file)
        run(openssl, "req", "-new", "-key", key_file, "-subj", subject, "-out", self.path(name + ".csr"))
        config = self.folder / (name + ".cnf")
        (self.folder / (name + ".db")).write_text("")
        config.write_text(f"""[ca]\ndefault_ca=d\n[d]\ndatabase={self.path(name)}.db\nnew_certs_dir={self.folder}\nrand_serial=yes\ndefault_md={digest}\npolicy=p\nunique_subject=no
[p]\ncommonName=supplied\n[e]\n{extensions}\n""")
        sign = ["-selfsign", "-keyfile", key_file] if issuer is None else ["-cert", self.path(issuer + ".pem"), "-keyfile", self.path(issuer + ".key")]
        form = "%Y%m%d%H%M%SZ"
        run(openssl, "ca", "-batch", "-notext", "-config", str(config), *sign, "-in", self.path(name + ".csr"), "-out", self.path(name + ".pem"), "-extensions", "e",
            "-startdate", start.strftime(form), "-enddate", (start + datetime.timedelta(days=days)).strftime(form))

    def der(self, name):
        return run(openssl, "x509", "-in", self.path(name + ".pem"), "-outform", "DER").stdout


def record(kind, body):
    return struct.pack("!BHH", kind, 0x0303, len(body)) + body


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def capture(chain, host):
    """A ClientHello, the server's hello and its certificates, and a fatal unknown_ca, as pcap of raw IP."""
    name = host.encode()
    sni = struct.pack("!HHBH", len(name) + 3 + 2, len(name) + 3, 0, len(name)) + name
    extension = struct.pack("!H", 0) + sni
    hello = message(1, b"\x03\x03" + RANDOM + b"\0" + b"\0\2\xc0\x2b" + b"\1\0" + struct.pack("!H", len(extension)) + extension)
    certificates = b"".join(len(c).to_bytes(3, "big") + c for c in chain)
    flight = message(2, b"\x03\x03" + RANDOM + b"\0\xc0\x2b\0") + message(11, len(certificates).to_bytes(3, "big") + certificates) + message(14, b"")
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    sequence = {0: 1000, 1: 5000}
    time = int(NOW.timestamp())
    for side, flags, payload in ((0, 2, b""), (1, 0x12, b""), (0, 0x18, record(22, hello)), (1, 0x18, record(22, flight)), (0, 0x18, record(21, b"\2\x30")), (0, 0x11, b"")):
        ports = (40000, 8883) if side == 0 else (8883, 40000)
        tcp = struct.pack("!HHIIBBHHH", *ports, sequence[side], sequence[1 - side], 0x50, flags, 65535, 0, 0) + payload
        sequence[side] += len(payload) + (1 if flags & 3 else 0)
        ends = (bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2]))
        packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0) + (b"".join(ends) if side == 0 else ends[1] + ends[0]) + tcp
        out += struct.pack("<IIII", time, 0, len(packet), len(packet)) + packet
    return out


def ask_openssl(pki, leaf, sent, given, host, at):
    command = [openssl, "verify", "-auth_level", "2", "-attime", str(int(at.timestamp())), "-partial_chain", "-verify_hostname", host, "-CAfile", pki.path("given.pem")]
    (pki.folder / "given.pem").write_bytes(b"".join((pki.folder / (g + ".pem")).read_bytes() for g in given))
    if sent:
        (pki.folder / "sent.pem").write_bytes(b"".join((pki.folder / (s + ".pem")).read_bytes() for s in sent))
        command += ["-untrusted", pki.path("sent.pem")]
    done = run(*command, pki.path(leaf + ".pem"), check=False)
    numbers = {int(n) for n in re.findall(r"error (\d+) at", (done.stdout + done.stderr).decode())}
    unknown = numbers - set(FLAGS)
    if unknown:
        sys.exit(f"verify errors without a name here: {unknown}")
    return {FLAGS[n] for n in numbers}


faults = 0


def expect(what, wanted, got):
    global faults
    if wanted != got:
        faults += 1
        print(f"{what}: expected {wanted}, got {got}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        pki = Pki(pathlib.Path(folder))
        # Key identifiers would tell CAs of one name apart before any signature is checked.
        plain = "\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none"
        ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign" + plain
        leaf = "basicConstraints=CA:FALSE\nsubjectAltName=DNS:broker.example.test" + plain
        pki.make("root", "/CN=Example Root", extensions=ca)
        pki.make("renewed", "/CN=Example Root", extensions=ca)  # the same name, another key
        pki.make("unrelated", "/CN=Other Root", extensions=ca)
        pki.make("past", "/CN=Example Root", extensions=ca, days=50, key_of="root")  # the same key, expired
        pki.make("issuing", "/CN=Example Issuing", "root", ca)
        pki.make("leaf", "/CN=broker.example.test", "issuing", leaf)
        pki.make("direct", "/CN=broker.example.test", "root", leaf)
        pki.make("expired", "/CN=broker.example.test", "root", leaf, days=50)
        pki.make("future", "/CN=broker.example.test", "root", leaf, start=NOW + datetime.timedelta(days=5))
        # Valid by nobody's clock but that of its capture.
        pki.make("old", "/CN=broker.example.test", "root", leaf, start=NOW - datetime.timedelta(days=50), days=60)
        pki.make("small", "/CN=broker.example.test", "root", leaf, key="1024")
        pki.make("sha1", "/CN=broker.example.test", "root", leaf, digest="sha1")
        pki.make("no-ca", "/CN=Example Root", extensions="basicConstraints=CA:FALSE" + plain, key_of="root")
        pki.make("alone", "/CN=broker.example.test", extensions=leaf)
        good = "broker.example.test"
        cases = [  # leaf, others sent, given, host, why not trusted
            ("leaf", ["issuing"], ["root"], good, None),
            ("leaf", ["issuing"], ["unrelated", "root"], good, None),
            ("leaf", ["issuing", "root"], ["root"], good, None),
            ("leaf", [], ["root"], good, "issuer_not_given"),
            ("leaf", ["issuing"], ["unrelated"], good, "issuer_not_given"),
            ("leaf", ["issuing", "root"], ["unrelated"], good, "issuer_not_given"),
            ("leaf", ["issuing"], ["renewed"], good, "other_key"),
            ("leaf", ["issuing"], ["issuing"], good, None),
            ("direct", [], ["no-ca"], good, "not_a_ca"),
            ("direct", [], ["past"], good, None),
            ("direct", [], ["past", "root"], good, None),
            ("direct", [], ["root"], "other.example.test", None),
            ("expired", [], ["root"], good, None),
            ("expired", [], ["unrelated"], "other.example.test", "issuer_not_given"),
            ("future", [], ["root"], good, None),
            ("old", [], ["root"], good, None),
            ("small", [], ["root"], good, None),
            ("sha1", [], ["root"], good, None),
            ("alone", [], ["alone"], good, None),
            ("alone", [], ["root"], good, "issuer_not_given"),
        ]
        for name, sent, given, host, reason in cases:
            what = f"{name} with {sent} against {given} for {host}"
            file = pki.folder / "capture.pcap"
            chain = [pki.der(c) for c in [name, *sent]]
            file.write_bytes(capture(chain, host))
            wanted = ask_openssl(pki, name, sent, given, host, NOW)
            saved = pki.folder / "saved.pem"
            done = run(tlswhy, "--json", "--ca", pki.path("given.pem"), "--save-certificates", str(saved), str(file), check=False)
            handshake = json.loads(done.stdout)["handshakes"][0]
            found = handshake["verification"]
            flags = {f["flag"] for f in found["faults"]}
            # Without a path OpenSSL judges nothing else; dates and name are told all the same.
            expect(what, wanted, flags & wanted if "not_trusted" in wanted else flags)
            expect(what + ": accepted", not wanted, found["accepted"])
            expect(what + ": reason", reason, found["reason"])
            expect(what + ": an anchor is named", "not_trusted" not in wanted, found["anchor"] is not None)
            expect(what + ": size", [{"from": "server", "count": len(chain), "bytes": sum(map(len, chain))}], handshake["chains"])
            text = run(tlswhy, "--width", "1000", "--ca", pki.path("given.pem"), str(file), check=False).stdout.decode()
            expect(what + ": the text has it", True, ("Trust the server's chain is good" if not wanted else "Trust the server's chain fails") in text)
            blocks = re.findall(r"-----BEGIN CERTIFICATE-----\n(.*?)-----END CERTIFICATE-----", saved.read_text(), re.S)
            expect(what + ": saved", [base64.b64encode(c) for c in chain], [b.replace("\n", "").encode() for b in blocks])
            for certificate, der in zip(handshake["certificates"], chain):
                key = run(openssl, "pkey", "-pubin", "-outform", "DER", stdin=run(openssl, "x509", "-inform", "DER", "-pubkey", "-noout", stdin=der).stdout).stdout
                expect(what + ": pin", base64.b64encode(hashlib.sha256(key).digest()).decode(), certificate["public_key_pin"])
        # The date is that of the capture unless another is asked for.
        file.write_bytes(capture([pki.der("old")], good))
        later = NOW + datetime.timedelta(days=30)
        wanted = ask_openssl(pki, "old", [], ["root"], good, later)
        done = run(tlswhy, "--json", "--ca", pki.path("given.pem"), "--at", later.strftime("%Y-%m-%d"), str(file), check=False)
        expect("--at", (wanted, {"expired"}), ({f["flag"] for f in json.loads(done.stdout)["handshakes"][0]["verification"]["faults"]}, {"expired"}))
        # What the diagnosis makes of it: the client says unknown_ca in all of these captures.
        file.write_bytes(capture([pki.der("leaf"), pki.der("issuing")], good))
        for given, first in (("unrelated", "unknown-ca"), ("renewed", "unknown-ca"), ("past", "root-expired")):
            causes = [c["id"] for c in json.loads(run(tlswhy, "--json", "--ca", pki.path(given + ".pem"), str(file), check=False).stdout)["verdict"]["causes"]]
            expect(f"cause with {given}", first, causes[0])
        verdict = json.loads(run(tlswhy, "--json", "--ca", pki.path("root.pem"), str(file), check=False).stdout)["verdict"]
        expect("the right CA rules unknown-ca out", True, "unknown-ca" in [c["id"] for c in verdict["ruled_out"]])
        none = run(tlswhy, "--ca", str(file), str(file), check=False)
        expect("a CA file without certificates is told", 3, none.returncode)
    print(f"{len(cases)} chains, {faults} faults")
    sys.exit(1 if faults else 0)


main()
