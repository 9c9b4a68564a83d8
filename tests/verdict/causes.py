#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every cause is shown by a log of its own, and which rules the samples of this repository never fire is known.

causes/ID.log is what a program would print; that the cause is ID follows from the words of the library that it quotes. causes/ID/RULE.log
is a log in which that rule of the cause has something to say. Rules that no sample fires stand in causes/unfired.txt, which may only become shorter: a rule that fires must be taken out of it, and a new rule needs a
sample.

usage: causes.py TLSWHY SOURCE [--write]
"""
import json
import pathlib
import re
import subprocess
import sys

tlswhy, source = sys.argv[1], pathlib.Path(sys.argv[2])
here = source / "tests" / "verdict" / "causes"
MOST_UNFIRED = 425  # lower it when the list gets shorter
faults = []


def look(*paths):
    return json.loads(subprocess.run([tlswhy, "--json", *map(str, paths)], capture_output=True, text=True, timeout=60).stdout)


fired = set()


def note(document):
    for verdict in [document["verdict"], *document["attempts"]]:
        for cause in verdict["causes"]:
            for item in cause["evidence"] + cause["against"]:
                if item.get("id"):
                    fired.add(f"{cause['id']}/{item['id']}")
        for out in verdict.get("ruled_out", []):
            if out["why"].get("id"):
                fired.add(f"{out['id']}/{out['why']['id']}")


ids = {path.stem for path in (source / "data" / "causes").glob("*.toml")} - {"families"}
listed = {cause["id"] for cause in json.loads(subprocess.run([tlswhy, "causes", "--json"], capture_output=True, text=True).stdout)["causes"]}
if ids != listed:
    faults.append(f"tlswhy causes lists others than data/causes holds: {ids ^ listed}")
for path in sorted(here.glob("*.log")):
    if path.stem not in ids:
        faults.append(f"{path.name} is of no cause")
for cause in sorted(ids):
    path = here / f"{cause}.log"
    if not path.exists():
        faults.append(f"{cause}: no log shows it")
        continue
    document = look(path)
    note(document)
    first = [one["id"] for one in document["verdict"]["causes"][:3]]
    if first[:1] != [cause]:
        faults.append(f"{cause}.log: the verdict is {first}")
for path in sorted(here.glob("*/*.log")):
    before, fired = fired, set()
    note(look(path))
    rule = f"{path.parent.name}/{path.stem}"
    if rule not in fired:
        faults.append(f"{rule}.log does not fire its rule")
    fired |= before
for case in sorted((source / "captures").glob("*/case.json")):
    files = [path for path in case.parent.iterdir() if path.suffix in (".pcapng", ".log")]
    note(look(*files))
    for path in files:
        note(look(path))
rules = set()
for path in (source / "data" / "causes").glob("*.toml"):
    for block in re.findall(r"\[\[evidence\]\]\n((?:(?!\[\[).*\n)*)", path.read_text()):
        rules.add(path.stem + "/" + re.search(r'^id *= *"([^"]+)"', block, re.M).group(1))
unfired_path = here / "unfired.txt"
unfired = rules - fired
if "--write" in sys.argv:
    unfired_path.write_text("".join(rule + "\n" for rule in sorted(unfired)))
known = set(unfired_path.read_text().split())
for rule in sorted(known - rules):
    faults.append(f"unfired.txt names {rule}, which is no rule")
for rule in sorted(known & fired):
    faults.append(f"unfired.txt names {rule}, which a sample fires now: take it out")
for rule in sorted(unfired - known):
    faults.append(f"{rule} is fired by no sample")
if len(known) > MOST_UNFIRED:
    faults.append(f"unfired.txt has grown to {len(known)}")
for fault in faults:
    print(fault)
print(f"{len(ids)} causes, {len(rules)} rules, {len(rules & fired)} fired by samples; {len(faults)} faults")
sys.exit(1 if faults else 0)
