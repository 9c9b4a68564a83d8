#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes case.json of one pair: the alerts that tshark sees, and where it has keys (inside the capture or in one of the logs) all
messages, as frame, side, code."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FINISHED = 20
folder, name, cause, also, outcome, client, server, how, server_ip = sys.argv[1:]
folder = pathlib.Path(folder)
secrets = [line for log in folder.glob("*.log") for line in re.findall(r"[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,}", log.read_text(errors="replace"))]
key_log = tempfile.NamedTemporaryFile("w", suffix=".log")
key_log.write("".join(f"{line}\n" for line in secrets))
key_log.flush()
keys = ["-o", f"tls.keylog_file:{key_log.name}"] if secrets else []


def codes(*fields):
    """What tshark finds in any of these fields."""
    command = ["tshark", "-n", *keys, "-r", str(folder / "capture.pcapng"), "-Y", " or ".join(fields), "-T", "fields"]
    for field in ("frame.number", "ip.src", "eap.code", *fields):
        command += ["-e", field]
    found = []
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        frame, source, eap_code, *values = line.split("\t")
        # In EAP the client is who answers (code 2), whoever carries the answer.
        from_server = eap_code != "2" if eap_code else source == server_ip
        for code in ",".join(v for v in values if v).split(","):
            found.append({"frame": int(frame), "from": "server" if from_server else "client", "code": int(code)})
    return found


alerts = [a for a in codes("tls.alert_message.desc", "dtls.alert_message.desc") if a["code"] != 0]  # close_notify is no failure
messages = codes("tls.handshake.type", "dtls.handshake.type")
visible = ["capture"] + [f for f in ("device.log", "server.log", "keys.log") if (folder / f).exists()]
expected = {"alerts": alerts, "outcome": None if outcome == "none" else outcome}
# What is encrypted can be told only with keys.
if keys or any(m["code"] == FINISHED for m in messages):
    expected["messages"] = messages
case = {"id": name, "cause": cause, "also_acceptable": [a for a in also.split(",") if a], "files": visible, "client": client, "server": server, "how": how,
        "expected": expected}
(folder / "case.json").write_text(json.dumps(case, indent=1) + "\n")
