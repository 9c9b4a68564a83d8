#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Questions of people to whatif, diff and cert, with the answers that RFCs and the libraries' sources give.

usage: checks.py TLSWHY CAPTURES
"""
import pathlib
import subprocess
import sys
import tempfile

tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
faults = 0


def ask(status, words, *arguments):
    global faults
    done = subprocess.run([tlswhy, *arguments, "--width", "1000"], capture_output=True, text=True, timeout=60)
    if done.returncode != status or any(word not in done.stdout for word in words):
        faults += 1
        print(f"{arguments}: {done.returncode}: {done.stdout[:300]}{done.stderr[:200]}")


# axTLS has four suites, all static RSA; certbot's list has ECDHE and DHE only.
ask(1, ["No: ", "None in common", "- suite: as said above"], "whatif", "--device", "axtls-micropython", "--server", "certbot")
ask(1, ["No: ", "handshake_failure", "frame 6"], "whatif", "--device", "axtls-micropython", str(captures / "mbedtls-rsa-suites-only" / "capture.pcapng"))
ask(0, ["version: Both have TLS 1.2"], "whatif", "--device", "esp-idf", "--server", "certbot")

# The reason that decides is told once: in the summary, not again in the list.
told = subprocess.run([tlswhy, "whatif", "--device", "axtls-micropython", str(captures / "mbedtls-good" / "capture.pcapng"), "--width", "1000"], capture_output=True, text=True, timeout=60).stdout
if told.count("Ask it: openssl s_client") != 1 or told.count("which the device does not have") != 1:
    faults += 1
    print(f"a reason is told twice or not at all: {told}")

# The frames are those that tshark shows for these captures; the names in the hellos and the alert too.
good = captures / "mbedtls-good"
ask(1, ["different server names", '"broker.example.test"', '"192.0.2.10"', "frame 4"], "diff", str(good / "capture.pcapng"), str(captures / "mbedtls-dials-address" / "capture.pcapng"))
ask(1, ["E:M 1080", "device.log:3"], "diff", str(good / "device.log"), str(captures / "mbedtls-small-heap" / "device.log"))
ask(1, ["16384", "5115"], "diff", "esp-idf", "axtls-micropython")
ask(0, [], "diff", str(good / "capture.pcapng"), str(good / "capture.pcapng"))
ask(2, [], "diff", "esp-idf", str(good / "device.log"))
# What stands behind an option's word is a PATH.
ask(0, ["23 packets"], "--set", "worked_before=yes", "--set", "note=two", str(good / "capture.pcapng"))

# Build configurations as PATHs. The options are those of ESP-IDF's Kconfig, Mbed TLS' mbedtls_config.h and wolfSSL's settings.h.
CONFIGS = {
    "sdkconfig": ("CONFIG_IDF_TARGET=\"esp32\"\nCONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\nCONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN=2048\n"
                  "CONFIG_ESP_TLS_USING_MBEDTLS=y\n", "4096"),
    "mbedtls_config.h": ("#define MBEDTLS_SSL_TLS_C\n#define MBEDTLS_SSL_CLI_C\n#define MBEDTLS_SSL_PROTO_TLS1_2\n"
                         "#define MBEDTLS_SSL_IN_CONTENT_LEN 3072\n", "3072"),
    "user_settings.h": ("#define WOLFSSL_TLS13\n#define HAVE_MAX_FRAGMENT\n#define WOLFSSL_USER_IO\n#define HAVE_TLS_EXTENSIONS\n", "wolfssl"),
}
with tempfile.TemporaryDirectory() as folder:
    for name, (text, shown) in CONFIGS.items():
        path = pathlib.Path(folder) / name
        path.write_text(text)
        ask(0, [shown, "options decide what a handshake can do"], "-v", str(good / "capture.pcapng"), str(path))
        ask(0, ["version: The server accepts TLS 1.2"], "whatif", str(good / "capture.pcapng"), str(path))
    ask(1, ["4096", "16384"], "diff", "esp-idf", str(pathlib.Path(folder) / "sdkconfig"))
    ask(2, [], "whatif", str(good / "capture.pcapng"))
    concealed = subprocess.run([tlswhy, "--redact", "-v", str(good / "capture.pcapng"), str(pathlib.Path(folder) / "sdkconfig")], capture_output=True, text=True, timeout=60).stdout
    if folder in concealed or "4096" not in concealed:
        faults += 1
        print(f"--redact names the folder of a configuration: {concealed[:300]}")
with tempfile.TemporaryDirectory() as folder:
    empty = pathlib.Path(folder) / "empty.pem"
    empty.write_text("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")
    ask(1, ["empty-pem"], "cert", str(empty))
    nothing = pathlib.Path(folder) / "nothing.pem"
    nothing.write_text("hello\n")
    ask(1, ["nothing-found"], "cert", str(nothing))
    cut = pathlib.Path(folder) / "cut.pem"
    cut.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n")
    ask(1, ["no-pem-end"], "cert", str(cut))
print(f"{faults} faults")
sys.exit(1 if faults else 0)
