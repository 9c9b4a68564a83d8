#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Text, HTML and Markdown of every pair of captures: well formed, self-contained, the same bytes always; hostile text in them means nothing.

usage: formats.py TLSWHY CAPTURES
"""
import base64
import hashlib
import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
faults = []
VOID = {"meta", "br", "link", "img", "input", "hr"}
# What a page of ours is made of. A tag that is not here came from an input.
TAGS = set("""html head meta title style body a header main section article footer p h1 h2 h3 ul ol li dl dt dd span strong code figure figcaption div
details summary table thead tbody tr th td br svg desc line polygon polyline rect circle text""".split())


def check(ok, what):
    if not ok:
        faults.append(what)


def run(*arguments, zone="UTC", **more):
    environment = {"PATH": os.environ["PATH"], "TZ": zone, "LC_ALL": "C"}
    done = subprocess.run([tlswhy, *map(str, arguments)], capture_output=True, timeout=60, env=environment, **more)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{arguments}: exit status {done.returncode}: {done.stderr[-300:]!r}")
    return done.stdout


class Page(html.parser.HTMLParser):
    """Open and close tags by their names, ids once, links to what is there, nothing that loads or runs."""

    def __init__(self, name):
        super().__init__()
        self.name, self.open, self.ids, self.links, self.text, self.figures = name, [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        check(tag in TAGS, f"{self.name}: a tag <{tag}>")
        for key, value in attributes.items():
            check(not key.startswith("on") and key not in ("src", "srcset", "style", "action"), f"{self.name}: <{tag} {key}>")
            if key == "href":
                check(value.startswith("#"), f"{self.name}: a link to {value}")
                self.links.append(value[1:])
            if key == "id":
                self.ids.append(value)
            if key in ("aria-labelledby",):
                self.links += value.split()
        if tag == "svg":
            self.figures.append([])
        elif self.figures and tag in ("title", "desc"):
            self.figures[-1].append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag, f"{self.name}: </{tag}> closes {self.open[-1:]}")
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


def check_page(data, name):
    text = data.decode("utf-8")
    page = Page(name)
    page.feed(text)
    page.close()
    check(not page.open, f"{name}: left open: {page.open}")
    check(len(page.ids) == len(set(page.ids)), f"{name}: an id twice")
    check(set(page.links) <= set(page.ids), f"{name}: links to nothing: {sorted(set(page.links) - set(page.ids))[:5]}")
    check(all(figure == ["title", "desc"] for figure in page.figures), f"{name}: a figure without title or description")
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    check(policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'", f"{name}: policy {policy}")
    check("url(" not in style and "@import" not in style, f"{name}: the style loads something")
    return "".join(page.text)


def every_pair():
    for label in sorted(captures.glob("*/case.json")):
        files = [label.parent / "capture.pcapng", *sorted(label.parent.glob("*.log"))]
        files = [file for file in files if file.exists()]
        name = label.parent.name
        for form in ("text", "html", "markdown"):
            first = run("--format", form, *files, zone="UTC")
            check(first == run("--format", form, *files, zone="Pacific/Chatham"), f"{name}: {form} differs by time zone")
            check(first.strip(), f"{name}: {form} is empty")
            if form == "html":
                check_page(first, name)
            if form == "markdown":
                check(len(first) < 5000, f"{name}: {len(first)} bytes of Markdown are no longer pasted")
            if form == "text":
                lines = first.decode().splitlines()
                check(len(lines) <= 30, f"{name}: {len(lines)} lines do not fit a screen")
                check(all(len(line) <= 80 or len(line.split()) < 3 for line in lines), f"{name}: a line is longer than 80")


HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](https://evil.example/p.png)", "[click](https://evil.example)", "@everyone", "`x` **bold** | cell",
           "\x1b[2J\x1b]0;title\x07", "\u202egnp.exe\u202c", "\u2066\u200f", "</code></pre></svg><b>", "\"' onmouseover='x'", "https://evil.example/", "a\u2028b", "<!-- -->", "&lt;&#60;"]


def hostile():
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(HOSTILE):
            where = pathlib.Path(folder) / str(number)
            where.mkdir()
            # In a line that is evidence, in a name that was dialled, and in a file's own name.
            log = where / ("x " + text.replace("/", "_") + ".log")
            log.write_bytes((f"I (1) esp-tls: {text}\nE (992) esp-tls: couldn't get hostname for :{text}: getaddrinfo() returns 202, addrinfo=0x0\n"
                             f"E (999) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700 {text}\nhostname mismatch: {text}\n").encode())
            for form in ("text", "html", "markdown", "json"):
                for more in ((), ("-v",)):
                    out = run("--format", form, *more, log)
                    what = f"hostile {number} {form} {' '.join(more)}"
                    decoded = out.decode("utf-8")
                    check(not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200e\u200f]", decoded), f"{what}: a control character")
                    if form == "html":
                        check_page(out, what)
                    if form == "markdown":
                        # Outside of code spans no tag, link, image, mention or bare address is left.
                        plain = re.sub(r"(`+)(.*?)\1", "", decoded).replace("<sub>", "").replace("</sub>", "")
                        check(not re.search(r"<[a-z!/]|(?<!\\)\]\(|(?<!\\)!\[|@everyone|https?://evil", plain), f"{what}: {plain[:200]}")


every_pair()
hostile()
for fault in faults[:40]:
    print(fault)
print(f"{len(faults)} faults")
sys.exit(1 if faults else 0)
