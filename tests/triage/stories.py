# SPDX-License-Identifier: Apache-2.0
"""What the tests of batches share: running the program, making folders, telling which sentence does not hold."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

TLSWHY, CAPTURES = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()


def run(*arguments, status=None, cwd=None, env=None, stdin=b""):
    """Runs tlswhy; `status` is the exit status that it must have."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI", "TLSWHY"))}
    done = subprocess.run([TLSWHY, *map(str, arguments)], input=stdin, capture_output=True, timeout=60, cwd=cwd, env={**clean, **(env or {})})
    if status is not None:
        assert done.returncode == status, f"exit status {done.returncode}, not {status}: {arguments} {done.stdout[-300:]!r} {done.stderr[-300:]!r}"
    return done


def copy(pair, folder, name=None, files=("capture.pcapng", "device.log", "server.log")):
    """A pair of captures/ as folder/name/; without a name its files become folder/PAIR.pcapng and so on."""
    target = folder / name if name else folder
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        source = CAPTURES / pair / file
        if source.exists():
            shutil.copy(source, target / (file if name else f"{pair}{'' if file.startswith('capture') else '-' + source.stem}{source.suffix}"))
    return target


def tell(stories, least):
    """Runs every function, each in an empty folder of its own."""
    wrong = 0
    for story in stories:
        with tempfile.TemporaryDirectory() as folder:
            try:
                story(pathlib.Path(folder))
            except (AssertionError, LookupError, ValueError, TypeError) as error:
                wrong += 1
                line = traceback.extract_tb(error.__traceback__)[1].lineno
                print(f"{story.__name__}, line {line}: {type(error).__name__} {error}")
    print(f"{len(stories)} stories, {wrong} wrong")
    # A run over nothing has shown nothing.
    sys.exit(1 if wrong or len(stories) < least else 0)
