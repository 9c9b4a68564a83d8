# SPDX-License-Identifier: Apache-2.0
"""A tlswhy watch that runs, for the tests."""
import json
import queue
import signal
import subprocess
import threading
import time


class Live:
    def __init__(self, tlswhy, *arguments, wait=0.6):
        self.process = subprocess.Popen([tlswhy, "watch", "--ndjson", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        time.sleep(wait)

    def _read(self):
        for line in self.process.stdout:
            self.lines.put((time.monotonic(), json.loads(line)))

    def attempt(self, within=3.0):
        """The next attempt told and when; None if none comes."""
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            try:
                at, document = self.lines.get(timeout=left)
            except queue.Empty:
                return None, None
            if "attempt" in document:
                return at, document
        return None, None

    def stop(self):
        """Exit status and the documents that were left."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=20)
        time.sleep(0.2)
        rest = []
        while not self.lines.empty():
            rest.append(self.lines.get()[1])
        return status, rest


def cause(document):
    return document["causes"][0]["id"] if document and document["causes"] else document and document["outcome"]
