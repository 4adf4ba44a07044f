"""Faults that break a training: each of docs/reliability.md's really happens.

They run main.py by `forked_main`, which starts in two thirds of the time.
"""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parent.parent
TINY = (
    "--flagfile=tests/tiny.flags",
    "--batch_size=2",
    "--log_interval_steps=2",
    "--save_interval_steps=2",
)
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mount"), reason="only root mounts"
)
# Another clock for a process and all that it calls, without touching this
# machine's: seconds in CLOCK_SHIFT are added to the time of day.
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long shift(void) { return atol(getenv("CLOCK_SHIFT")); }
int clock_gettime(clockid_t id, struct timespec *t) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, t);
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) t->tv_sec += shift();
  return result;
}
int gettimeofday(struct timeval *t, void *zone) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
"""


class Launcher:
    """Starts main.py in forks; see `forked_main`."""

    def __init__(self, folder: pathlib.Path):
        self.output = folder / "output"
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "forked_main.py"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _ask(self, **command) -> int:
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, *flags: str, output=None, **options) -> int:
        """The id of a new process."""
        output = str(output or self.output)
        return self._ask(flags=flags, output=output, **options)

    def wait(self, pid: int) -> int:
        """The exit code of a process that ends."""
        return self._ask(wait=pid)

    def run(self, *flags: str, **options) -> tuple[int, str]:
        """Exit code and output of a whole run."""
        code = self.wait(self.start(*flags, **options))
        return code, self.output.read_text()


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    made = Launcher(tmp_path_factory.mktemp("launcher"))
    yield made
    made.process.stdin.close()
    made.process.wait()


@pytest.fixture
def mounted(tmp_path):
    """Mounts a tmpfs with the given options; gives its folder."""
    folders = []

    def mount(options: str, folder=tmp_path / "mounted") -> pathlib.Path:
        folder.mkdir(exist_ok=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True
        )
        folders.append(folder)
        return folder

    yield mount
    for folder in reversed(folders):
        subprocess.run(["umount", "-l", folder], check=True)


def latest(run: Run) -> int:
    """The step of the last checkpoint; 0 without any."""
    paths = run.checkpoints.paths()
    return int(paths[0].rsplit("-", 1)[1]) if paths else 0


def weights(run: Run) -> dict[str, np.ndarray]:
    reader = tf.train.load_checkpoint(run.checkpoints.paths()[0])
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "OBJECT_GRAPH" not in name
    }


def assert_same_weights(ours: Run, theirs: Run):
    a, b = weights(ours), weights(theirs)
    assert a.keys() == b.keys() and len(a) > 30
    for name, value in a.items():
        np.testing.assert_array_equal(value, b[name], err_msg=name)


def assert_goes_on_with_room(launcher, run, straight, flags):
    """The same command trains what a run in another folder trains."""
    folder = os.path.dirname(run.folder)
    subprocess.run(["mount", "-o", "remount,size=16m", folder], check=True)
    code, output = launcher.run(*flags, f"--run_dir={run.folder}")
    assert code == 0 and "Resumed from" in output
    code, output = launcher.run(*flags, f"--run_dir={straight.folder}")
    assert code == 0, output
    assert_same_weights(run, straight)


def assert_one_line(code: int, output: str) -> str:
    """The message of a user's error, which has no traceback."""
    assert code == 1, output
    assert "Traceback" not in output
    (line,) = [x for x in output.splitlines() if x.startswith("main.py: ")]
    return line


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_change_nothing(
    launcher, tiny_data, tmp_path
):
    rng = random.Random(0)
    killed, straight = Run(str(tmp_path / "a")), Run(str(tmp_path / "b"))
    flags = (*TINY, f"--data_dir={tiny_data}")
    ours = (*flags, f"--run_dir={killed.folder}")

    started = time.monotonic()
    pid = launcher.start(*ours, "--train_steps=1000000")
    wait_for(lambda: latest(killed) >= 2)
    until_saved = time.monotonic() - started
    kills, attempts_that_moved = 0, 0
    while True:
        os.kill(pid, signal.SIGKILL)
        assert launcher.wait(pid) == -signal.SIGKILL
        kills += 1
        step = latest(killed)
        for path in killed.checkpoints.paths():
            # Every one is whole: each tensor's checksum is looked at.
            reader = tf.train.load_checkpoint(path)
            for name in reader.get_variable_to_shape_map():
                reader.get_tensor(name)
        assert killed.experiment().dim == 4
        stats = pathlib.Path(killed.path("stats.jsonl")).read_text()
        assert all(json.loads(line)["step"] for line in stats.splitlines())
        if kills == 50:
            break
        pid = launcher.start(*ours, "--train_steps=1000000")
        time.sleep(rng.uniform(0, 1.3 * until_saved))
        assert latest(killed) >= step
        attempts_that_moved += latest(killed) > step
    assert attempts_that_moved >= 5

    last = latest(killed)
    end = f"--train_steps={last + 5}"
    code, output = launcher.run(*ours, end)
    assert code == 0 and f"Resumed from {killed.checkpoints}" in output
    code, output = launcher.run(*flags, f"--run_dir={straight.folder}", end)
    assert code == 0, output
    assert latest(killed) == latest(straight) == last + 5
    assert_same_weights(killed, straight)
    # No rubbish of 50 saves that were cut.
    assert len(os.listdir(killed.checkpoints)) == 2 * 5
    print(f"{attempts_that_moved} of {kills} attempts saved; {last + 5} steps")


def test_a_second_training_is_refused(launcher, tiny_data, tmp_path):
    run = Run(str(tmp_path / "run"))
    flags = (*TINY, f"--data_dir={tiny_data}", f"--run_dir={run.folder}")
    first = launcher.start(
        *flags, "--train_steps=1000000", output=tmp_path / "first"
    )
    wait_for(lambda: latest(run) >= 2)
    line = assert_one_line(*launcher.run(*flags))
    assert "another training writes there." in line
    assert f"Received: run_dir={run.folder!r}" in line
    # The first one neither noticed it nor left its lock when it was killed.
    step = latest(run)
    wait_for(lambda: latest(run) > step)
    os.kill(first, signal.SIGKILL)
    assert launcher.wait(first) == -signal.SIGKILL
    step = latest(run)
    code, output = launcher.run(*flags, f"--train_steps={step + 1}")
    assert code == 0, output
    assert latest(run) == step + 1


@pytest.mark.slow
@needs_root
def test_full_disk_while_a_checkpoint_is_written(
    launcher, tiny_data, tmp_path, mounted
):
    # Room for one checkpoint of 270 kB and a part of the next.
    folder = mounted("size=600k")
    run, straight = Run(str(folder / "run")), Run(str(tmp_path / "straight"))
    flags = (*TINY, f"--data_dir={tiny_data}", "--train_steps=6")
    ours = (*flags, f"--run_dir={run.folder}")
    line = assert_one_line(*launcher.run(*ours))
    assert line.startswith("main.py: the disk is full: ")
    assert "step-00000004_temp" in line and "No space left on device" in line
    assert "Checkpoints that were saved stay; the last one: step 2." in line
    assert sorted(os.listdir(run.checkpoints)) == [
        "step-00000002.data-00000-of-00001",
        "step-00000002.index",
    ]

    assert_goes_on_with_room(launcher, run, straight, flags)


@needs_root
@pytest.mark.slow
def test_full_disk_while_summaries_are_written(
    launcher, tiny_data, mounted, tmp_path
):
    run = Run(str(mounted("size=1m") / "run"))
    straight = Run(str(tmp_path / "straight"))
    flags = (
        *TINY,
        f"--data_dir={tiny_data}",
        "--sample_interval_steps=1",
        "--save_interval_steps=5",
    )
    endless = (*flags, f"--run_dir={run.folder}", "--train_steps=1000")
    line = assert_one_line(*launcher.run(*endless))
    assert line.startswith("main.py: the disk is full: ")
    assert "No space left on device" in line
    assert "the last one: step 5." in line
    assert_goes_on_with_room(
        launcher, run, straight, (*flags, "--train_steps=8")
    )


@needs_root
def test_read_only_output_folder(launcher, tiny_data, mounted):
    folder = mounted("ro")
    line = assert_one_line(
        *launcher.run(
            *TINY, f"--data_dir={tiny_data}", f"--run_dir={folder / 'run'}"
        )
    )
    assert line.endswith("Read-only file system")
    assert str(folder / "run") in line


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags",
    [["--dim=20000000"], ["--batch_size=50000000", "--d_i=20000"]],
    ids=["dim", "batch"],
)
def test_out_of_memory_says_which_flags_to_lower(
    launcher, tiny_data, tmp_path, flags
):
    line = assert_one_line(
        *launcher.run(
            *TINY,
            f"--data_dir={tiny_data}",
            f"--run_dir={tmp_path / 'run'}",
            *flags,
            # The first large tensor, of 56 GB and more, is refused at once,
            # whatever the kernel promises. Where many small ones reach a
            # limit, TensorFlow aborts.
            address_space=32 << 30,
        )
    )
    assert line.startswith("main.py: out of memory: ")
    assert "OOM when allocating tensor with shape[" in line
    assert "Lower --batch_size, --dim or --cache_gb." in line


@pytest.mark.slow
@pytest.mark.parametrize("cache_gb", [8, 0], ids=["memory", "streaming"])
def test_a_flipped_bit_of_a_shard_is_named(
    launcher, tiny_data, tmp_path, cache_gb
):
    data = tmp_path / "data"
    shutil.copytree(tiny_data, data)
    shard = data / "train-00000-of-00001.tfrecord"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 4
    shard.write_bytes(content)
    run = Run(str(tmp_path / "run"))
    line = assert_one_line(
        *launcher.run(
            *TINY,
            f"--data_dir={data}",
            f"--run_dir={run.folder}",
            f"--cache_gb={cache_gb}",
            "--train_steps=100",
        )
    )
    assert line.startswith("main.py: the data set is damaged: ")
    assert re.search(rf"{shard} \(corrupted record at \d+\)", line)
    assert line.count(".tfrecord") == 1
    assert records.DataSet.open(str(data)).damage()


@pytest.mark.slow
def test_clock_set_back(main_py, tiny_data, tmp_path, monkeypatch):
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    source, library = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(CLOCK)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True
    )
    back, straight = Run(str(tmp_path / "back")), Run(str(tmp_path / "b"))
    flags = (*TINY, f"--data_dir={tiny_data}", "--keep_checkpoints=2")
    main_py(*flags, f"--run_dir={back.folder}", "--train_steps=4")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("CLOCK_SHIFT", str(-400 * 24 * 3600))
    shown = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(shown.stdout) < time.time() - 300 * 24 * 3600
    main_py(*flags, f"--run_dir={back.folder}", "--train_steps=8")
    monkeypatch.delenv("LD_PRELOAD")
    main_py(*flags, f"--run_dir={straight.folder}", "--train_steps=8")
    steps = [p.rsplit("-", 1)[1] for p in back.checkpoints.paths()]
    assert steps == ["00000008", "00000006"]
    assert_same_weights(back, straight)
