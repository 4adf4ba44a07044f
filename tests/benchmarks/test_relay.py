"""The relay goes on where it was, whatever ended it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from benchmarks import relay
from benchmarks.relay import Job, Record, Relay, read_list

ROOT = pathlib.Path(__file__).parents[2]
# In place of main.py: it counts in a file what it did, slowly or not.
PROGRAM = """
import pathlib, signal, sys, time
given = dict(a.lstrip("-").split("=", 1) for a in sys.argv[1:] if "=" in a)
folder = pathlib.Path(given["run_dir"])
mode = given.get("mode", "train")
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


@pytest.fixture(autouse=True)
def program(monkeypatch, tmp_path):
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "main.py").write_text(PROGRAM)
    monkeypatch.setattr(relay, "ROOT", folder)
    monkeypatch.setattr(relay, "SECONDS_BETWEEN_LOOKS", 0.05)
    monkeypatch.setattr(relay, "SECONDS_BETWEEN_PAGES", 0.1)


def steps(folder: pathlib.Path, name: str) -> int:
    path = folder / name / "stats.jsonl"
    return len(path.read_text().splitlines()) if path.exists() else 0


def calls(folder: pathlib.Path, name: str) -> list[str]:
    return (folder / name / "calls").read_text().splitlines()


def test_one_after_the_other_and_evaluated(tmp_path):
    jobs = [Job("a", ("--steps=3",)), Job("b", ("--steps=2",))]
    done = Relay(jobs, tmp_path / "out", "data", "--num_pairs=8").run()
    assert done
    data = os.path.abspath("data")
    assert calls(tmp_path / "out", "a") == [
        f"train {data} 3",
        f"evaluate {data} None",
    ]
    assert steps(tmp_path / "out", "b") == 2
    page = (tmp_path / "out" / "status.html").read_text()
    assert "auc 0.750, id_div 0.500" in page and "generator 1.500" in page
    # What is done is not done again.
    assert Relay(jobs, tmp_path / "out", "data", "--num_pairs=8").run()
    assert len(calls(tmp_path / "out", "a")) == 2


def test_minutes_end_a_training(tmp_path):
    relay_ = Relay([Job("a", ("--steps=9999",), 0.01)], tmp_path, "data")
    started = time.monotonic()
    assert relay_.run()
    assert time.monotonic() - started < 5
    assert 2 <= steps(tmp_path, "a") < 40
    assert relay_.records[0].seconds >= 0.6


def test_minutes_are_counted_on(tmp_path):
    job = Job("a", ("--steps=9999",), 0.02)
    record = Record(job, tmp_path / "a")
    record.state, record.seconds = "training", 0.9
    record.save()
    again = Record(job, tmp_path / "a")
    assert (again.state, again.seconds) == ("waiting", 0.9)
    assert again.seconds_left == pytest.approx(0.3)
    assert Relay([job], tmp_path, "data").run()
    assert steps(tmp_path, "a") < 15


def test_what_fails_is_noted_and_the_next_one_starts(tmp_path):
    jobs = [Job("bad", ("--steps=none",)), Job("good", ("--steps=1",))]
    relay_ = Relay(jobs, tmp_path, "data")
    assert not relay_.run()
    assert [r.state for r in relay_.records] == ["failed", "done"]
    assert "no such data" in (tmp_path / "status.html").read_text()
    # It is tried again by the next start.
    relay_ = Relay([Job("bad", ("--steps=1",)), jobs[1]], tmp_path, "data")
    assert relay_.run()
    assert [r.error for r in relay_.records] == ["", ""]


def test_it_stands_still_while_it_is_paused(tmp_path):
    code = (
        "from benchmarks import relay; import pathlib, sys; "
        f"relay.ROOT = pathlib.Path({str(relay.ROOT)!r}); "
        "relay.SECONDS_BETWEEN_LOOKS = 0.05; "
        "relay.Relay([relay.Job('a', ('--steps=60',), 1)], sys.argv[1], "
        "'data').run()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT
    )
    try:
        wait_for(lambda: steps(tmp_path, "a") >= 3)
        (tmp_path / "pause").touch()
        time.sleep(0.5)
        before = steps(tmp_path, "a")
        time.sleep(0.5)
        assert steps(tmp_path, "a") == before < 60
        (tmp_path / "pause").unlink()
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert steps(tmp_path, "a") == 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_goes_on_after_a_signal(tmp_path, number):
    (tmp_path / "list.json").write_text(
        json.dumps([{"name": "a", "flags": ["--steps=40"]}])
    )
    code = (
        "from benchmarks import relay; import pathlib; from absl import app; "
        f"relay.ROOT = pathlib.Path({str(relay.ROOT)!r}); "
        "relay.SECONDS_BETWEEN_LOOKS = 0.05; "
        "relay.flags.mark_flags_as_required(['list']); app.run(relay.main)"
    )
    command = [
        sys.executable,
        "-c",
        code,
        f"--list={tmp_path / 'list.json'}",
        f"--output_dir={tmp_path / 'out'}",
        "--data_dir=data",
        "--evaluate=",
        "--nice=1",
    ]
    process = subprocess.Popen(command, cwd=ROOT)
    wait_for(lambda: steps(tmp_path / "out", "a") >= 3)
    process.send_signal(number)
    process.wait(30)
    time.sleep(0.3)
    before = steps(tmp_path / "out", "a")
    assert before < 40
    time.sleep(0.3)
    # Nothing that it started trains on.
    assert steps(tmp_path / "out", "a") == before
    assert subprocess.run(command, cwd=ROOT).returncode == 0
    assert steps(tmp_path / "out", "a") == 40


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("{}", "must hold a list"),
        ('[{"name": "../a", "flags": []}]', "an object with a `name`"),
        ('[{"name": "a", "flags": "--x"}]', "an object with a `name`"),
        ('[{"name": "a", "flags": [], "minutes": 0}]', "minutes` above 0"),
        ('[{"name": "a", "flags": [], "hours": 1}]', "an object with a"),
        (
            '[{"name": "a", "flags": []}, {"name": "a", "flags": []}]',
            r"a name twice. Received: \['a'\]",
        ),
    ],
)
def test_lists_that_are_none(tmp_path, text, message):
    path = tmp_path / "list.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_list(str(path))


def test_the_lists_of_this_project_are_right():
    lists = sorted((ROOT / "experiments").glob("*.json"))
    assert lists
    for path in lists:
        assert read_list(str(path))
