#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs what was built and looks at the packages with Debian's own tools.

usage: package.py CPACK BUILD VERSION
"""
import pathlib
import subprocess
import sys
import tempfile


def run(*arguments, **options):
    return subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True, **options).stdout


def main():
    cpack, build, version = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(cpack, "--config", pathlib.Path(build) / "CPackConfig.cmake", "-B", folder, cwd=folder)
        deb = next(folder.glob("*.deb"))
        archive = next(folder.glob("*.tar.gz"))
        control = run("dpkg-deb", "-f", deb)
        contents = {line.split()[5]: line.split() for line in run("dpkg-deb", "-c", deb).splitlines()}
        for path in ("./usr/bin/tlswhy", "./usr/share/man/man1/tlswhy.1.gz", "./usr/share/man/man1/tlswhy-explain.1.gz", "./usr/share/man/man7/tlswhy-causes.7.gz",
                     "./usr/share/man/man5/tlswhy-json.5.gz", "./usr/share/bash-completion/completions/tlswhy", "./usr/share/zsh/vendor-completions/_tlswhy",
                     "./usr/share/fish/vendor_completions.d/tlswhy.fish", "./usr/share/doc/tlswhy/copyright", "./usr/share/doc/tlswhy/NEWS.gz",
                     "./usr/share/doc/tlswhy/reference/README.md", "./usr/share/doc/tlswhy/reference/causes/low-memory.md"):
            assert path in contents, f"{path} is not in the package"
        for path, (mode, owner, *_) in contents.items():
            assert owner == "root/root", f"{path} belongs to {owner}"
            assert path == "./" or path.startswith("./usr/"), path
            assert mode[5] != "w" and mode[8] != "w", f"{path} is writable for others: {mode}"
        fields = dict(line.split(": ", 1) for line in control.splitlines() if ": " in line and not line.startswith(" "))
        assert fields["Package"] == "tlswhy" and fields["Version"].startswith(version), control
        for library in ("libc6", "libstdc++6", "libpcap0.8"):
            assert library in fields["Depends"], f"{library} is no dependency: {fields['Depends']}"
        assert "<" in fields["Maintainer"], control
        # The archive runs from wherever it is unpacked, and so does the content of the package.
        run("tar", "-xzf", archive, "-C", folder)
        (folder / "moved").mkdir()
        run("dpkg-deb", "-x", deb, folder / "moved" / "deb")
        for program in (next(folder.glob("tlswhy-*/bin/tlswhy")), folder / "moved/deb/usr/bin/tlswhy"):
            assert run(program, "--version", cwd="/", env={}).split() == ["tlswhy", version], program
            assert "MBEDTLS_ERR_SSL_INVALID_RECORD" in run(program, "explain", "-0x7200", cwd="/", env={})
        print(f"{deb.name}: {deb.stat().st_size >> 10} KB, {archive.name}: {archive.stat().st_size >> 10} KB, depends on {fields['Depends']}")


main()
