"""The program's first lines are its own."""

import subprocess
import sys

import pytest


def held(body):
    code = (
        "import os, sys; from sdgan_tf.commands.quiet import held_stderr"
        f"\nwith held_stderr():\n    {body}\nos.write(2, b'after')"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )


def test_what_libraries_write_is_held():
    done = held("os.write(2, b'noise'); print('more', file=sys.stderr)")
    assert (done.returncode, done.stderr) == (0, "after")


def test_an_exception_shows_what_was_held():
    done = held("os.write(2, b'libx.so is missing'); raise ImportError('x')")
    assert done.returncode == 1
    assert done.stderr.startswith("libx.so is missing")
    assert "ImportError: x" in done.stderr and "after" not in done.stderr


def test_a_crash_is_shown():
    done = held("os.kill(os.getpid(), 11)")
    assert done.returncode == -11
    assert "Segmentation fault" in done.stderr


@pytest.mark.parametrize("closed", [True, False])
def test_a_program_without_an_error_output_runs(closed):
    code = (
        "import os; from sdgan_tf.commands.quiet import held_stderr\n"
        f"if {closed}: os.close(2)\nwith held_stderr():\n    print('done')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "done\n")
