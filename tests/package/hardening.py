#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the program was hardened with, as readelf(1) sees it.

usage: hardening.py READELF TLSWHY
"""
import re
import subprocess
import sys


def main():
    readelf, program = sys.argv[1:]

    def ask(*options):
        return subprocess.run([readelf, "-W", *options, program], capture_output=True, text=True, check=True, env={"LC_ALL": "C"}).stdout

    header, segments, dynamic, symbols = ask("-h"), ask("-l"), ask("-d"), ask("--dyn-syms")
    stack = re.search(r"GNU_STACK.*", segments)
    facts = {
        "position independent": re.search(r"Type:\s+DYN", header) and "PIE" in dynamic,
        "relocations read-only": "GNU_RELRO" in segments,
        "bound at once": re.search(r"\(FLAGS(_1)?\).*NOW", dynamic),
        "stack not executable": stack and " RWE" not in stack.group(),
        "no segment both writable and executable": not re.search(r"LOAD.*RWE", segments),
        "stack protector": "__stack_chk_fail" in symbols,
        "checked libc calls": re.search(r"__(mem|str|v?s?n?printf|f?read|v?fprintf)\w*_chk", symbols),
        "checked libstdc++ containers": "__glibcxx_assert_fail" in symbols or b"__n < this->size()" in open(program, "rb").read(),
        "no search path for libraries": "RPATH" not in dynamic and "RUNPATH" not in dynamic,
    }
    missing = [fact for fact, holds in facts.items() if not holds]
    print("missing: " + ", ".join(missing) if missing else f"{len(facts)} facts hold")
    sys.exit(1 if missing else 0)


main()
