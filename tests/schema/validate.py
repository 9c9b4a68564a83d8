#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Validates the program's JSON against its own schemas, and checks that the schemas refuse what they must.

usage: validate.py TLSWHY CAPTURES
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import jsonschema


def run(*arguments, stdin=b""):
    done = subprocess.run(arguments, input=stdin, capture_output=True, timeout=60)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{arguments}: exit status {done.returncode}: {done.stderr[-300:]!r}")
    return json.loads(done.stdout)


def main():
    tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
    validators = {}
    for name in ("tlswhy-1", "tlswhy-explain-1", "tlswhy-codes-1", "tlswhy-triage-1", "tlswhy-whatif-1", "tlswhy-diff-1", "tlswhy-cert-1"):
        schema = json.loads(subprocess.run([tlswhy, "schema", name], capture_output=True, check=True).stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[name] = jsonschema.Draft202012Validator(schema)
    checked = faults = 0

    def check(name, document, what):
        nonlocal checked, faults
        checked += 1
        for error in list(validators[name].iter_errors(document))[:3]:
            faults += 1
            print(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")

    example = None
    for label in sorted(captures.glob("*/case.json")):
        files = sorted(str(f) for f in label.parent.iterdir() if f.name != "case.json")
        document = run(tlswhy, "--json", *files)
        check("tlswhy-1", document, label.parent.name)
        if document["verdict"]["outcome"] == "failed":
            example = document
        for file in files:
            check("tlswhy-1", run(tlswhy, "--json", file), file)
    with tempfile.TemporaryDirectory() as folder:
        # Names in a log that try to break out of JSON or of UTF-8.
        hostile = pathlib.Path(folder) / "hostile.log"
        hostile.write_bytes(b'E (1) esp-tls: couldn\'t get hostname for :"}\x1b[31m\xff\xfe\xe2\x80\xae: getaddrinfo() returns 202\n' + b"\x00\x01E:M 544\r\r\n" * 3)
        check("tlswhy-1", run(tlswhy, "--json", str(hostile)), "hostile log")
        empty = pathlib.Path(folder) / "empty.pcap"
        empty.write_bytes(b"")
        check("tlswhy-1", run(tlswhy, "--json", str(empty), str(hostile)), "empty file")
        check("tlswhy-1", run(tlswhy, "--ndjson", str(hostile)), "ndjson")
    for code in ("-0x7200", "-40", "0x2700", "E:M 544", "unknown_ca", "-0x4290", "no such code", "error:0A000086:SSL routines::certificate verify failed"):
        check("tlswhy-explain-1", run(tlswhy, "explain", "--json", code), code)
    check("tlswhy-codes-1", run(tlswhy, "codes", "--json"), "codes")
    good = captures / "mbedtls-good"
    answer = run(tlswhy, "whatif", "--json", "--device", "axtls-micropython", "--server", "certbot")
    check("tlswhy-whatif-1", answer, "whatif certbot")
    if answer["answers"][0]["verdict"] != "no" or answer["answers"][0]["checks"][answer["answers"][0]["decided_by"]]["cause"] != "no-shared-cipher":
        faults += 1
        print("whatif: axTLS has no suite that certbot's configuration takes")
    check("tlswhy-whatif-1", run(tlswhy, "whatif", "--ndjson", "--device", "esp-idf", str(good / "capture.pcapng")), "whatif capture")
    for pair in (("esp-idf", "axtls-micropython"), (str(good / "capture.pcapng"), str(captures / "mbedtls-dials-address" / "capture.pcapng")),
                 (str(good / "device.log"), str(captures / "mbedtls-small-heap" / "device.log"))):
        difference = run(tlswhy, "diff", "--json", *pair)
        check("tlswhy-diff-1", difference, f"diff {pair}")
        if difference["first"] is None:
            faults += 1
            print(f"diff {pair}: no difference")
    with tempfile.TemporaryDirectory() as folder:
        saved, broken = pathlib.Path(folder) / "sent.pem", pathlib.Path(folder) / "cut.pem"
        subprocess.run([tlswhy, "--save-certificates", str(saved), str(good / "capture.pcapng")], capture_output=True, check=True)
        broken.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n")
        report = run(tlswhy, "cert", "--json", str(saved), str(broken))
        check("tlswhy-cert-1", report, "cert")
        if not report["files"][0]["certificates"] or "no-pem-end" not in [finding["id"] for finding in report["findings"]]:
            faults += 1
            print(f"cert: {report}")
    # A schema that accepts everything shows nothing.
    for spoil in (lambda d: d.pop("verdict"), lambda d: d["verdict"].update(outcome="maybe"), lambda d: d["verdict"]["causes"].clear(),
                  lambda d: d["verdict"]["causes"][0].update(confidence=2)):
        broken = copy.deepcopy(example)
        spoil(broken)
        if validators["tlswhy-1"].is_valid(broken):
            faults += 1
            print("the schema accepts a broken document")
    print(f"{checked} documents, {faults} faults")
    sys.exit(1 if faults or checked < 60 else 0)


main()
