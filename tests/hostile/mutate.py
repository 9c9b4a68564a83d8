#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutations of captures, logs and certificates: no report of a sanitizer, no run over a time or a size.

usage: mutate.py TLSWHY [--count N] [--seed N] [--seconds S] [--megabytes M] [--keep FOLDER] PATH...

Takes the files below the paths in turn and changes each at random places (always the same for one seed): bits and bytes, lengths, pieces
removed, doubled and moved, ends cut off, pieces of another file put in. A build with AddressSanitizer and UndefinedBehaviorSanitizer
(preset dev) tells most. Many files go through one process; whatever is wrong with it, or too slow or too big, is tried again file by file.
Wrong files are kept in FOLDER. Times are CPU seconds of the program, sizes its peak memory.
"""
import argparse
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

LARGEST = 256 << 10  # a larger file would take the time of many
BATCH = 40
# What the program may answer: nothing failed, failures, parts unread. 2 is a wrong command line, 70 an internal error.
RIGHT = (0, 1, 3)
NUMBERS = (0, 1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF, 0x100, 0x4000, 0x7FFF, 0x8000, 0xFFFF, 0xFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutate(data, others, rng):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 8, 20))):
        if not data:
            break
        at = rng.randrange(len(data))
        kind = rng.randrange(10)
        if kind <= 1:
            data[at] ^= 1 << rng.randrange(8)
        elif kind <= 3:
            data[at] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
        elif kind <= 5:
            width = rng.choice((1, 2, 3, 4))
            value = (rng.choice(NUMBERS) & ((1 << 8 * width) - 1)).to_bytes(width, rng.choice(("big", "little")))
            data[at:at + width] = value[: len(data) - at]
        elif kind == 6:
            del data[at:at + rng.choice((1, 2, 4, rng.randrange(1, 2000)))]
        elif kind == 7:
            piece = data[at:at + rng.choice((1, 4, rng.randrange(1, 2000)))]
            place = rng.randrange(len(data))
            data[place:place] = piece
        elif kind == 8:
            other = rng.choice(others)
            begin = rng.randrange(len(other)) if other else 0
            data[at:at] = other[begin:begin + rng.randrange(1, 1500)]
        else:
            del data[at:]
    return bytes(data)


def measure(program, arguments):
    """(exit status, CPU seconds, peak megabytes, what it said)"""
    environment = {**os.environ, "ASAN_OPTIONS": "exitcode=99:abort_on_error=0:quarantine_size_mb=16:allocator_may_return_null=1",
                   "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=said, env=environment,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (120, 120)))
        _, status, usage = os.wait4(process.pid, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said.read()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tlswhy", type=pathlib.Path)
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--megabytes", type=float, default=300)
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("build/mutations"))
    options = parser.parse_args()
    program = options.tlswhy.resolve()
    files = sorted(path for given in options.paths for path in ([given] if given.is_file() else given.rglob("*")) if path.is_file())
    files = [path for path in files if 0 < path.stat().st_size <= LARGEST and path.suffix not in (".json", ".md")]
    assert files, "nothing to mutate"
    done, wrong, slowest, biggest, statuses = 0, [], 0.0, 0.0, {}

    def judge(arguments):
        nonlocal slowest, biggest
        status, seconds, megabytes, said = measure(program, arguments)
        fault = []
        if status not in RIGHT or b"ERROR: " in said or b"runtime error" in said:
            told = [line for line in said.decode(errors="replace").splitlines() if "ERROR" in line or "SUMMARY" in line or "runtime error" in line or "tlswhy" in line]
            fault.append(f"status {status}: {' | '.join(told[:6])[:1500]}")
        if seconds > options.seconds:
            fault.append(f"{seconds:.1f} s")
        if megabytes > options.megabytes:
            fault.append(f"{megabytes:.0f} MB")
        return fault, status, seconds, megabytes

    while done < options.count:
        with tempfile.TemporaryDirectory() as folder:
            batch = []
            for number in range(done, min(done + BATCH, options.count)):
                rng = random.Random(options.seed * 1_000_003 + number)
                source = files[number % len(files)] if number >= len(files) else files[number]
                data = mutate(source.read_bytes(), [rng.choice(files).read_bytes()], rng)
                path = pathlib.Path(folder) / f"{number:06}{source.suffix}"
                path.write_bytes(data)
                batch.append(path)
            fault, status, seconds, megabytes = judge(["triage", "--json", "--jobs", "1", folder])
            statuses[status] = statuses.get(status, 0) + 1
            if not fault:
                # No single file can have taken more than all of them.
                slowest, biggest = max(slowest, seconds), max(biggest, megabytes)
            else:
                for path in batch:
                    fault, status, seconds, megabytes = judge(["--json", path])
                    slowest, biggest = max(slowest, seconds), max(biggest, megabytes)
                    if fault:
                        options.keep.mkdir(parents=True, exist_ok=True)
                        (options.keep / path.name).write_bytes(path.read_bytes())
                        wrong.append(path.name)
                        print(f"{path.name}: {'; '.join(fault)}", flush=True)
            done += len(batch)
        if done % 2000 == 0:
            print(f"{done} mutations, {len(wrong)} wrong", flush=True)
    print(f"{done} mutations of {len(files)} files, {len(wrong)} wrong; no process took more than {slowest:.2f} s and {biggest:.0f} MB; exit statuses of batches {statuses}")
    sys.exit(1 if wrong else 0)


main()
