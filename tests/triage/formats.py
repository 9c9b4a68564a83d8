#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The formats of CI services, judged by what their readers demand.

usage: formats.py TLSWHY CAPTURES

JUnit is held against junit.xsd with xmllint. SARIF, GitLab and GitHub are held against the demands in their documentation. Where the
environment names the official schemas (TLSWHY_SARIF_SCHEMA, TLSWHY_JUNIT_XSD), against these too.
"""
import csv
import html
import io
import json
import os
import pathlib
import re
import subprocess
import urllib.parse
import xml.etree.ElementTree as ET

import jsonschema

from stories import CAPTURES, copy, run, tell

HERE = pathlib.Path(__file__).resolve().parent
FORMATS = ("junit", "sarif", "github", "gitlab", "tap", "csv")
LABELS = {path.parent.name: json.loads(path.read_text()) for path in sorted(CAPTURES.glob("*/case.json"))}
HOSTILE = "x,\"<a>&'%0A::error::y\n::error file=a::injected\r\n=cmd|' /C calc'!A0;\x1b[31m\x01#|`[l](http:x)\u202e\ufffe\\"


def judge_junit(data):
    for schema in filter(None, (HERE / "junit.xsd", os.environ.get("TLSWHY_JUNIT_XSD"))):
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, "-"], input=data, capture_output=True)
        assert done.returncode == 0, done.stderr[:300]
    suite = ET.fromstring(data).find("testsuite")
    cases = suite.findall("testcase")
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(count)) == sum(case.find(tag) is not None for case in cases), count
    assert int(suite.get("tests")) == len(cases)
    return cases


def judge_sarif(data):
    document = json.loads(data)
    if official := os.environ.get("TLSWHY_SARIF_SCHEMA"):
        schema = json.loads(pathlib.Path(official).read_text())
        fault = jsonschema.exceptions.best_match(jsonschema.validators.validator_for(schema)(schema).iter_errors(document))
        assert fault is None, fault.message[:300]
    assert set(document) == {"$schema", "version", "runs"} and document["version"] == "2.1.0" and document["$schema"].startswith("https://")
    assert len(document["runs"]) == 1
    one = document["runs"][0]
    rules = one["tool"]["driver"]["rules"]
    assert one["tool"]["driver"]["name"] == "tlswhy" and one["tool"]["driver"]["semanticVersion"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        for key in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[key]["text"]) <= 1024, rule["id"]
        assert rule["help"]["text"] and rule["help"]["markdown"] and 0 < len(rule["properties"]["tags"]) <= 10
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")
    assert len(one["results"]) <= 25000
    hashes = [result["partialFingerprints"]["primaryLocationLineHash"] for result in one["results"]]
    assert len(set(hashes)) == len(hashes) and all(re.fullmatch(r"[0-9a-f]{16}:[1-9][0-9]*", value) for value in hashes)
    for result in one["results"]:
        assert result["message"]["text"] and rules[result["ruleIndex"]]["id"] == result["ruleId"] and result["level"] in ("error", "warning", "note")
        assert len(result["locations"]) == 1
        place = result["locations"][0]["physicalLocation"]
        uri, region = place["artifactLocation"]["uri"], place["region"]
        # RFC 3986, 4.1: a relative reference whose first segment has no colon; or an absolute path of this machine.
        assert re.fullmatch(r"(file:///)?([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri) and not uri.startswith("./"), uri
        assert urllib.parse.unquote(uri)
        assert region["startLine"] >= 1 and region["endLine"] >= region["startLine"] and region["startColumn"] >= 1 and region["endColumn"] > region["startColumn"]
    return one


def judge_github(data):
    """The annotations, as GitHub's runner reads its log: line by line, properties separated by commas, then unescaped."""
    found = []
    for line in data.decode().splitlines():
        command = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        if command is None:
            assert not line.lstrip().startswith("::") and "##[" not in line, line
            continue
        properties = dict(entry.split("=", 1) for entry in command[2].split(","))
        assert set(properties) in ({"file", "line", "endLine", "title"}, {"title"}), properties
        found.append((command[1], {key: urllib.parse.unquote(value) for key, value in properties.items()}, urllib.parse.unquote(command[3])))
    for kind in ("error", "warning", "notice"):
        assert sum(entry[0] == kind for entry in found) <= 10, kind
    return found


def judge_gitlab(data):
    issues = json.loads(data)
    for issue in issues:
        assert issue["description"] and issue["check_name"] and issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not issue["location"]["path"].startswith("./") and issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    return issues


def judge_tap(data):
    lines = data.decode().splitlines()
    assert lines[0] == "TAP version 13" and re.fullmatch(r"1\.\.\d+", lines[1])
    tests, block = [], False
    for line in lines[2:]:
        if block:
            assert line.startswith("  "), line
            block = line != "  ..."
        elif line == "  ---":
            assert tests[-1][0], "only what is not ok has a block here"
            block = True
        else:
            test = re.fullmatch(r"(not )?ok (\d+) - ((?:[^#\\]|\\.)*)(?: # SKIP (.*))?", line)
            assert test, line
            tests.append((bool(test[1]), re.sub(r"\\(.)", r"\1", test[3]).strip(), test[4]))
            assert int(test[2]) == len(tests)
    assert len(tests) == int(lines[1][3:]) and not block
    return tests


def judge_csv(data):
    text = data.decode()
    assert text.endswith("\r\n") and text.count("\n") == text.count("\r\n")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    for row in rows:
        assert None not in row and None not in row.values(), row
        for key, value in row.items():
            assert not value.startswith(("=", "+", "-", "@", "\t", "\r")), f"{key} is a formula: {value}"
    return rows


JUDGES = {"junit": judge_junit, "sarif": judge_sarif, "github": judge_github, "gitlab": judge_gitlab, "tap": judge_tap, "csv": judge_csv}


def every_format_of_every_pair_is_what_its_readers_demand(folder):
    for name, label in LABELS.items():
        files = sorted(str(path) for path in (CAPTURES / name).iterdir() if path.name != "case.json")
        healthy = label["cause"] == "not-an-error"
        right = {label["cause"], *label["also_acceptable"]}
        for form, judge in JUDGES.items():
            found = judge(run("--format", form, *files, status=0 if healthy else 1).stdout)
            if form == "junit":
                assert (found[0].find("failure") is None) == healthy and (healthy or found[0].find("failure").get("type") in right), name
            elif form == "sarif":
                assert {result["ruleId"] for result in found["results"]} <= right and bool(found["results"]) != healthy, name
            elif form == "gitlab":
                assert {issue["check_name"].split("/")[1] for issue in found} <= right and bool(found) != healthy, name
            elif form == "github":
                assert {entry[1]["title"].split()[-1] for entry in found} <= right and bool(found) != healthy, name
            elif form == "tap":
                assert found[0][0] != healthy, name
            else:
                assert healthy or found[0]["cause"] in right, name


def batches_in_every_format_are_the_same_whatever_the_jobs_the_time_zone_and_the_shards(folder):
    parts = []
    for index in (1, 2, 3):
        parts.append(folder / f"{index}.ndjson")
        run("triage", "--ndjson", "--shard", f"{index}/3", "-o", parts[-1], CAPTURES)
    for form, judge in JUDGES.items():
        one = run("triage", "--format", form, "--jobs", 1, CAPTURES, env={"TZ": "UTC"})
        judge(one.stdout)
        two = run("triage", "--format", form, "--jobs", 2, CAPTURES, env={"TZ": "Asia/Kolkata"})
        merged = run("merge", "--format", form, *parts)
        assert (one.stdout, one.returncode) == (two.stdout, two.returncode) == (merged.stdout, merged.returncode), form


def names_made_to_break_out_do_not(folder):
    # A name that no capture could have, but a file can; and a log and a host name in it with the same.
    nasty = folder / HOSTILE.replace("/", "_").replace("\x00", "")
    copy("mbedtls-expired", nasty, "p")
    (nasty / "p" / "device.log").write_text("E (1) esp-tls: couldn't get hostname for :" + HOSTILE + ": getaddrinfo() returns 202\n")
    (nasty / "bad\n::error::z.pcap").write_bytes(b"\x00" * 100)
    for form, judge in JUDGES.items():
        data = run("triage", "--format", form, ".", cwd=folder, status=3).stdout
        found = judge(data)
        assert b"\x1b" not in data and b"\x01" not in data, form
        assert "\u202e" not in data.decode(), form
        if form == "junit":
            assert len(found) == 2
        if form == "github":
            assert all("\n" not in entry[1]["title"] for entry in found) and len(found) == 2, found
        if form == "tap":
            assert len(found) == 2 and "%0A::error" in found[0][1]
        if form == "sarif":
            assert len(found["results"]) == 2
        if form == "csv":
            assert len(found) == 2
    summary = folder / "summary.md"
    run("triage", "--format", "github", ".", cwd=folder, env={"GITHUB_STEP_SUMMARY": str(summary)})
    text = summary.read_text()
    for row in text.splitlines():
        assert not row.startswith("|") or row.count("|") == 4, row
    assert "<a>" not in text and "](" not in text and "::error::y" in html.unescape(text)


def a_formula_in_a_spreadsheet_is_text(folder):
    (folder / "=1+1.log").write_text("E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n")
    (folder / "@SUM(A1).log").write_text("E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n")
    rows = judge_csv(run("triage", "--format", "csv", "=1+1.log", "@SUM(A1).log", cwd=folder).stdout)
    assert [row["path"] for row in rows] == ["'=1+1.log", "'@SUM(A1).log"]


def more_annotations_than_are_shown_are_grouped_and_what_is_left_out_is_counted(folder):
    done = run("triage", "--format", "github", CAPTURES, status=1, env={"GITHUB_STEP_SUMMARY": str(folder / "s.md")})
    found = judge_github(done.stdout)
    failed = sum(label["cause"] != "not-an-error" for label in LABELS.values())
    told = 0
    for kind, properties, message in found:
        count = re.match(r"(\d+) (more )?inputs", message)
        told += int(count[1]) if count else 1
    assert len(found) == 10 and told == failed, (len(found), told, failed)
    table = (folder / "s.md").read_text()
    assert table.count("\n| error |") == failed
    run("triage", "--format", "github", CAPTURES, env={"GITHUB_STEP_SUMMARY": str(folder / "s.md")})
    assert (folder / "s.md").read_text() == table + table, "a summary is added to, not replaced"


def paths_are_those_of_the_repository(folder):
    (folder / ".git").mkdir()
    copy("mbedtls-expired", folder / "tests" / "a b", "é#1")
    relative = "tests/a b/é#1/capture.pcapng"
    for where, what in ((folder, "tests"), (folder / "tests", "../tests"), (folder / "tests", folder / "tests")):
        one = judge_sarif(run("triage", "--format", "sarif", what, cwd=where).stdout)
        uri = one["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == urllib.parse.quote(relative), (where, uri)
        assert judge_gitlab(run("triage", "--format", "gitlab", what, cwd=where).stdout)[0]["location"]["path"] == relative
    category = judge_sarif(run("triage", "--format", "sarif", "--sarif-category", "nightly", "tests", cwd=folder).stdout)
    assert category["automationDetails"]["id"] == "nightly/"


def a_run_of_a_ci_job_is_played_through(folder):
    """Green with expectations; a regression turns it red and is pointed at; on the baseline it is green again."""
    repository, summary = folder / "repo", folder / "summary.md"
    for name, pair in (("telemetry", "mbedtls-good"), ("update", "wolfssl-good-tls13")):
        copy(pair, repository / "tests" / "tls", name)
        (repository / "tests" / "tls" / name / "run.expect").write_text("expect: success\n")
    copy("mbedtls-expired", repository / "tests" / "tls", "expired")
    (repository / "tests" / "tls" / "expired" / "run.expect").write_text("expect: cause=cert-expired\n")
    service = {"GITHUB_WORKSPACE": str(repository), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true", "CI": "true"}
    job = ("triage", "--expect", "--format", "github")
    assert judge_github(run(*job, "tests", cwd=repository, env=service, status=0).stdout) == []
    # The regression: a build of the firmware without the right root.
    copy("mbedtls-other-root", repository / "tests" / "tls", "telemetry", files=("capture.pcapng", "device.log", "server.log"))
    (repository / "tests" / "tls" / "telemetry" / "device.log").unlink()
    (repository / "tests" / "tls" / "telemetry" / "server.log").unlink()
    alert = LABELS["mbedtls-other-root"]["expected"]["alerts"][0]
    assert alert["code"] == 48, "tshark sees unknown_ca"
    [(kind, properties, message)] = judge_github(run(*job, "tests", cwd=repository, env=service, status=1).stdout)
    assert kind == "error" and properties["file"] == "tests/tls/telemetry/capture.pcapng"
    assert "unknown-ca" in properties["title"] and "unknown-ca" in message and f"frame {alert['frame']}" in message and "Expected: ok" in message, message
    assert "telemetry" in summary.read_text()
    [case] = [case for case in judge_junit(run("triage", "--expect", "--format", "junit", "tests", cwd=repository, status=1).stdout) if case.find("failure") is not None]
    assert "telemetry" in case.get("name")
    # It is accepted for now.
    run("triage", "--expect", "--write-baseline", "tests/known.json", "tests", cwd=repository, status=1)
    known = judge_github(run(*job, "--baseline", "tests/known.json", "tests", cwd=repository, env=service, status=0).stdout)
    assert [entry[0] for entry in known] == ["notice"]
    assert all(case.find("failure") is None for case in judge_junit(run("triage", "--expect", "--format", "junit", "--baseline", "tests/known.json", "tests", cwd=repository, status=0).stdout))
    # Another one is not.
    copy("mbedtls-alpn", repository / "tests" / "tls", "update")
    [(kind, properties, message)] = [entry for entry in judge_github(run(*job, "--baseline", "tests/known.json", "tests", cwd=repository, env=service, status=1).stdout) if entry[0] == "error"]
    assert "alpn-mismatch" in message and properties["file"].startswith("tests/tls/update/")


def fail_on_never_still_shows_the_failures(folder):
    copy("mbedtls-expired", folder, "a")
    assert judge_junit(run("triage", "--fail-on", "never", "--format", "junit", folder, status=0).stdout)[0].find("failure") is not None
    assert judge_github(run("triage", "--fail-on", "never", "--format", "github", folder, status=0).stdout)[0][0] == "error"


def what_could_not_be_read_is_in_every_format(folder):
    copy("mbedtls-good", folder, "a")
    (folder / "b.pcap").write_bytes(b"nothing at all\x00\x01\x02")
    results = {form: judge(run("triage", "--format", form, folder, status=3).stdout) for form, judge in JUDGES.items()}
    assert sum(case.find("error") is not None for case in results["junit"]) == 1
    assert [result["ruleId"] for result in results["sarif"]["results"]] == ["unreadable"]
    assert not results["sarif"]["invocations"][0]["executionSuccessful"]
    assert len(results["github"]) == len(results["gitlab"]) == 1 and results["github"][0][0] == "error"
    assert [test[0] for test in results["tap"]] == [False, True]
    assert [row["status"] for row in results["csv"]] == ["ok", "unreadable"] and results["csv"][1]["problems"]


tell([value for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", None) == "__main__" and not name.startswith("judge_")], least=9)
