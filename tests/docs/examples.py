#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the examples of the README and of the man pages, with files of the names they use.

usage: examples.py TLSWHY SOURCE DOCUMENTS
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def prepare(folder, source):
    captures = source / "captures"
    bad, good = captures / "mbedtls-small-heap", captures / "mbedtls-good"
    for name in ("capture.pcapng", "capture.pcap", "bad.pcap", "a.pcap", "in.pcap"):
        shutil.copy(bad / "capture.pcapng", folder / name)
    for name in ("serial.log", "monitor.log", "broker.log", "my-device.log", "device.log"):
        shutil.copy(bad / "device.log", folder / name)
    for name in ("good.pcapng", "good.pcap"):
        shutil.copy(good / "capture.pcapng", folder / name)
    for case in (bad, good):
        shutil.copytree(case, folder / "captures" / case.name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=example.test", "-days", "30", "-keyout", folder / "key.pem", "-out", folder / "chain.pem"],
                   check=True, capture_output=True)
    shutil.copy(folder / "chain.pem", folder / "the-devices-own-ca.pem")


def of_manuals(documents):
    """The commands under the heading of the examples."""
    for page in sorted(documents.glob("man/man1/*.1*")):
        text = (gzip.open(page, "rt") if page.suffix == ".gz" else open(page)).read()
        examples = text.partition('.SH "EXAMPLES"')[2].partition(".SH ")[0]
        for block in re.findall(r"\.nf\n\.RS 4\n(.*?)\n\.RE\n\.fi", examples, re.S):
            yield page.name, block.replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")


def of_readme(text):
    for span in re.findall(r"`((?:tail [^`|]*\| )?tlswhy [^`]+)`", text):
        if not span.endswith("COMMAND --help"):
            yield "README.md", " ".join(span.split())


def main():
    tlswhy, source, documents = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    readme = (source / "README.md").read_text()
    faults = run = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder, source)
        environment = {"PATH": f"{tlswhy.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

        def shell(line):
            # What would wait for more is given what there is.
            line = line.replace("tail -f ", "cat ").replace("--follow ", "").replace("/dev/ttyUSB0", "monitor.log")
            # What runs until it is interrupted is interrupted.
            if line.startswith(("tlswhy serve", "tlswhy watch")):
                line = "timeout --preserve-status -s INT 2 " + line
            return subprocess.run(["sh", "-c", line], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True)

        for where, line in [*of_manuals(documents), *of_readme(readme)]:
            done = shell(line)
            run += 1
            if done.returncode not in (0, 1) or "tlswhy: error" in done.stderr or not done.stdout.strip():
                faults += 1
                print(f"{where}: {line}: exit status {done.returncode}: {done.stderr.strip()[:300]}")
        # A block that shows a command with its output: all lines but the "..." stand in the real output, in this order.
        for block in re.findall(r"```text\n\$ (.*?)\n```", readme, re.S):
            line, *expected = block.split("\n")
            output = iter(shell(line).stdout.split("\n"))
            run += 1
            for wanted in expected:
                if wanted.strip() != "..." and not any(wanted == given for given in output):
                    faults += 1
                    print(f"README.md: {line} no longer prints: {wanted}")
                    break
    print(f"{run} examples, {faults} faults")
    sys.exit(1 if faults or run < 30 else 0)


main()
