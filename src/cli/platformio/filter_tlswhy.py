# SPDX-License-Identifier: Apache-2.0
"""PlatformIO monitor filter: explanations under the lines of the device that tell of a TLS failure.

Put this file into the folder `monitor` of the project and write into platformio.ini:

    monitor_filters = default, tlswhy

`tlswhy` must be in the PATH. If it is not, or if it ends, lines pass unchanged.
"""
import os
import select
import subprocess

from platformio.public import DeviceMonitorFilterBase

PATIENCE_S = 0.05  # for an answer; what comes later is shown with the next bytes of the device


class Tlswhy(DeviceMonitorFilterBase):
    NAME = "tlswhy"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.process = None

    def __call__(self):
        try:
            self.process = subprocess.Popen(["tlswhy", "annotate"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        except OSError as error:
            print("tlswhy filter: %s; lines pass unchanged" % error)
        return self

    def rx(self, text):
        if self.process is None:
            return text
        try:
            self.process.stdin.write(text.encode("utf-8", "surrogateescape"))
        except OSError:
            self.process = None
            return text
        answer = b""
        while select.select([self.process.stdout], [], [], PATIENCE_S)[0]:
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                break
            answer += piece
        return answer.decode("utf-8", "surrogateescape")

    def tx(self, text):
        return text
