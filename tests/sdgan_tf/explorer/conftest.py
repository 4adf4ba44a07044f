"""A server of the page, as a user starts it."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[3]
START_SECONDS = 180


@contextlib.contextmanager
def _serve(folder: pathlib.Path, run_dir: str, *flags: str):
    """Runs main.py; gives the process and the page's address."""
    folder.mkdir(exist_ok=True)
    log = folder / "log.txt"
    command = [sys.executable, "main.py", "--mode=explore"]
    command += [f"--run_dir={run_dir}", "--explore_port=0", *flags]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Where whatever was left behind would lie.
            env=os.environ | {"TMPDIR": str(folder)},
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not (found := re.search(r"Explorer: (http\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield process, found.group(1)
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def serve():
    """Serves (folder, run_dir, *flags) in a `with`: process and address."""
    pytest.importorskip(
        "gradio", reason="pip install -r requirements-explorer.txt"
    )
    return _serve
