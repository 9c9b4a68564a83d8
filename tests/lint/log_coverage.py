#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many of the lines that speak of TLS or of resources are decoded into events.

usage: log_coverage.py TLSWHY FOLDER... [--least PERCENT] [--data DIR] [--undecoded] [--by-file]

Reads every text file below the folders (*.log, *.txt; not README or CMakeLists), gives each to `TLSWHY --json` and compares the line
numbers of `log_events` with the lines that hold one of WORDS. Exit 1 if fewer than --least percent of them are decoded, or if there
are none at all.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

# Words of the trade. Each begins a word or an identifier's part ("mbedtls_ssl_setup", "SSLError", "br_ssl"), so that "installs" is none.
WORDS = re.compile(
    r"(?:(?<![a-z])(?:ssl|tls|dtls|mbedtls|wolfssl|bearssl|bssl|axtls|gnutls|openssl|x509|cert(?:ificate)?s?\b|handshake|alert|cipher|hello"
    r"|heap|malloc|alloc(?:ation)?|out of memory|memory|record|rootca|root ca|unknown ca|expired|verif(?:y|ication)|psk|sni|alpn"
    r"|hostname|connection (?:refused|reset|timed)|getaddrinfo|dns|errno|ssl_?error|watchdog|wdt|guru|panic|brownout|mqtt connect))"
    r"|mbedtls_|(?:E:M \d)|x509|Tls|SSL|TLS",
    re.IGNORECASE)
# What decodes to nothing by itself: pasted binary and PEM bodies.
BODY = re.compile(r"^(?:[0-9a-fA-F]{2}[ :]){8,}|^[A-Za-z0-9+/=]{60,}$|^\s*[0-9a-fA-F]{4,8}[: ]\s+(?:[0-9a-fA-F]{2,4} +){4,}")


def log_files(folders):
    for folder in folders:
        root = pathlib.Path(folder)
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        for file in files:
            if file.suffix in (".log", ".txt") and file.name not in ("CMakeLists.txt",) and file.is_file():
                if file.name == "keys.log" or file.read_bytes()[:4].startswith(b"# TL"):
                    continue
                yield file


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tlswhy")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--least", type=float, default=0.0)
    parser.add_argument("--data")
    parser.add_argument("--undecoded", action="store_true", help="list the lines that are not decoded")
    parser.add_argument("--by-file", action="store_true", help="one line for each file")
    args = parser.parse_args()
    total = decoded = 0
    for file in log_files(args.folders):
        command = [args.tlswhy, "--json", str(file)] + (["--data", args.data] if args.data else [])
        done = subprocess.run(command, capture_output=True, timeout=120)
        if done.returncode not in (0, 1, 3):
            sys.exit(f"{file}: exit {done.returncode}: {done.stderr.decode(errors='replace')[:200]}")
        known = {event["line"] for event in json.loads(done.stdout).get("log_events", [])}
        lines = file.read_bytes().decode("utf-8", errors="replace").split("\n")
        wanted = [n for n, line in enumerate(lines, 1) if WORDS.search(line) and not BODY.search(line.strip())]
        hits = [n for n in wanted if n in known]
        total += len(wanted)
        decoded += len(hits)
        if args.by_file and wanted:
            print(f"{100 * len(hits) / len(wanted):5.1f}% of {len(wanted):5}  {file}")
        if args.undecoded:
            for n in wanted:
                if n not in known:
                    print(f"{file}:{n}: {lines[n - 1].strip()[:300]}")
    if total == 0:
        sys.exit("no line with a TLS or resource word was found")
    share = 100 * decoded / total
    print(f"{decoded} of {total} lines with a TLS or resource word are decoded: {share:.1f} %")
    if share < args.least:
        sys.exit(f"fewer than {args.least} %")


if __name__ == "__main__":
    main()
