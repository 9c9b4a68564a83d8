#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Batches: what is found and paired, order and bytes, expectations, baselines, shards, bad files.

usage: batch.py TLSWHY CAPTURES

The right verdicts are those of the labels in captures/; JSON is judged by python3-jsonschema.
"""
import json
import shutil
import signal
import subprocess

import jsonschema

from stories import CAPTURES, TLSWHY, copy, run, tell

LABELS = {path.parent.name: json.loads(path.read_text()) for path in sorted(CAPTURES.glob("*/case.json"))}


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def validator():
    schema = json.loads(run("schema", "tlswhy-triage-1", status=0).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def every_label_is_met_and_every_line_is_valid(folder):
    done = run("triage", "--ndjson", "--expect", CAPTURES, status=0)
    *inputs, last = lines(done)
    judge = validator()
    for line in (*inputs, last, json.loads(run("triage", "--json", CAPTURES, status=1).stdout)):
        fault = jsonschema.exceptions.best_match(judge.iter_errors(line))
        assert fault is None, f"{line.get('path')}: {fault.message[:200]}"
    assert len(inputs) == len(LABELS) == last["totals"]["inputs"]
    for line in inputs:
        label = LABELS[line["path"].split("/")[-2]]
        assert line["expected"]["met"]
        if label["cause"] == "not-an-error":
            assert line["status"] == "ok"
        else:
            assert line["verdict"]["causes"][0]["id"] in {label["cause"], *label["also_acceptable"]}, line["path"]
    for spoil in ({"fingerprint": "x"}, {"status": "bad"}, {"path": ""}, {"verdict": None}):
        assert not judge.is_valid({**inputs[0], **spoil}), spoil


def the_verdict_is_that_of_a_single_run_over_the_same_files(folder):
    for line in lines(run("triage", "--ndjson", CAPTURES))[:-1]:
        single = json.loads(run("--json", *line["files"]).stdout)
        assert line["verdict"] == single["verdict"], line["path"]


def a_capture_is_paired_with_what_lies_in_its_folder_or_bears_its_name(folder):
    copy("mbedtls-other-root", folder, "alone")
    copy("mbedtls-expired", folder)
    copy("mbedtls-alpn", folder)
    (folder / "notes.md").write_text("no log")
    (folder / "mbedtls-expiredish.log").write_text("E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n")
    files = {line["path"]: line["files"] for line in lines(run("triage", "--ndjson", ".", cwd=folder))[:-1]}
    assert files == {
        "alone/capture.pcapng": ["alone/capture.pcapng", "alone/device.log", "alone/server.log"],
        "mbedtls-alpn.pcapng": ["mbedtls-alpn.pcapng", "mbedtls-alpn-device.log", "mbedtls-alpn-server.log"],
        "mbedtls-expired.pcapng": ["mbedtls-expired.pcapng", "mbedtls-expired-device.log", "mbedtls-expired-server.log"],
        "mbedtls-expiredish.log": ["mbedtls-expiredish.log"],
    }, files


def a_key_log_of_the_folder_opens_all_its_captures(folder):
    for pair in ("openssl-tls13-other-root", "openssl-tls13-wrong-password"):
        copy(pair, folder, files=("capture.pcapng",))
    keys = [path for path in CAPTURES.glob("openssl-tls13-*/*") if path.name not in ("capture.pcapng", "case.json") and b"_SECRET" in path.read_bytes()]
    assert len(keys) == 2
    (folder / "all.keys").write_bytes(b"".join(key.read_bytes() for key in keys))
    for line in lines(run("triage", "--ndjson", folder))[:-1]:
        capture = line["files"][0]
        assert len(line["files"]) == 2 and line["problems"] == []
        own = CAPTURES / capture.split("/")[-1].removesuffix(".pcapng")
        opened, closed = (json.loads(run("--json", *files).stdout)["verdict"] for files in ((capture, own / "keys.log"), (capture,)))
        assert line["verdict"] == opened, capture
        assert "other-root" not in capture or opened != closed


def patterns_and_lists_of_paths_name_inputs_too(folder):
    for pair in ("mbedtls-expired", "mbedtls-alpn", "bearssl-good"):
        copy(pair, folder)
    paths = lambda done: [line["path"] for line in lines(done)[:-1]]
    assert paths(run("triage", "--ndjson", "mbed*.pcapng", cwd=folder)) == ["mbedtls-alpn.pcapng", "mbedtls-expired.pcapng"]
    assert paths(run("triage", "--ndjson", "--files-from", "-", cwd=folder, stdin=b"bearssl-good.pcapng\n")) == ["bearssl-good.pcapng"]
    assert b"nothing matches" in run("triage", "x*.pcap", cwd=folder, status=3).stderr
    assert b"no such file" in run("triage", "bearssl-good.pcapng", "gone.pcap", cwd=folder, status=3).stderr


def jobs_and_time_zone_change_no_byte(folder):
    for form in ("text", "json", "ndjson"):
        results = {run("triage", "--format", form, "--jobs", jobs, CAPTURES, env={"TZ": zone, "LC_ALL": "C"}).stdout
                   for jobs, zone in ((1, "UTC"), (2, "Asia/Tokyo"), (7, "America/New_York"))}
        assert len(results) == 1, form


def shards_merge_to_the_bytes_of_one_run(folder):
    whole = run("triage", "--ndjson", "--expect", CAPTURES)
    parts = []
    for index in range(1, 6):
        part = folder / f"{index}.ndjson"
        run("triage", "--ndjson", "--expect", "--shard", f"{index}/5", "-o", part, CAPTURES)
        parts.append(part)
    assert sum(len(part.read_text().splitlines()) - 1 for part in parts) == len(LABELS)
    for form in ("ndjson", "json", "text"):
        alone, merged = run("triage", "--expect", "--format", form, CAPTURES), run("merge", "--format", form, *reversed(parts))
        assert (alone.stdout, alone.returncode) == (merged.stdout, merged.returncode), form
    assert whole.stdout == run("merge", "--ndjson", *parts, parts[0], status=0).stdout, "a part that is given twice counts once"
    cut = folder / "cut.ndjson"
    cut.write_text("\n".join(parts[0].read_text().splitlines()[:-1]) + "\n")
    assert b"cut short" in run("merge", cut, *parts[1:], status=3).stderr
    assert b"missing: 2, 4" in run("merge", *(parts[i] for i in (0, 2, 4)), status=3).stderr
    run("triage", "--ndjson", "--shard", "1/2", "-o", folder / "half.ndjson", CAPTURES)
    assert b"is one of 2 parts" in run("merge", *parts, folder / "half.ndjson", status=3).stderr
    for wrong in ("0/3", "4/3", "1", "x/2", "1/0"):
        run("triage", "--shard", wrong, CAPTURES, status=2)


def bad_files_in_the_middle_stop_nothing(folder):
    for number in range(20):
        copy("mbedtls-expired", folder, f"{number:02}")
    capture = (folder / "05" / "capture.pcapng").read_bytes()
    for name in ("05", "06", "07", "08", "09"):
        shutil.rmtree(folder / name)
        (folder / name).mkdir()
    (folder / "05" / "cut.pcapng").write_bytes(capture[: len(capture) // 2])
    (folder / "06" / "empty.pcap").write_bytes(b"")
    (folder / "07" / "noise.pcap.gz").write_bytes(bytes(range(256)) * 40)
    (folder / "08" / "dangling.pcap").symlink_to("nowhere")
    (folder / "09" / "loop").symlink_to(folder)
    for jobs in (1, 4):
        *inputs, last = lines(run("triage", "--ndjson", "--jobs", jobs, folder, status=3))
        bad = {line["path"].split("/")[-1]: line for line in inputs if line["damaged"]}
        assert {name: line["status"] for name, line in bad.items() if name != "cut.pcapng"} == {"empty.pcap": "unreadable", "noise.pcap.gz": "unreadable"}, bad
        assert bad["cut.pcapng"]["problems"] and all(line["problems"] for line in bad.values())
        assert last["totals"]["by_cause"]["cert-expired"] >= 15 and last["totals"]["unreadable"] == 2


def a_regression_fails_the_run_until_it_is_on_the_baseline(folder):
    tests = folder / "tests"
    copy("bearssl-good", tests, "telemetry")
    copy("mbedtls-expired", tests, "expired")
    (tests / "telemetry" / "run.expect").write_text("# nightly\nexpect: success\n")
    (tests / "expired" / "run.expect").write_text("expect: cause=cert-expired,root-expired\n")
    run("triage", "--expect", "tests", cwd=folder, status=0)
    shutil.copy(CAPTURES / "bearssl-other-root" / "capture.pcapng", tests / "telemetry")
    shutil.copy(CAPTURES / "bearssl-other-root" / "device.log", tests / "telemetry")
    (tests / "telemetry" / "server.log").unlink()
    done = run("triage", "--expect", "--write-baseline", "known.json", "tests", cwd=folder, status=1)
    assert b"unknown-ca" in done.stdout and b"expected: ok" in done.stdout and b"telemetry" in done.stdout
    assert json.loads((folder / "known.json").read_text())["schema"] == "tlswhy-baseline/1"
    done = run("triage", "--expect", "--baseline", "known.json", "tests", cwd=folder, status=0)
    assert b"known" in done.stdout
    copy("mbedtls-alpn", tests, "another")
    run("triage", "--expect", "--baseline", "known.json", "tests", cwd=folder, status=1)


def a_baseline_entry_counts_again_after_its_date(folder):
    copy("mbedtls-expired", folder, "a")
    run("triage", "--write-baseline", "known.json", "a", cwd=folder, status=1)
    run("triage", "--baseline", "known.json", "a", cwd=folder, status=0)
    known = json.loads((folder / "known.json").read_text())
    for date, status in (("2020-02-29", 1), ("9999-12-31", 3), ("2199-12-31", 0), ("soon", 2)):
        known["known"][0].update(until=date, reason="the vendor renews it")
        (folder / "known.json").write_text(json.dumps(known))
        if date != "9999-12-31":
            run("triage", "--baseline", "known.json", "a", cwd=folder, status=status)
    (folder / "known.json").write_text("{}")
    run("triage", "--baseline", "known.json", "a", cwd=folder, status=3)


def the_fingerprint_knows_cause_server_and_device_but_neither_time_nor_port(folder):
    copy("mbedtls-expired", folder, "a")
    copy("mbedtls-expired", folder, "b")
    # Another time and another port of the client, written by hand: nothing else is changed.
    raw = bytearray((folder / "b" / "capture.pcapng").read_bytes())
    port = json.loads(run("--json", folder / "a" / "capture.pcapng").stdout)["handshakes"][0]["client"].rsplit(":", 1)[1]
    changed = bytes(raw).replace(int(port).to_bytes(2, "big"), (12345).to_bytes(2, "big"))
    assert changed != bytes(raw)
    (folder / "b" / "capture.pcapng").write_bytes(changed)
    copy("mbedtls-alpn", folder, "c")
    prints = {line["path"].split("/")[-2]: line["fingerprint"] for line in lines(run("triage", "--ndjson", folder))[:-1]}
    assert prints["a"] == prints["b"] != prints["c"]
    other = {line["path"].split("/")[-2]: line["fingerprint"] for line in lines(run("triage", "--ndjson", "--device", "axtls-micropython", folder))[:-1]}
    assert other["a"] != prints["a"]


def what_counts_is_chosen(folder):
    copy("mbedtls-expired", folder, "a")
    (folder / "b").mkdir()
    (folder / "b" / "quiet.log").write_text("I (1) boot: hello\n")
    for words, status in (("failed", 1), ("any", 1), ("never", 0), ("cause=cert-expired", 1), ("cause=alpn-mismatch,unknown-ca", 0), ("unexpected", 0), ("new", 1)):
        run("triage", "--fail-on", words, folder, status=status)
    run("triage", "--fail-on", "failed", folder / "b", status=0)
    run("triage", "--fail-on", "inconclusive", folder / "b", status=1)
    run("triage", "--min-confidence", "0.999", folder, status=0)
    for words in ("sometimes", "cause=", "cause=no-such-cause"):
        run("triage", "--fail-on", words, folder, status=2)
    run("triage", "--min-confidence", "7", folder, status=2)


def an_expectation_that_makes_no_sense_is_told(folder):
    copy("bearssl-good", folder, "a")
    (folder / "a" / "x.expect").write_text("expect: perhaps\n")
    line = lines(run("triage", "--expect", "--ndjson", folder, status=3))[0]
    assert line["expected"] is None and "perhaps" in line["problems"][0]


def an_interruption_reports_what_is_done(folder):
    copy("mbedtls-expired", folder, "0000")
    for number in range(1, 3000):
        (folder / f"{number:04}").mkdir()
        for file in (folder / "0000").iterdir():
            (folder / f"{number:04}" / file.name).hardlink_to(file)
    process = subprocess.Popen([TLSWHY, "triage", "--ndjson", "--jobs", "1", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, errors = process.stdout.read(), process.stderr.read()
    process.wait(timeout=60)
    documents = [json.loads(line) for line in (first + rest).splitlines()]
    totals = documents[-1]["totals"]
    assert process.returncode == 130, process.returncode
    assert totals["inputs"] == len(documents) - 1 and totals["inputs"] + totals["not_reached"] == 3000 and totals["not_reached"] > 0, totals
    assert b"interrupted" in errors


def standard_error_is_quiet_without_a_terminal_and_counts_on_one(folder):
    done = run("triage", CAPTURES)
    assert done.stderr == b"", done.stderr
    assert b"\r" not in done.stdout


tell([value for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", None) == "__main__" and name not in ("lines", "validator")], least=12)
