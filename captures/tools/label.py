#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes case.json of one pair. The alerts are those tshark sees in the clear: frame, side, code."""
import json
import pathlib
import subprocess
import sys

folder, name, cause, also, outcome, client, server, how, server_ip = sys.argv[1:]
folder = pathlib.Path(folder)
fields = ["frame.number", "ip.src", "tls.alert_message.desc"]
command = ["tshark", "-n", "-r", str(folder / "capture.pcapng"), "-Y", "tls.alert_message.desc", "-T", "fields"]
for field in fields:
    command += ["-e", field]
alerts = []
for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
    frame, source, codes = line.split("\t")
    for code in codes.split(","):
        if code != "0":  # close_notify is no failure
            alerts.append({"frame": int(frame), "from": "server" if source == server_ip else "client", "code": int(code)})
visible = ["capture"] + [f for f in ("device.log", "server.log") if (folder / f).exists()]
case = {"id": name, "cause": cause, "also_acceptable": [a for a in also.split(",") if a], "files": visible, "client": client, "server": server, "how": how,
        "expected": {"alerts": alerts, "outcome": None if outcome == "none" else outcome}}
(folder / "case.json").write_text(json.dumps(case, indent=1) + "\n")
