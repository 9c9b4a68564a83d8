#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the reference is whole: a page for each cause and table, no link that leads nowhere, man pages that man(1) reads without a warning.

usage: reference.py TLSWHY DOCUMENTS
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys


def main():
    tlswhy, documents = sys.argv[1], pathlib.Path(sys.argv[2])
    reference = documents / "doc/tlswhy/reference"
    faults = []

    def ask(*arguments):
        return json.loads(subprocess.run([tlswhy, *arguments], capture_output=True, check=True).stdout)

    causes = ask("causes", "--json")
    causes = causes["causes"] if isinstance(causes, dict) else causes
    tables = {row["library"] for row in ask("codes", "--json")["codes"]}
    wanted = [f"causes/{cause['id']}.md" for cause in causes] + [f"codes/{table}.md" for table in tables]
    for name in wanted:
        if not (reference / name).is_file():
            faults.append(f"there is no {name}")
    pages = list(reference.rglob("*.md"))
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if "://" not in link and not (page.parent / link).is_file():
                faults.append(f"{page.relative_to(reference)}: {link} leads nowhere")
    manuals = sorted(documents.glob("man/man*/*"))
    if shutil.which("man"):
        for manual in manuals:
            done = subprocess.run(["man", "--warnings=w,syntax,mac", "-E", "UTF-8", "-l", "-Tutf8", "-Z", manual], capture_output=True, text=True,
                                  env={"LC_ALL": "C.UTF-8", "MANWIDTH": "200", "PATH": "/usr/bin:/bin"})
            # Long words that leave wide gaps in a line are no fault of the page.
            warnings = [line for line in done.stderr.splitlines() if "cannot adjust" not in line and "can't break" not in line]
            if done.returncode != 0 or warnings:
                faults.append(f"{manual.name}: {warnings[:2]}")
    for fault in faults[:20]:
        print(fault)
    print(f"{len(pages)} pages, {len(manuals)} man pages, {len(faults)} faults")
    sys.exit(1 if faults or len(wanted) < 100 or len(manuals) < 15 else 0)


main()
