#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of src/triage/examples, run as they stand.

usage: examples.py TLSWHY CAPTURES EXAMPLES

Slurm's part is played by its variables. The workflow files' tlswhy lines are run with the variables that the services set.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from stories import CAPTURES, TLSWHY, copy, run, tell

EXAMPLES = pathlib.Path(sys.argv[3]).resolve()


def shell(command, folder, **variables):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI"))}
    return subprocess.run(command, capture_output=True, timeout=100, cwd=folder, env={**env, "PATH": f"{TLSWHY.parent}:{env['PATH']}", **variables})


def the_parts_of_a_slurm_array_are_one_run(folder):
    for task in ("1", "2", "3"):
        done = shell(["sh", EXAMPLES / "slurm.sh", CAPTURES], folder, SLURM_ARRAY_TASK_ID=task, SLURM_ARRAY_TASK_MAX="3", SLURM_CPUS_PER_TASK="2")
        assert done.returncode == 0, done.stderr
    assert run("merge", "--ndjson", *folder.glob("part-*.ndjson"), status=1).stdout == run("triage", "--ndjson", CAPTURES).stdout


def gnu_parallel_gives_one_run(folder):
    if shutil.which("parallel") is None:
        return print("GNU parallel is not installed: not run")
    copy("mbedtls-expired", folder, "it's; a $folder")
    done = shell([EXAMPLES / "parallel.sh", "ndjson", CAPTURES, "it's; a $folder"], folder)
    assert done.returncode == 1, done.stderr
    assert done.stdout == run("triage", "--ndjson", CAPTURES, "it's; a $folder", cwd=folder).stdout


def the_workflows_play_through(folder):
    for name, numbered in (("github.yml", lambda line, part: re.sub(r"\$\{\{ matrix.shard \}\}", part, line)), ("gitlab-ci.yml", lambda line, part: line)):
        work = folder / name
        copy("mbedtls-expired", work / "tests" / "captures", "a")
        copy("mbedtls-good", work / "tests" / "captures", "b")
        run("triage", "--write-baseline", "tests/known.json", "tests/captures", cwd=work)
        copy("mbedtls-alpn", work / "tests" / "captures", "c")
        lines = re.findall(r"^ *- (?:run: )?(tlswhy .*)$", (EXAMPLES / name).read_text(), re.M)
        shards = [line for line in lines if "--shard" in line]
        assert len(shards) == 1 and len(lines) >= 3
        for part in "1234":
            done = shell(["sh", "-c", numbered(shards[0], part)], work, CI_NODE_INDEX=part, CI_NODE_TOTAL="4")
            assert done.returncode == 0, done.stderr
        results = [shell(["sh", "-c", line], work) for line in lines if "--shard" not in line]
        assert results[-1].returncode == 1, results[-1].stderr
        assert all(done.stderr == b"" for done in results)
        written = b"".join(path.read_bytes() for path in work.iterdir() if path.is_file() and not path.name.startswith("part-")) + results[-1].stdout
        assert b"alpn-mismatch" in written


tell([the_parts_of_a_slurm_array_are_one_run, gnu_parallel_gives_one_run, the_workflows_play_through], least=3)
