"""A program's first lines are its own, and nothing of a failure is lost."""

import signal
import subprocess
import sys

import pytest

from data_pipeline import startup


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, **options
    )


def held(body):
    return run(
        "import os, sys; from data_pipeline.startup import held_stderr\n"
        f"with held_stderr():\n    {body}\nos.write(2, b'after')"
    )


def test_what_libraries_and_children_write_is_held():
    done = held("os.write(2, b'noise'); os.system('echo more >&2')")
    assert (done.returncode, done.stderr) == (0, "after")


def test_an_exception_shows_what_was_held():
    done = held("os.write(2, b'libx.so is missing'); raise ImportError('x')")
    assert done.returncode == 1
    assert done.stderr.startswith("libx.so is missing")
    assert "ImportError: x" in done.stderr and "after" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_crash_shows_what_was_held(number):
    done = held(f"os.write(2, b'Check failed'); os.kill(os.getpid(), {number})")
    assert (done.returncode, done.stderr) == (-number, "Check failed")


def test_ctrl_c_shows_nothing_of_it():
    done = held("os.write(2, b'noise'); raise KeyboardInterrupt")
    assert "KeyboardInterrupt" in done.stderr and "noise" not in done.stderr


def test_ctrl_c_ends_a_program_with_one_line(capsys):
    with pytest.raises(SystemExit) as caught, startup.interruptible("x.py:"):
        raise KeyboardInterrupt
    assert caught.value.code == 130
    assert capsys.readouterr().err == "x.py: interrupted\n"


def test_nothing_stays_behind(tmp_path):
    code = (
        "import os; from data_pipeline.startup import held_stderr\n"
        "with held_stderr():\n    os.write(2, b'noise'){}"
    )
    for end in ("", "; os._exit(3)"):
        done = run(code.format(end), env={"TMPDIR": str(tmp_path)})
        assert (done.returncode == 0) == (not end)
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("closed", [True, False])
def test_a_program_without_an_error_output_runs(closed):
    done = run(
        "import os; from data_pipeline.startup import held_stderr\n"
        f"if {closed}: os.close(2)\nwith held_stderr():\n    print('done')"
    )
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_a_program_without_a_folder_for_it_runs():
    done = run(
        "import tempfile; from data_pipeline.startup import held_stderr\n"
        "tempfile.tempdir = '/nowhere'\nwith held_stderr():\n    print('done')"
    )
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_what_has_tensorflow_already_holds_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    monkeypatch.setattr(startup, "held_stderr", None)
    assert startup.import_quietly("json").__name__ == "json"
