"""Several processes that train one run, on loopback."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.runs import Run
from sdgan_tf.training.strategy import Workers, make_workers

ROOT = pathlib.Path(__file__).parent.parent.parent.parent
FLAGS = (
    "--flagfile=tests/tiny.flags",
    "--batch_size=4",
    "--log_interval_steps=2",
    "--save_interval_steps=2",
    "--keep_checkpoints=100",
)


def free_addresses(n):
    sockets = [socket.socket() for _ in range(n)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return addresses


def start_workers(flags, temporary):
    addresses = free_addresses(2)
    processes = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        cluster = {"cluster": {"worker": addresses}, "task": task}
        folder = temporary / f"scratch{index}"
        folder.mkdir(exist_ok=True)
        processes.append(
            subprocess.Popen(
                [
                    sys.executable,
                    "main.py",
                    *(flag.replace("WORKER", str(index)) for flag in flags),
                    "--strategy=multi_worker",
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "TF_CONFIG": json.dumps(cluster),
                    "TMPDIR": str(folder),
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    return processes


def finish(processes):
    outputs = [p.communicate(timeout=240)[0] for p in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, output
    return outputs


def tensors(run_dir, step):
    reader = tf.train.load_checkpoint(
        os.path.join(run_dir, "checkpoints", f"step-{step:08d}")
    )
    return {
        name: np.asarray(reader.get_tensor(name))
        for name in reader.get_variable_to_shape_map()
        if "OBJECT_GRAPH" not in name
    }


@pytest.mark.slow
@pytest.mark.parametrize("cache_gb", [1, 0])
def test_two_workers_equal_one_process_and_survive_a_kill(
    main_py, tiny_data, tmp_path, cache_gb
):
    flags = (*FLAGS, f"--data_dir={tiny_data}", f"--cache_gb={cache_gb}")
    alone, together, killed = (
        str(tmp_path / name) for name in ("alone", "together", "killed")
    )
    main_py(*flags, f"--run_dir={alone}", "--train_steps=2")
    finish(
        start_workers(
            (*flags, f"--run_dir={together}", "--train_steps=40"), tmp_path
        )
    )
    ours, theirs = tensors(together, 2), tensors(alone, 2)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if value.dtype.kind == "f":
            # Adam makes steps of its learning rate, 2e-4, of rounding noise.
            np.testing.assert_allclose(
                value, theirs[name], rtol=0, atol=1e-3, err_msg=name
            )

    # The scratch folders of those that are not the chief are gone.
    assert not [
        path for path in (tmp_path / "scratch1").iterdir() if path.is_dir()
    ]

    endless = (*flags, f"--run_dir={killed}", "--train_steps=40")
    processes = start_workers(endless, tmp_path)
    while not Run(killed).has_checkpoint():
        assert all(p.poll() is None for p in processes)
        time.sleep(0.01)
    processes[1].kill()
    processes[1].communicate()
    # Without its peer the other one cannot go on; the user restarts both.
    processes[0].kill()
    processes[0].communicate()
    assert not os.path.exists(
        os.path.join(killed, "checkpoints", "step-00000040.index")
    )
    outputs = finish(start_workers(endless, tmp_path))
    assert all("Resumed from" in output for output in outputs)
    ours, theirs = tensors(killed, 40), tensors(together, 40)
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


@pytest.mark.slow
def test_workers_that_would_train_something_else_are_refused(
    main_py, tiny_data, tmp_path
):
    """One sees a run of two steps, the other an empty folder."""
    flags = (*FLAGS, f"--data_dir={tiny_data}")
    main_py(*flags, f"--run_dir={tmp_path}/run0", "--train_steps=2")
    processes = start_workers(
        (*flags, f"--run_dir={tmp_path}/runWORKER", "--train_steps=40"),
        tmp_path,
    )
    for process in processes:
        output, _ = process.communicate(timeout=240)
        assert process.returncode == 1
        assert "must see the same run folder and data" in output
        assert "Traceback" not in output
    assert not Run(str(tmp_path / "run1")).has_checkpoint()


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_stops_all(tiny_data, tmp_path):
    run = Run(str(tmp_path / "run"))
    endless = (
        *FLAGS,
        f"--data_dir={tiny_data}",
        f"--run_dir={run.folder}",
        "--train_steps=100000",
    )
    processes = start_workers(endless, tmp_path)
    while not run.has_checkpoint():
        assert all(p.poll() is None for p in processes)
        time.sleep(0.1)
    processes[1].terminate()
    for process in processes:
        output, _ = process.communicate(timeout=240)
        # Not 0, which a cluster takes for done.
        assert process.returncode == os.EX_TEMPFAIL, output
        assert "Stopped by" in output
    step = run.generator().step
    assert f"saved at step {step}" in output


def test_multi_worker_needs_a_cluster(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="needs the environment variable"):
        make_workers("multi_worker")


WORKERS = {"worker": ["a:1", "b:1"]}
FIRST = {"type": "worker", "index": 0}


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ("not JSON", "Expecting value"),
        ("[" * 100_000, "recursion"),
        (None, "NoneType"),
        ({"task": FIRST}, "its jobs are"),
        ({"cluster": [], "task": FIRST}, "must be a dictionary"),
        ({"cluster": {"ps": ["a:1"]}, "task": FIRST}, r"are \['ps'\]"),
        ({"cluster": {"worker": "a:1"}, "task": FIRST}, "must be a list"),
        ({"cluster": {"worker": [5]}, "task": FIRST}, "5"),
        ({"cluster": {"worker": ["a"]}, "task": FIRST}, "'a' is not HOST:PORT"),
        ({"cluster": {"worker": {"3": "a:1"}}, "task": FIRST}, "got 'int'"),
        ({"cluster": WORKERS}, "no task None, None"),
        ({"cluster": WORKERS, "task": None}, "NoneType"),
        ({"cluster": WORKERS, "task": FIRST | {"index": 2}}, "'worker', 2"),
        ({"cluster": WORKERS, "task": FIRST | {"index": -1}}, "'worker', -1"),
        ({"cluster": WORKERS, "task": FIRST | {"index": "a"}}, "'a'"),
        ({"cluster": WORKERS, "task": FIRST | {"type": "chief"}}, "'chief', 0"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_cluster(monkeypatch, told, cause):
    text = told if isinstance(told, str) else json.dumps(told)
    monkeypatch.setenv("TF_CONFIG", text)
    message = rf"variable `TF_CONFIG` .* task \(.*{cause}.*\)\. Received: TF_C"
    with pytest.raises(ValueError, match=message):
        make_workers("multi_worker")


def test_multi_worker_has_no_logical_cpus():
    with pytest.raises(ValueError, match="logical_cpus=2"):
        make_workers("multi_worker", 2)


@pytest.mark.parametrize(("other", "same"), [(0.0, True), (0.5, False)])
def test_workers_that_were_told_the_same(monkeypatch, other, same):
    workers = make_workers()
    monkeypatch.setattr(Workers, "agree", lambda self, x: [x + other])
    assert workers.were_told_same(("seed", 1)) == same


def test_what_workers_were_told_is_a_number_of_its_own(monkeypatch):
    told = []
    monkeypatch.setattr(Workers, "agree", lambda self, x: told.append(x) or [x])
    for value in ((1, "a"), (1, "a"), (1, "b"), (2, "a")):
        make_workers().were_told_same(value)
    assert told[0] == told[1] and len(set(told)) == 3
    # Exact in float32, and so is the mean of such.
    assert all(number == int(number) < 2**16 for number in told)
