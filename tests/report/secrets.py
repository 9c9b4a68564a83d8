#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys and credentials of logs are printed by no format; --redact leaves no address, name, serial number or identity, and the verdict stays.

usage: secrets.py TLSWHY CAPTURES
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
faults = []
FORMATS = [("--format", form, *more) for form in ("text", "json", "html", "markdown", "junit", "sarif", "csv", "tap", "gitlab") for more in ((), ("-v",)) if form == "text" or not more]


def check(ok, what):
    if not ok:
        faults.append(what)


def run(*arguments):
    done = subprocess.run([tlswhy, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{arguments}: exit status {done.returncode}: {done.stderr[-300:]}")
    return done.stdout + done.stderr


# (what stands in the log, the part that nobody may see). All of them are made up.
SECRETS = [
    ("wifi password: Hunter2Secret", "Hunter2Secret"), ('"password":"Hunter2Secret"', "Hunter2Secret"), ("passphrase='correct horse battery'", "horse battery"), ("psk=00112233445566778899aabbccddeeff", "00112233445566"),
    ("PSK: 00 11 22 33 44 55 66 77", "11 22 33"), ("mqtts://user:Hunter2Secret@broker.example:8883", "Hunter2Secret"), ("Authorization: Bearer abcDEF123456.ghi", "abcDEF123456"), ("header Basic dXNlcjpIdW50ZXIy", "dXNlcjpIdW50ZXIy"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "eyJzdWIi"), ("key AKIAIOSFODNN7EXAMPLE here", "IOSFODNN7"), ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
    ("CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48, "cdcdcdcd"), ("CLIENT_HANDSHAKE_TRAFFIC_SECRET " + "ab" * 32 + " " + "ef" * 32, "efefefef"), ("-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkq-----END PRIVATE KEY-----", "MIIEvQIBADANBgkq"),
    ('AT+CWJAP="HomeNet","Hunter2Secret"', "Hunter2Secret"), ('AT+MQTTUSERCFG=0,1,"id","user","Hunter2Secret",0,0,""', "Hunter2Secret"), ('WiFi.begin("HomeNet", "Hunter2Secret")', "Hunter2Secret"), ("mosquitto_pub -u me -P Hunter2Secret -t x", "Hunter2Secret"),
    ("SharedAccessKey=Hunter2Secret;x", "Hunter2Secret"), ("api_key=Hunter2Secret", "Hunter2Secret"), ("wifi password is Hunter2Secret now", "Hunter2Secret"), ("pw Hunter2Secret", "Hunter2Secret"), ('psk_key="Hunter2Secret"', "Hunter2Secret"), ('WiFi.begin(ssid, "Hunter2Secret")', "Hunter2Secret"),
    ('client.connect("id","user","Hunter2Secret")', "Hunter2Secret"), ("user:Hunter2Secret@host.example", "Hunter2Secret"),
    ("master secret: 0011223344556677", "0011223344"),
]
HARMLESS = ["mbedtls_ssl_conf_psk: -0x7100", "Bad username or password", "token expired", "psk_identity: unknown", "the password was refused", "psk -0x7100 came back"]


def secrets(folder):
    for number, (text, secret) in enumerate(SECRETS):
        log = folder / f"secret{number}.log"
        log.write_text(f"I (1) esp-tls: {text}\nE (992) esp-tls: couldn't get hostname for :{text}: getaddrinfo() returns 202\nE (999) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700 {text}\n")
        for arguments in FORMATS:
            for more in ((), ("--redact",)):
                check(secret not in run(*arguments, *more, log), f"{' '.join((*arguments, *more))} prints {text}")
    for text in HARMLESS:
        log = folder / "harmless.log"
        log.write_text(f"E (999) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700 {text}\n")
        check(text in run("--json", log), f"concealed without need: {text}")


def verdict(text):
    document = json.loads(text)
    return document["verdict"]["outcome"], [(cause["id"], cause["confidence"]) for cause in document["verdict"]["causes"]]


def redaction(folder):
    for label in sorted(captures.glob("*/case.json")):
        files = [label.parent / "capture.pcapng", *sorted(label.parent.glob("*.log"))]
        files = [file for file in files if file.exists()]
        plain = subprocess.run([tlswhy, "--json", *files], capture_output=True, text=True, timeout=60).stdout
        document = json.loads(plain)
        private = set()
        for handshake in document["handshakes"]:
            private |= {handshake["sni"], handshake["client"].rsplit(":", 1)[0].strip("[]") if handshake["transport"] != "eap" else handshake["client"]}
            for certificate in handshake["certificates"]:
                private |= {certificate["serial"], certificate["sha256"], certificate["public_key_pin"], *re.findall(r"CN=([^,]+)", certificate["subject"] + ", " + certificate["issuer"])}
                private |= {name.split(":", 1)[1] for name in certificate["names"]}
        # The words of the knowledge use names of their own; what stands in them cannot tell.
        known = subprocess.run([tlswhy, "causes", "--json"], capture_output=True, text=True, timeout=60).stdout
        private = {word for word in private if word and len(word) > 3 and word not in known and not word.startswith(("127.", "::1"))}
        redacted = subprocess.run([tlswhy, "--json", "--redact", *files], capture_output=True, text=True, timeout=60).stdout
        check(verdict(plain) == verdict(redacted), f"{label.parent.name}: the verdict changes")
        for arguments in FORMATS:
            out = subprocess.run([tlswhy, *arguments, "--redact", *files], capture_output=True, text=True, timeout=60).stdout
            for word in private:
                check(word not in out, f"{label.parent.name} {' '.join(arguments)}: {word} is still there")
            check(str(captures) not in out, f"{label.parent.name} {' '.join(arguments)}: a folder is named")
    # Same for same, over files; networks keep their nature.
    log = folder / "home.log"
    log.write_text("I (5) wifi: ssid=KitchenNet\nI (9) esp-tls: connect to 192.168.7.23 and 8.8.4.4 as client_id=sensor-4711\nE (99) esp-tls: couldn't get hostname for :mqtt.acme-works.io: getaddrinfo() returns 202\n"
                   "E (999) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700 to mqtt.acme-works.io at 192.168.7.23 ops@acme-works.io\n")
    out = run("--json", "--redact", log)
    for word in ("192.168.7.23", "8.8.4.4", "acme-works", "KitchenNet", "sensor-4711"):
        check(word not in out, f"home: {word} is still there")
    check(re.search(r"\b192\.168\.\d+\.\d+", out) is not None, "home: a private address is no longer one")


with tempfile.TemporaryDirectory() as name:
    secrets(pathlib.Path(name))
    redaction(pathlib.Path(name))
for fault in faults[:40]:
    print(fault)
print(f"{len(faults)} faults")
sys.exit(1 if faults else 0)
