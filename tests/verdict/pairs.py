#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs tlswhy on every labelled pair of captures/ and compares with the label.

usage: pairs.py TLSWHY CAPTURES

Each pair must be readable; its confirmed cause (or one that is as good) must come first; a healthy pair must give outcome "ok", exit status
0 and no cause; alerts and outcome of the handshakes must be those that `expected` states (from another implementation). Where it
lists messages, keys are there: the same messages must be read, and no secret may be printed in any format.
"""
import json
import pathlib
import re
import subprocess
import sys


# The handshake types of RFC 8446 and its predecessors.
TYPES = {1: "client_hello", 2: "server_hello", 3: "hello_verify_request", 4: "new_session_ticket", 8: "encrypted_extensions", 11: "certificate",
         12: "server_key_exchange", 13: "certificate_request", 14: "server_hello_done", 15: "certificate_verify", 16: "client_key_exchange", 20: "finished"}
SECRET = re.compile(r"(?:CLIENT_RANDOM|_SECRET(?:_0)?) [0-9a-fA-F]{64} ([0-9a-fA-F]{64,})")


def judge_opened(tlswhy, folder, files, document, wanted):
    faults = []
    found = sorted((m["frame"], m["from"], m["type"]) for h in document["handshakes"] for m in h["messages"] if m["type"] != "change_cipher_spec")
    expected = sorted((m["frame"], m["from"], TYPES[m["code"]]) for m in wanted)
    if found != expected:
        faults.append(f"messages that only one reads: {sorted(set(found) ^ set(expected))}")
    for h in document["handshakes"]:
        if not h["decrypted"] or not any(m.get("decrypted") for m in h["messages"]):
            faults.append(f"handshake {h['id']} is not said to be decrypted")
    secrets = [s for f in folder.iterdir() if f.is_file() for s in SECRET.findall(f.read_bytes().decode("latin-1"))]
    if not secrets:
        faults.append("holds no secrets")
    for options in (["--json"], ["-v"]):
        printed = subprocess.run([tlswhy, *options, *files], capture_output=True, timeout=60).stdout.decode(errors="replace")
        if any(secret in printed for secret in secrets):
            faults.append(f"a secret is printed with {options}")
    return faults


def judge(tlswhy, folder):
    case = json.loads((folder / "case.json").read_text())
    files = sorted(str(f) for f in folder.iterdir() if f.is_file() and f.name != "case.json" and not f.name.endswith((".sh", ".md")))
    command = [tlswhy, "--json", *files]
    for key, value in (case.get("context") or {}).items():
        command += ["--set", f"{key}={value}"]
    done = subprocess.run(command, capture_output=True, timeout=60)
    faults = []
    if done.returncode not in (0, 1):
        faults.append(f"exit status {done.returncode}: {done.stderr.decode(errors='replace')[:200]}")
    try:
        document = json.loads(done.stdout)
    except ValueError as error:
        return faults + [f"no JSON: {error}"]
    verdict = document["verdict"]
    ranked = [c["id"] for c in verdict["causes"]]
    right = {case["cause"], *case.get("also_acceptable", [])}
    if case["cause"] == "not-an-error":
        if verdict["outcome"] != "ok" or done.returncode != 0:
            faults.append(f"healthy, but outcome {verdict['outcome']}, causes {ranked[:3]}, exit status {done.returncode}")
    else:
        if done.returncode != 1:
            faults.append(f"a failure was found, but the exit status is {done.returncode}")
        if not ranked or ranked[0] not in right:
            faults.append(f"expected {'/'.join(sorted(right))} first, got {ranked[:3]}")
    wanted = [(a["frame"], a["from"], a["code"]) for a in case.get("expected", {}).get("alerts", []) if a.get("code") is not None]
    found = [(a["frame"], a["from"], a["code"]) for h in document["handshakes"] for a in h["alerts"] if not a["encrypted"]]
    for alert in wanted:
        if alert not in found:
            faults.append(f"alert {alert} of the label is not among {found}")
    outcome = case.get("expected", {}).get("outcome")
    if outcome and document["handshakes"] and outcome not in [h["outcome"] for h in document["handshakes"]]:
        faults.append(f"no handshake with outcome {outcome}: {[h['outcome'] for h in document['handshakes']]}")
    if "messages" in case.get("expected", {}):
        faults += judge_opened(tlswhy, folder, files, document, case["expected"]["messages"])
    return faults


def main():
    tlswhy, captures = sys.argv[1], pathlib.Path(sys.argv[2])
    labels = sorted(captures.glob("*/case.json"))
    wrong = 0
    for label in labels:
        faults = judge(tlswhy, label.parent)
        wrong += bool(faults)
        for fault in faults:
            print(f"{label.parent.name}: {fault}")
    print(f"{len(labels)} pairs, {wrong} wrong")
    # A run over nothing has shown nothing.
    sys.exit(1 if wrong or len(labels) < 15 else 0)


main()
