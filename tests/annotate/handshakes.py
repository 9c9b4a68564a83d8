#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hex dumps in logs are read as handshakes. What is expected stands in the same logs, in the words of the library that printed them.

usage: handshakes.py TLSWHY FOLDER
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

TLSWHY = sys.argv.pop(1)
FOLDER = pathlib.Path(sys.argv.pop(1))


def read(name):
    text = (FOLDER / name).read_text(errors="replace")
    done = subprocess.run([TLSWHY, "--json", str(FOLDER / name)], capture_output=True, timeout=60)
    return text, json.loads(done.stdout)


def types(handshake):
    return [message["type"] for message in handshake["messages"]]


class Dumps(unittest.TestCase):
    def only(self, answer):
        self.assertEqual(len(answer["handshakes"]), 1)
        handshake = answer["handshakes"][0]
        self.assertEqual(handshake["seen_in"], "log")
        self.assertEqual(handshake["problems"], [])
        return handshake

    def test_mbedtls_level_4(self):
        text, answer = read("mbedtls-debug4-other-root.log")
        handshake = self.only(answer)
        offered = re.findall(r"client hello, add ciphersuite: 0x([0-9a-f]+)", text)
        # The signalling suite for renegotiation comes last and is told of in a line of its own.
        self.assertGreater(len(offered), 20)
        self.assertEqual([suite for suite in handshake["ciphers_offered"] if suite != "0x00ff"], ["0x" + suite.zfill(4) for suite in offered])
        chosen = re.search(r"server hello, chosen ciphersuite: ([0-9a-f]{4})", text).group(1)
        self.assertEqual(handshake["cipher"]["id"], "0x" + chosen)
        self.assertEqual(types(handshake), ["client_hello", "server_hello", "certificate"])
        self.assertIn("subject name      : " + handshake["certificates"][0]["subject"], text)
        self.assertIn("send alert level=2 message=48", text)
        self.assertEqual([(alert["from"], alert["name"]) for alert in handshake["alerts"]], [("client", "unknown_ca")])
        self.assertEqual(answer["verdict"]["causes"][0]["id"], "unknown-ca")
        line = text.split("\n")[handshake["messages"][0]["frame"] - 1]
        self.assertIn("output record sent to network", line)

    def test_openssl_msg_shows_tls_1_3_in_the_clear(self):
        text, answer = read("openssl-msg-tls13-other-root.log")
        handshake = self.only(answer)
        self.assertIn("New, TLSv1.3, Cipher is " + handshake["cipher"]["name"], text)
        self.assertEqual(handshake["version"], "TLS 1.3")
        self.assertEqual(types(handshake), ["client_hello", "server_hello", "encrypted_extensions", "certificate"])
        self.assertIn("0 s:" + handshake["certificates"][0]["subject"].replace("=", " = "), text)
        self.assertIn("fatal unknown_ca", text)
        self.assertEqual([alert["name"] for alert in handshake["alerts"]], ["unknown_ca"])

    def test_openssl_debug(self):
        text, answer = read("openssl-debug-tls12-other-root.log")
        handshake = self.only(answer)
        self.assertIn("    Protocol  : TLSv1.2", text)
        self.assertEqual(handshake["version"], "TLS 1.2")
        self.assertEqual(types(handshake), ["client_hello", "server_hello", "certificate", "server_key_exchange", "server_hello_done"])
        self.assertEqual([(alert["from"], alert["name"]) for alert in handshake["alerts"]], [("client", "unknown_ca")])

    def test_java_raw_bytes(self):
        text, answer = read("java-raw.log")
        handshake = self.only(answer)
        self.assertEqual(handshake["version"], "TLS 1.3")
        suites = re.search(r'"cipher suites"\s*: "\[(.*?)\]"', text).group(1)
        offered = ["0x" + number.lower() for number in re.findall(r"\(0x([0-9A-F]{4})\)", suites)]
        self.assertGreater(len(offered), 5)
        self.assertEqual(handshake["ciphers_offered"], offered)
        self.assertEqual(types(handshake)[:2], ["client_hello", "server_hello"])

    def test_wpa_supplicant_prints_a_message_in_one_line(self):
        text, answer = read("wpa-supplicant-refused.log")
        handshake = self.only(answer)
        self.assertEqual(types(handshake), ["client_hello"])
        self.assertEqual(handshake["ja3_full"], read("hello-xxd.log")[1]["handshakes"][0]["ja3_full"])
        self.assertIn("fatal:handshake failure", text)
        self.assertEqual([(alert["from"], alert["name"]) for alert in handshake["alerts"]], [("server", "handshake_failure")])

    def test_a_hello_pasted_alone_in_any_form(self):
        expected = None
        for name in ("hello-xxd.log", "hello-hexdump.log", "hello-c-array.log", "hello-esp-log.log"):
            handshake = self.only(read(name)[1])
            self.assertEqual(types(handshake), ["client_hello"])
            self.assertEqual(handshake["sni"], "localhost")
            expected = expected or handshake["ja3_full"]
            self.assertEqual(handshake["ja3_full"], expected, name)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
