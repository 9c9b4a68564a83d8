#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the confidences meant? Compares them with the confirmed causes of labelled cases.

usage: calibrate.py TLSWHY FOLDER... [--largest-ece SHARE] [--least-sure-right SHARE] [--fewest N]

A case is a folder with case.json (`cause`, `also_acceptable`, `context`) and the inputs, as captures/README.md describes; folders are searched.
Every cause that a verdict names is one statement: "this is it, with probability p". Printed are the reliability table (of the statements
given so much, how many were true), the Brier score and the expected calibration error (ECE, ten bins of equal width) of the leading causes and
of all, and the sharpness that would have fitted better, found for each case from all other cases (leave-one-out), with what it would have
gained. Sharpness multiplies all log-odds: above 1 the program is too shy, below 1 too sure. Exit status 1 where a bound given is missed.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys

BINS = 10
SURE = 0.8
SMALLEST = 1e-6  # a statement of exactly 0 or 1 has no log-odds
SHARPNESS = [1.06 ** step for step in range(-24, 25)]  # 0.25 to 4


def case_of(tlswhy, label):
    """(name, [(probability, true)]) of the causes named, most likely first; none where the verdict is that nothing failed."""
    case = json.loads(label.read_text())
    files = sorted(str(f) for f in label.parent.iterdir() if f.is_file() and f.name != "case.json")
    words = []
    for key, value in (case.get("context") or {}).items():
        words += ["--set", f"{key}={json.dumps(value) if isinstance(value, (dict, list, bool)) else value}"]
    done = subprocess.run([tlswhy, "--json", *files, *words], capture_output=True, timeout=120)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{label.parent.name}: exit status {done.returncode}")
    right = {case["cause"], *case.get("also_acceptable", [])}
    causes = json.loads(done.stdout)["verdict"]["causes"]
    # Where several causes are as good, the first of them is the true statement, with what all of them were given.
    together = sum(cause["confidence"] for cause in causes if cause["id"] in right)
    statements, told = [], False
    for cause in causes:
        if cause["id"] not in right:
            statements.append((cause["confidence"], False))
        elif not told:
            statements.append((min(together, 1.0), True))
            told = True
    return label.parent.name, statements


def sharpened(statements, factor):
    """The statements of one case with all log-odds multiplied: powers of the probabilities, what is left over among them."""
    rest = max(1.0 - sum(p for p, _ in statements), SMALLEST)
    powers = [max(p, SMALLEST) ** factor for p, _ in statements]
    total = sum(powers) + rest ** factor
    return [(power / total, true) for power, (_, true) in zip(powers, statements)]


def surprise(statements):
    """Minus the logarithm of what the truth was given; the truth that was not named had a share of what was left over."""
    for p, true in statements:
        if true:
            return -math.log(max(p, SMALLEST))
    return -math.log(max(1.0 - sum(p for p, _ in statements), SMALLEST))


def brier(statements):
    return sum((p - true) ** 2 for p, true in statements) / len(statements)


def bins_of(statements):
    bins = [[] for _ in range(BINS)]
    for p, true in statements:
        bins[min(int(p * BINS), BINS - 1)].append((p, true))
    return bins


def mean(values):
    return sum(values) / len(values)


def calibration_error(statements):
    return sum(len(b) / len(statements) * abs(mean([p for p, _ in b]) - mean([t for _, t in b])) for b in bins_of(statements) if b)


def table(title, statements):
    print(f"{title}: {len(statements)} statements, Brier {brier(statements):.4f}, ECE {calibration_error(statements):.4f}")
    print("  given       count   mean given   true")
    for index, members in enumerate(bins_of(statements)):
        if members:
            print(f"  {index / BINS:.1f} to {(index + 1) / BINS:.1f} {len(members):6}   {mean([p for p, _ in members]):10.3f}   {mean([t for _, t in members]):.3f}")


def leave_one_out(cases):
    """For each case the sharpness that the others like best; (its mean, surprise as printed, surprise with it)."""
    lost = [[surprise(sharpened(statements, factor)) for factor in SHARPNESS] for statements in cases]
    totals = [sum(column) for column in zip(*lost)]
    chosen = [min(range(len(SHARPNESS)), key=lambda k: totals[k] - own[k]) for own in lost]
    return (math.exp(mean([math.log(SHARPNESS[k]) for k in chosen])), mean([surprise(statements) for statements in cases]),
            mean([own[k] for own, k in zip(lost, chosen)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tlswhy")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--largest-ece", type=float, default=1.0, help="of the leading causes")
    parser.add_argument("--least-sure-right", type=float, default=0.0, help=f"share of the leading causes given {SURE} or more")
    parser.add_argument("--fewest", type=int, default=1, help="cases; with fewer the figures say nothing")
    options = parser.parse_args()
    cases = []
    for folder in options.folders:
        for label in sorted(pathlib.Path(folder).rglob("case.json")):
            name, statements = case_of(options.tlswhy, label)
            if statements:
                cases.append(statements)
                if statements[0][0] >= SURE and not statements[0][1]:
                    print(f"sure and wrong: {name}, given {statements[0][0]:.2f}")
    if len(cases) < options.fewest or not cases:
        print(f"{len(cases)} cases with causes: too few")
        return 1
    leading = [statements[0] for statements in cases]
    table("leading causes", leading)
    table("all causes named", [one for statements in cases for one in statements])
    factor, before, after = leave_one_out(cases)
    print(f"sharpness by leave-one-out: {factor:.2f}; mean surprise {before:.4f} as printed, {after:.4f} with it")
    sure = [true for p, true in leading if p >= SURE]
    right = mean(sure) if sure else 1.0
    print(f"given {SURE} or more: {len(sure)}, of these right: {right:.1%}")
    return 1 if calibration_error(leading) > options.largest_ece or right < options.least_sure_right else 0


if __name__ == "__main__":
    sys.exit(main())
