#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The PlatformIO filter, with a stand-in for PlatformIO: text passes, explanations come, and without the program text still passes.

usage: platformio.py TLSWHY FILTER
"""
import importlib.util
import os
import pathlib
import sys
import time
import types

tlswhy, path = sys.argv[1:3]
public = types.ModuleType("platformio.public")
public.DeviceMonitorFilterBase = object
sys.modules["platformio"] = types.ModuleType("platformio")
sys.modules["platformio.public"] = public
specification = importlib.util.spec_from_file_location("filter_tlswhy", path)
module = importlib.util.module_from_spec(specification)
specification.loader.exec_module(module)


def say(filter_, text, wanted):
    seen = filter_.rx(text)
    end = time.monotonic() + 20
    while wanted not in seen and time.monotonic() < end:
        seen += filter_.rx("")
    return seen


os.environ["NO_COLOR"] = "1"
os.environ["PATH"] = str(pathlib.Path(tlswhy).parent) + os.pathsep + os.environ["PATH"]
good = module.Tlswhy()()
assert say(good, "boot: ", "boot: ") == "boot: "
seen = say(good, "E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n", "VERIFY_FAILED")
assert seen.startswith("E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n    ^ MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"), seen
good.process.stdin.close()
good.process.wait(20)

os.environ["PATH"] = "/nonexistent"
without = module.Tlswhy()()
assert without.rx("line\n") == "line\n"
print("ok")
