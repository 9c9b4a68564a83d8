#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Wireshark plugin in tshark's Lua: what it says of the open packets is what tlswhy says of their file.

usage: wireshark.py TLSWHY TSHARK SOURCE
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def main():
    tlswhy, tshark, source = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    if "with Lua" not in subprocess.run([tshark, "-v"], capture_output=True, text=True).stdout:
        sys.exit(77)
    plugin = source / "src/cli/wireshark/tlswhy.lua"
    with tempfile.TemporaryDirectory() as name:
        # Names that a shell would take apart.
        folder = pathlib.Path(name) / "a 'b' $(touch c); d"
        folder.mkdir()
        capture = folder / "x y'z.pcapng"
        shutil.copy(source / "captures/mbedtls-other-root/capture.pcapng", capture)
        program = folder / "tlswhy 'q"
        program.symlink_to(tlswhy)
        done = subprocess.run([tshark, "-q", "-X", f"lua_script:{plugin}", "-X", "lua_script1:print", "-r", capture], capture_output=True, text=True, timeout=50, cwd=folder,
                              env={**os.environ, "TLSWHY": str(program), "TMPDIR": name})
        assert "unknown-ca" in done.stdout and "frame 10" in done.stdout, done
        assert not (folder / "c").exists()
        verdict = subprocess.run([tlswhy, capture], capture_output=True, text=True).stdout.partition("Seen")[0]
        assert verdict and verdict in done.stdout, (verdict, done.stdout)
        # As a plugin without that argument it leaves tshark alone.
        quiet = subprocess.run([tshark, "-q", "-X", f"lua_script:{plugin}", "-r", capture], capture_output=True, text=True, timeout=50)
        assert quiet.stdout == "" and "Lua" not in quiet.stderr, quiet
    print("the plugin says what tlswhy says")


main()
