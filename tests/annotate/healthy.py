#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs in which nothing failed: no explanation, no failed attempt, no error among the events.

usage: healthy.py TLSWHY FOLDER
"""
import json
import pathlib
import subprocess
import sys

LEAST_STACKS = 15


def main():
    tlswhy, folder = sys.argv[1:3]
    faults = []
    files = sorted(pathlib.Path(folder).glob("*.log"))
    for file in files:
        text = file.read_bytes()
        annotated = subprocess.run([tlswhy, "annotate", "--color", "never", str(file)], capture_output=True, timeout=60)
        if annotated.stdout != text or annotated.returncode != 0:
            for line in annotated.stdout.decode(errors="replace").split("\n"):
                if line.startswith("    ^ "):
                    faults.append(f"{file.name}: explained: {before[:100]} {line.strip()[:100]}")
                else:
                    before = line
            if annotated.returncode != 0:
                faults.append(f"{file.name}: annotate ended with {annotated.returncode}")
        done = subprocess.run([tlswhy, "--json", str(file)], capture_output=True, timeout=60)
        answer = json.loads(done.stdout)
        if answer["inputs"][0]["kind"] != "log":
            faults.append(f"{file.name}: read as {answer['inputs'][0]['kind']}")
        if done.returncode != 0 or answer["verdict"]["outcome"] == "failed":
            faults.append(f"{file.name}: exit {done.returncode}, {answer['verdict']['outcome']}: {answer['verdict']['summary']}")
        for attempt in answer["attempts"]:
            if attempt["outcome"] == "failed":
                faults.append(f"{file.name}: a failed attempt in lines {attempt['log']}")
    for fault in faults:
        print(fault)
    if len(files) < LEAST_STACKS:
        sys.exit(f"{len(files)} logs; {LEAST_STACKS} are wanted")
    print(f"{len(files)} healthy logs")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
