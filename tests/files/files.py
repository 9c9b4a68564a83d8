#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files and pipes that behave badly get a clear message and the right exit status.

usage: files.py TLSWHY CAPTURES
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

TLSWHY, CAPTURES = sys.argv[1], pathlib.Path(sys.argv[2])
CASE = CAPTURES / "mbedtls-other-root"
CAPTURE = CASE / "capture.pcapng"
LOG = CAPTURES / "mbedtls-small-heap" / "device.log"
FAILURE, UNREADABLE = 1, 3


def run(*arguments, stdout=subprocess.PIPE, **options):
    return subprocess.run([TLSWHY, *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=30, stdin=options.pop("stdin", subprocess.DEVNULL), **options)


def a_full_disk_is_told(folder):
    commands = (["explain", "-0x7200"], [CAPTURE], ["--json", CAPTURE], ["annotate", LOG], ["codes"], ["--help"], ["triage", "--ndjson", CASE])
    for command in commands:
        with open("/dev/full", "w") as full:
            done = run(*command, stdout=full)
        assert done.returncode == UNREADABLE and "standard output: cannot be written: No space left" in done.stderr, (command, done)
    done = run("-o", "/dev/full", CAPTURE)
    assert done.returncode == UNREADABLE and "/dev/full: cannot be written" in done.stderr, done


def a_reader_that_has_seen_enough_is_no_failure(folder):
    many = folder / "many.log"
    many.write_bytes(LOG.read_bytes() * 2000)
    for command, status in ((["codes", "--json"], 0), (["annotate", many], FAILURE), (["-v", CAPTURE], FAILURE)):
        process = subprocess.Popen([TLSWHY, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.read(1)
        process.stdout.close()
        message = process.stderr.read()
        assert process.wait(timeout=30) == status and message == "", (command, process.returncode, message)


def what_is_gone_or_empty_is_told_and_the_rest_is_read(folder):
    done = run(folder / "gone.pcap", CAPTURE)
    assert done.returncode == UNREADABLE and "gone.pcap: cannot be read: No such file" in done.stderr and "unknown-ca" in done.stdout, done
    (folder / "empty.pcap").touch()
    done = run(folder / "empty.pcap", CAPTURE)
    assert done.returncode == UNREADABLE and "empty.pcap: is empty" in done.stderr and "unknown-ca" in done.stdout, done
    done = run("/proc/self/mem")
    assert done.returncode == UNREADABLE and "cannot be read: Input/output error" in done.stderr, done


def a_pipe_is_read_like_a_file(folder):
    expected = run(CAPTURE).stdout
    for source in (CAPTURE, LOG):
        fifo = folder / source.name
        os.mkfifo(fifo)
        writer = threading.Thread(target=lambda: fifo.write_bytes(source.read_bytes()))
        writer.start()
        done = run(fifo)
        writer.join()
        assert done.returncode == FAILURE and done.stderr == "", done
        if source == CAPTURE:
            assert done.stdout == expected, done.stdout


def a_capture_that_is_still_written_gives_what_is_there(folder):
    growing = folder / "growing.pcapng"
    whole = CAPTURE.read_bytes()
    growing.write_bytes(whole[: len(whole) - 10])
    done = run(growing)
    assert done.returncode == UNREADABLE and "ends in the middle" in done.stderr and "growing.pcapng" in done.stdout, done


def an_interrupt_ends_the_program_as_the_shell_expects(folder):
    fifo = folder / "silent"
    os.mkfifo(fifo)
    keep_open = os.open(fifo, os.O_RDWR)
    process = subprocess.Popen([TLSWHY, fifo], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) in (-signal.SIGINT, 130), process.returncode
    # A filter ends in order: what came until then is out.
    process = subprocess.Popen([TLSWHY, "annotate"], stdin=keep_open, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(keep_open, LOG.read_bytes())
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    output, message = process.communicate(timeout=10)
    assert LOG.read_bytes().splitlines()[0] in output and message == b"" and process.returncode == FAILURE, (process.returncode, message)
    os.close(keep_open)


def main():
    stories = [value for value in list(globals().values()) if callable(value) and getattr(value, "__module__", "") == "__main__" and value not in (run, main)]
    for story in stories:
        with tempfile.TemporaryDirectory() as folder:
            story(pathlib.Path(folder))
    print(f"{len(stories)} stories")


main()
