#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The annotate filter as a serial monitor sees it: bytes pass unchanged and at once, explanations come once, it ends cleanly.

usage: filter.py TLSWHY
"""
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TLSWHY = sys.argv.pop(1)
FAILURE = b"E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n"
PATIENCE_S = 20  # for loaded machines; what is measured takes milliseconds


def start(*arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ASAN", "NO_COLOR"))}
    return subprocess.Popen([TLSWHY, "annotate", "--color", "never", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, bufsize=0, env=environment)


def read_until(process, wanted):
    """What the filter wrote until `wanted` was in it."""
    seen = b""
    end = time.monotonic() + PATIENCE_S
    while wanted not in seen and time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.1)[0]:
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                break
            seen += piece
    return seen


def run(text, *arguments):
    done = subprocess.run([TLSWHY, "annotate", "--color", "never", *arguments], input=text, capture_output=True, timeout=PATIENCE_S)
    return done.returncode, done.stdout, done.stderr


def without_notes(text):
    """The output without the lines that the filter added."""
    kept = []
    for line in text.split(b"\n"):
        if not line.startswith((b"    ^ ", b"      ")):
            kept.append(line)
    return b"\n".join(kept)


class Filter(unittest.TestCase):
    def test_a_prompt_without_a_line_end_passes_at_once(self):
        process = start()
        process.stdin.write(b"login: ")
        self.assertEqual(read_until(process, b"login: "), b"login: ")
        process.stdin.write(b"root")
        self.assertEqual(read_until(process, b"root"), b"root")
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE_S), 0)
        process.stdout.close()
        process.stderr.close()

    def test_a_line_that_comes_in_two_pieces_is_explained_when_it_ends(self):
        process = start()
        process.stdin.write(FAILURE[:20])
        self.assertEqual(read_until(process, FAILURE[:20]), FAILURE[:20])
        process.stdin.write(FAILURE[20:])
        seen = read_until(process, b"VERIFY_FAILED")
        self.assertTrue(seen.startswith(FAILURE[20:]))
        self.assertIn(b"MBEDTLS_ERR_X509_CERT_VERIFY_FAILED", seen)
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE_S), 1)
        process.stdout.close()
        process.stderr.close()

    def test_the_explanation_stands_under_its_line_and_once(self):
        status, out, _ = run((FAILURE + b"I (1000) app: again\n") * 20)
        self.assertEqual(status, 1)
        self.assertTrue(out.startswith(FAILURE + b"    ^ MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"))
        self.assertEqual(out.count(b"    ^ "), 1)
        self.assertEqual(without_notes(out), (FAILURE + b"I (1000) app: again\n") * 20)

    def test_the_explanation_comes_again_when_it_has_left_the_screen(self):
        _, out, _ = run(FAILURE + b"ok\n" * 1000 + FAILURE)
        self.assertEqual(out.count(b"    ^ "), 2)

    def test_a_last_line_without_an_end_is_explained(self):
        status, out, _ = run(FAILURE.rstrip(b"\n"))
        self.assertEqual(status, 1)
        self.assertIn(b"\n    ^ ", out)

    def test_binary_junk_passes_unchanged(self):
        generator = random.Random(7)
        junk = bytes(generator.randrange(256) for _ in range(200_000))
        status, out, error = run(junk)
        self.assertEqual(error, b"")
        self.assertEqual(without_notes(out), without_notes(junk))
        self.assertIn(status, (0, 1))

    def test_a_line_of_ten_megabytes_passes_unchanged(self):
        line = b"x" * 10_000_000 + b"\n"
        self.assertEqual(run(line + b"end\n")[1], line + b"end\n")

    def test_an_interrupt_ends_it_cleanly_while_it_waits(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = start()
            process.stdin.write(b"half a line")
            read_until(process, b"half a line")
            process.send_signal(number)
            self.assertEqual(process.wait(PATIENCE_S), 0)
            self.assertEqual(process.stderr.read(), b"")
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()

    def test_a_reader_that_goes_away_is_no_failure(self):
        process = start()
        process.stdout.close()
        try:
            for _ in range(100):
                process.stdin.write(b"line\n" * 1000)
        except BrokenPipeError:
            pass
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def test_a_file_is_followed(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"first\n")
            file.flush()
            process = start("--follow", file.name)
            self.assertEqual(read_until(process, b"first\n"), b"first\n")
            file.write(FAILURE)
            file.flush()
            self.assertIn(b"VERIFY_FAILED", read_until(process, b"VERIFY_FAILED"))
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE_S), 1)
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()

    def test_a_file_that_is_not_there_is_said(self):
        status, _, error = run(b"", "/nonexistent/x.log")
        self.assertEqual(status, 3)
        self.assertIn(b"cannot be read", error)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
