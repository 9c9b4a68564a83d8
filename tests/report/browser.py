#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML report in Chromium: it keeps to its own policy, its figures and tables are laid out, and nothing sticks out of a narrow screen.

usage: browser.py TLSWHY CAPTURES
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if browser is None:
    print("skipped: there is no Chromium here (Debian: apt-get install chromium); report.formats checks the page without one")
    sys.exit(77)
faults = []


def check(ok, what):
    if not ok:
        faults.append(what)


def chromium(folder, *arguments):
    return subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking", "--enable-logging=stderr", f"--user-data-dir={folder}/profile", *arguments],
                          capture_output=True, text=True, timeout=120)


# Measures the page from outside: the page itself runs no script, so the figures are those of a frame in a page that does.
MEASURE = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><iframe id="f" src="report.html" style="border:0;width:{width}px;height:3000px"></iframe><pre id="o"></pre>
<script>onload=()=>{{const d=f.contentDocument,e=d.documentElement,s=[...d.querySelectorAll('svg')];
o.textContent=JSON.stringify({{wide:e.scrollWidth,styled:getComputedStyle(d.querySelector('.verdict')).borderLeftWidth,figures:s.length,
flat:s.filter(x=>x.getBoundingClientRect().height<40).length,tables:d.querySelectorAll('table').length}})}}</script>"""

# The same of all reports at once.
MEASURE_ALL = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{frames}<pre id="o"></pre>
<script>onload=()=>{{o.textContent=JSON.stringify([...document.querySelectorAll('iframe')].map(f=>{{const d=f.contentDocument,v=d.querySelector('.verdict');
return [f.id,d.documentElement.scrollWidth,v?parseFloat(getComputedStyle(v).borderLeftWidth):0,d.querySelectorAll('table').length,d.title.length]}}))}}</script>"""


def every_pair(folder):
    frames = []
    for label in sorted(captures.glob("*/case.json")):
        files = sorted(path for path in label.parent.iterdir() if path.name != "case.json")
        page = folder / f"{label.parent.name}.html"
        page.write_bytes(subprocess.run([tlswhy, "--format", "html", *files], capture_output=True, timeout=60).stdout)
        frames.append(f'<iframe id="{label.parent.name}" src="{page.name}" style="border:0;width:1000px;height:600px"></iframe>')
    (folder / "all.html").write_text(MEASURE_ALL.format(frames="".join(frames)))
    done = chromium(folder, "--allow-file-access-from-files", "--virtual-time-budget=20000", "--dump-dom", f"file://{folder}/all.html")
    found = re.search(r"\[\[.*?\]\]", done.stdout)
    check(found, f"all pairs: not measured: {done.stdout[-300:]} {done.stderr[-500:]}")
    rows = json.loads(found.group()) if found else []
    check(len(rows) == len(frames), f"all pairs: {len(rows)} of {len(frames)} were opened")
    for name, wide, border, tables, title in rows:
        check(wide <= 1000, f"{name}: the page is {wide} wide")
        check(border >= 4, f"{name}: the style sheet is not in force")
        check(tables >= 1 and title > 0, f"{name}: {tables} tables, a title of {title} characters")
    check("Content Security Policy" not in done.stderr and "Content-Security-Policy" not in done.stderr, f"all pairs: the policy is broken: {done.stderr[-500:]}")


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    every_pair(folder)
    case = captures / "mbedtls-small-heap"
    (folder / "report.html").write_bytes(subprocess.run([tlswhy, "--format", "html", case / "capture.pcapng", case / "device.log"], capture_output=True, timeout=60).stdout)
    for width in (360, 1200):
        (folder / "measure.html").write_text(MEASURE.format(width=width))
        done = chromium(folder, "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom", f"file://{folder}/measure.html")
        found = re.search(r'"wide":(\d+),"styled":"([^"]*)","figures":(\d+),"flat":(\d+),"tables":(\d+)', done.stdout)
        check(found, f"{width}: not measured: {done.stdout[-300:]} {done.stderr[-500:]}")
        if found:
            wide, styled, figures, flat, tables = found.groups()
            check(int(wide) <= width, f"{width}: the page is {wide} wide")
            check(float(styled.removesuffix("px")) >= 4, f"{width}: the style sheet is not in force ({styled})")
            check(int(figures) >= 1 and int(flat) == 0, f"{width}: {figures} figures, {flat} of them flat")
            check(int(tables) >= 3, f"{width}: {tables} tables")
        check("Content Security Policy" not in done.stderr and "Content-Security-Policy" not in done.stderr, f"{width}: the policy is broken: {done.stderr[-500:]}")
    # Light, dark, on paper: each gives an image or a document.
    for mode, arguments, magic in (("light", ["--window-size=1200,1600", f"--screenshot={folder}/light.png"], b"\x89PNG"), ("dark", ["--force-dark-mode", "--blink-settings=preferredColorScheme=0", "--window-size=1200,1600", f"--screenshot={folder}/dark.png"], b"\x89PNG"),
                                   ("print", [f"--print-to-pdf={folder}/print.pdf"], b"%PDF")):
        chromium(folder, *arguments, f"file://{folder}/report.html")
        out = folder / ("print.pdf" if mode == "print" else f"{mode}.png")
        check(out.exists() and out.read_bytes().startswith(magic) and out.stat().st_size > 10_000, f"{mode}: nothing was drawn")
    check((folder / "light.png").exists() and (folder / "dark.png").exists() and (folder / "light.png").read_bytes() != (folder / "dark.png").read_bytes(), "dark looks like light")
for fault in faults:
    print(fault)
print(f"{len(faults)} faults")
sys.exit(1 if faults else 0)
