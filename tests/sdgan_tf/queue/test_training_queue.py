"""A queue goes on where it was, whatever ended it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from sdgan_tf.queue import training_queue
from sdgan_tf.queue.jobs import Job, Record
from sdgan_tf.queue.training_queue import Queue

ROOT = pathlib.Path(__file__).parents[3]
# In place of `sdgan`: it counts in a file what it did, slowly or not.
PROGRAM = """
import pathlib, signal, sys, time
given = dict(a.lstrip("-").split("=", 1) for a in sys.argv[1:] if "=" in a)
folder = pathlib.Path(given["run_dir"])
mode = sys.argv[1]
with open(folder / "calls", "a") as calls:
    print(mode, given["data_dir"], given.get("steps"), file=calls)
if mode == "evaluate":
    (folder / "metrics.jsonl").write_text('{"auc": 0.75, "id_div": 0.5}\\n')
    sys.exit(0)
if given.get("steps") == "none":
    print("no such data")
    sys.exit(3)
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
path = folder / "stats.jsonl"
step = len(path.read_text().splitlines()) if path.exists() else 0
while step < int(given["steps"]) and not stop:
    step += 1
    with open(path, "a") as stats:
        print('{"step": %d, "loss/generator": 1.5}' % step, file=stats)
    time.sleep(0.05)
"""


@pytest.fixture
def program(monkeypatch, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    monkeypatch.setattr(training_queue, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(training_queue, "SECONDS_BETWEEN_PAGES", 0.1)
    return (sys.executable, str(path))


@pytest.fixture
def make_queue(program, tmp_path):
    def make(jobs, **options):
        options = {"program": program, **options}
        return Queue(jobs, tmp_path / "out", "data", **options)

    return make


def steps(folder: pathlib.Path, name: str) -> int:
    path = folder / name / "stats.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def calls(folder: pathlib.Path, name: str) -> list[str]:
    return (folder / name / "calls").read_text().splitlines()


def test_one_after_the_other_and_evaluated(make_queue, tmp_path):
    jobs = [Job("a", ("--steps=3",)), Job("b", ("--steps=2",))]
    assert make_queue(jobs, evaluate_flags=["--num_pairs=8"]).run()
    data = os.path.abspath("data")
    assert calls(tmp_path / "out", "a") == [
        f"train {data} 3",
        f"evaluate {data} None",
    ]
    assert steps(tmp_path / "out", "b") == 2
    page = (tmp_path / "out" / "status.html").read_text()
    assert "auc 0.750, id_div 0.500" in page and "generator 1.500" in page
    # What is done is not done again.
    assert make_queue(jobs, evaluate_flags=["--num_pairs=8"]).run()
    assert len(calls(tmp_path / "out", "a")) == 2


def test_nothing_is_evaluated_without_flags_for_it(make_queue, tmp_path):
    assert make_queue([Job("a", ("--steps=1",))]).run()
    assert len(calls(tmp_path / "out", "a")) == 1


def test_minutes_end_a_training(make_queue, tmp_path):
    timed = make_queue([Job("a", ("--steps=9999",), 0.01)])
    started = time.monotonic()
    assert timed.run()
    assert time.monotonic() - started < 10
    assert 2 <= steps(tmp_path / "out", "a") < 40
    assert timed.records[0].seconds >= 0.6


def test_minutes_are_counted_on(make_queue, tmp_path):
    job = Job("a", ("--steps=9999",), 0.02)
    record = Record(job, tmp_path / "out" / "a")
    record.state, record.seconds = "training", 0.9
    record.save()
    again = Record(job, tmp_path / "out" / "a")
    assert (again.state, again.seconds) == ("waiting", 0.9)
    assert again.seconds_left == pytest.approx(0.3)
    assert make_queue([job]).run()
    assert steps(tmp_path / "out", "a") < 15


def test_what_fails_is_noted_and_the_next_one_starts(make_queue, tmp_path):
    jobs = [Job("bad", ("--steps=none",)), Job("good", ("--steps=1",))]
    failed = make_queue(jobs)
    assert not failed.run()
    assert [r.state for r in failed.records] == ["failed", "done"]
    assert "no such data" in failed.status_path.read_text()
    # The next start tries it again.
    mended = make_queue([Job("bad", ("--steps=1",)), jobs[1]])
    assert mended.run()
    assert [r.error for r in mended.records] == ["", ""]


@pytest.fixture
def start(program, tmp_path):
    """Starts `sdgan queue` with the program as a process."""
    path = tmp_path / "list.json"
    path.write_text(json.dumps([{"name": "a", "flags": ["--steps=40"]}]))
    code = (
        "import sys; from absl import app; "
        "from sdgan_tf.commands import flags, program; "
        "from sdgan_tf.queue import training_queue; "
        "training_queue.Queue.__init__.__defaults__ = "
        f"(None, 0, {program!r}); "
        "training_queue.SECONDS_BETWEEN_LOOKS = 0.05; flags.define(); "
        "app.run(program.run, flags_parser=flags.parse)"
    )
    command = [
        sys.executable,
        "-c",
        code,
        "--mode=queue",
        f"--trainings={path}",
        f"--output_dir={tmp_path / 'out'}",
        "--data_dir=data",
        "--noevaluate_trained",
        "--nice=1",
    ]
    started = []

    def start():
        started.append(subprocess.Popen(command, cwd=ROOT))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_it_stands_still_while_it_is_paused(start, tmp_path):
    out = tmp_path / "out"
    process = start()
    wait_for(lambda: steps(out, "a") >= 3)
    (out / "pause").touch()
    time.sleep(0.5)
    before = steps(out, "a")
    time.sleep(0.5)
    assert steps(out, "a") == before < 40
    (out / "pause").unlink()
    assert process.wait(60) == 0
    assert steps(out, "a") == 40


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_goes_on_after_a_signal(start, tmp_path, number):
    out = tmp_path / "out"
    process = start()
    wait_for(lambda: steps(out, "a") >= 3)
    process.send_signal(number)
    process.wait(30)
    time.sleep(0.3)
    before = steps(out, "a")
    assert before < 40
    time.sleep(0.3)
    # Nothing that it started trains on.
    assert steps(out, "a") == before
    assert start().wait(60) == 0
    assert steps(out, "a") == 40


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
