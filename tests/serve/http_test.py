#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tlswhy serve as another program sees it: who is let in, what is refused, and that its answers are those of the command line.

usage: http_test.py TLSWHY CAPTURES
"""
import concurrent.futures
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time
import uuid

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
faults = []


def check(ok, what):
    if not ok:
        faults.append(what)
        print("FAULT:", what)


class Page:
    """A tlswhy serve that runs."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([tlswhy, "serve", "-q", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.host = self.address.split("/")[2]
        self.token = self.address.split("/")[3]

    def ask(self, method, path, body=None, headers=None, token=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, f"/{self.token if token is None else token}{path}", body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def form(self, path, fields=(), files=(), headers=None):
        boundary = uuid.uuid4().hex
        body = b""
        for name, value in fields:
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, content in files:
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self.ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}", **(headers or {})})

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


page = Page()
check(page.address.startswith("http://127.0.0.1:") and len(page.token) == 32, f"address: {page.address}")

# The assets and the rules that come with them.
for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css"), ("/report.css", "text/css"), ("/icon.svg", "image/svg+xml"), ("/choices", "application/json")):
    status, headers, body = page.ask("GET", path)
    check(status == 200 and headers["Content-Type"].startswith(kind) and body, f"{path}: {status} {headers.get('Content-Type')}")
    check("default-src 'none'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"], f"{path}: policy")
    check(headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff", f"{path}: headers")
    check(b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"") and b"https://" not in body, f"{path} names another host")
check(page.ask("GET", "/nothing")[0] == 404, "an unknown path is found")

# Who is not let in.
check(page.ask("GET", "/", token="0" * 32)[0] == 403, "a wrong token is let in")
check(page.ask("GET", "/", token="")[0] == 403, "no token is let in")
check(page.ask("GET", "/", token=page.token[:-1])[0] == 403, "half a token is let in")
check(page.ask("GET", "/", headers={"Host": "rebound.example:" + page.host.split(":")[1]})[0] == 403, "a foreign Host is let in")
check(page.form("/diagnose", [("text", "x")], headers={"Origin": "http://other.example"})[0] == 403, "a foreign Origin is let in")
check(page.form("/lines", [("text", "x")], headers={"Origin": f"http://{page.host}"})[0] == 200, "the page's own Origin is refused")
with socket.socket() as other:
    other.settimeout(2)
    own = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    if own and own[0] != "127.0.0.1" and ":" not in own[0]:
        check(other.connect_ex((own[0], int(page.host.split(":")[1]))) != 0, "it listens on another address than the loopback one")

# What makes no sense is told.
for fields, files, word in (([], [], "nothing was given"), ([("text", "x"), ("device", "toaster")], [], "toaster"), ([("text", "x"), ("at", "once")], [], "once"), ([("text", "x"), ("in_buffer", "many")], [], "many"), ([("text", "x"), ("set", "novalue")], [], "novalue")):
    status, _, body = page.form("/diagnose", fields, files)
    check(status == 400 and word in json.loads(body)["error"], f"{fields}: {status} {body[:100]}")
check(page.ask("POST", "/diagnose", b"text=x", {"Content-Type": "application/x-www-form-urlencoded"})[0] == 400, "another kind of form is taken")

# The answers are those of the command line.
case = captures / "mbedtls-small-heap"
pair = [("capture.pcapng", (case / "capture.pcapng").read_bytes()), ("device.log", (case / "device.log").read_bytes())]
status, _, body = page.form("/diagnose", [], pair)
view = json.loads(body)
told = json.loads(subprocess.run([tlswhy, "--json", "capture.pcapng", "device.log"], capture_output=True, cwd=case).stdout)
check(json.loads(view["document"]) == told, "the document differs from tlswhy --json")
markdown = subprocess.run([tlswhy, "--format", "markdown", "capture.pcapng", "device.log"], capture_output=True, cwd=case, text=True).stdout
check(view["markdown"] == markdown, "the Markdown differs")
html = subprocess.run([tlswhy, "--format", "html", "capture.pcapng", "device.log"], capture_output=True, cwd=case, text=True).stdout
check(view["page"] == html, "the HTML differs")
check(view["outcome"] == "failed" and view["fragment"] in html, "the fragment is not the page's")
status, _, body = page.form("/diagnose", [("text", (case / "device.log").read_text())], pair[:1])
check(json.loads(json.loads(body)["document"])["verdict"]["causes"][0]["id"] == "low-memory", "a pasted log beside a capture is not joined")
status, _, body = page.form("/diagnose", [("text", "ssl_handshake_status: -40"), ("device", "axtls-micropython"), ("set", "worked_before=until the update\n")])
check(json.loads(json.loads(body)["document"])["verdict"]["causes"][0]["id"] == "no-shared-cipher", "device and facts are not used")
# Two files of one name are told apart.
status, _, body = page.form("/diagnose", [], [("a.log", pair[1][1]), ("a.log", b"E (1) esp-tls: mbedtls_ssl_handshake returned -0x7200\n")])
check([entry["path"] for entry in json.loads(json.loads(body)["document"])["inputs"]] == ["a.log", "a.log (2)"], "two files of one name")
status, _, body = page.form("/lines", [("text", "boot\nE (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n")])
lines = json.loads(body)["lines"]
check(len(lines) == 1 and lines[0]["line"] == 2 and lines[0]["bad"] and "CERT_VERIFY_FAILED" in lines[0]["text"], f"lines: {lines}")
# The annotated capture is that of the command line.
status, headers, body = page.form("/annotate", [], pair)
written = subprocess.run([tlswhy, "annotate", "capture.pcapng", "device.log", "-o", "-"], capture_output=True, cwd=case).stdout
check(status == 200 and body == written, "the annotated capture differs")
check(page.form("/annotate", [], pair[1:])[0] == 400, "a log is annotated as a capture")

# Untrusted names stay text.
status, _, body = page.form("/diagnose", [("text", "E (1) esp-tls: couldn't get hostname for :<script>alert(1)</script>: getaddrinfo() returns 202")], [("<img src=x onerror=alert(1)>.log", b"E (1) x: mbedtls_ssl_handshake returned -0x2700\n")])
fragment = json.loads(body)["fragment"]
check("<script" not in fragment and "<img" not in fragment, "hostile text becomes markup")

# A damaged capture is reported as far as it goes, and the page goes on.
status, _, body = page.form("/diagnose", [], [("cut.pcapng", pair[0][1][:-7])])
check(status == 200 and json.loads(body)["errors"], "damage is not told")
status, _, body = page.form("/diagnose", [], [("noise.bin", bytes(range(256)) * 40)])
check(status == 200 and json.loads(body)["errors"], "noise is not told")

# Ten at once, each with its own answer.
names = sorted(path.parent.name for path in captures.glob("*/capture.pcapng"))[:10]
with concurrent.futures.ThreadPoolExecutor(10) as pool:
    def one(name):
        return page.form("/diagnose", [], [("capture.pcapng", (captures / name / "capture.pcapng").read_bytes())])[2]
    for name, body in zip(names, pool.map(one, names)):
        own = json.loads(subprocess.run([tlswhy, "--json", "capture.pcapng"], capture_output=True, cwd=captures / name).stdout)
        check(json.loads(json.loads(body)["document"]) == own, f"{name} beside nine others")

# It cannot be made to write or to reach out: its own process holds no right to.
if "seccomp" in subprocess.run([tlswhy, "--version", "-v"], capture_output=True, text=True).stdout:
    state = pathlib.Path(f"/proc/{page.process.pid}/status").read_text()
    check("Seccomp:\t2" in state and "NoNewPrivs:\t1" in state, "it serves without its sandbox")
files_before = set(pathlib.Path(".").iterdir())
check(page.stop() == 0, "Ctrl-C is no orderly end")
check(set(pathlib.Path(".").iterdir()) == files_before, "it left a file")

# Limits.
page = Page("--upload-limit", "1")
status, _, body = page.form("/diagnose", [], [("big.log", b"x" * (1 << 20) + b"\n" * 1000)])
check(status == 413 and "1 MiB" in json.loads(body)["error"], f"over the limit: {status} {body[:100]}")
status, _, _ = page.form("/diagnose", [], [("small.log", pair[1][1])])
check(status == 200, "after an upload over the limit nothing is taken any more")
# Somebody who stops in mid-sentence holds up nobody else.
with socket.create_connection(page.host.split(":")) as slow:
    slow.sendall(f"POST /{page.token}/diagnose HTTP/1.1\r\nHost: {page.host}\r\nContent-Length: 1000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b".encode())
    begin = time.monotonic()
    check(page.ask("GET", "/")[0] == 200 and time.monotonic() - begin < 5, "a slow client holds up the others")
port = page.host.split(":")[1]
second = subprocess.run([tlswhy, "serve", "--port", port], capture_output=True, text=True, timeout=20)
check(second.returncode == 3 and port in second.stderr, f"a port that is taken: {second.returncode} {second.stderr}")
check(page.stop() == 0, "no orderly end")

print(f"{len(faults)} faults")
sys.exit(1 if faults else 0)
