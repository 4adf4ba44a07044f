"""One process at a time writes a folder."""

import errno
import pathlib
import subprocess
import sys

import pytest

from sdgan_tf.locking import RunInUse, locked
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parents[2]

HOLDER = """
import sys, time
sys.path.insert(0, sys.argv[2])
from sdgan_tf.locking import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_lock_goes_with_the_process_that_holds_it(tmp_path):
    run = Run(str(tmp_path / "run"))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, run.folder, str(ROOT)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    with (
        pytest.raises(RunInUse, match="another training.*Received: run_dir"),
        locked(run.folder),
    ):
        pass
    process.kill()
    process.wait()
    with locked(run.folder), pytest.raises(RunInUse), locked(run.folder):
        pass
    with locked(run.folder):
        pass


def test_a_remote_folder_is_not_locked():
    with locked("foo://bucket/run"):
        pass


def test_a_file_system_without_locks_is_warned_of(
    tmp_path, monkeypatch, caplog
):
    def flock(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", flock)
    with locked(str(tmp_path)):
        assert "a second training could write to it" in caplog.text
