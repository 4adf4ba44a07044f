"""The program as its users start it."""

import dataclasses
import importlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from absl import flags as absl_flags

from sdgan_tf.commands import flags, program
from sdgan_tf.commands.registry import COMMANDS, Command
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parent.parent
TINY = (
    "--flagfile=tests/tiny.flags",
    "--batch_size=4",
    "--log_interval_steps=10",
    "--save_interval_steps=20",
    "--keep_checkpoints=100",
)


def test_killed_and_resumed_equals_uninterrupted(main_py, tiny_data, tmp_path):
    flags = (*TINY, f"--data_dir={tiny_data}", "--train_steps=200")
    straight, killed = str(tmp_path / "a"), str(tmp_path / "b")
    main_py(*flags, f"--run_dir={straight}")

    command = [sys.executable, "main.py", *flags, f"--run_dir={killed}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not Run(killed).has_checkpoint():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not os.path.exists(
        os.path.join(killed, "checkpoints", "step-00000200.index")
    )
    resumed = main_py(*flags, f"--run_dir={killed}")
    assert "Resumed from" in resumed.stdout

    ours, theirs = (
        tf.train.load_checkpoint(Run(folder).checkpoints.paths()[0])
        for folder in (straight, killed)
    )
    for name in ours.get_variable_to_shape_map():
        np.testing.assert_array_equal(
            ours.get_tensor(name), theirs.get_tensor(name), err_msg=name
        )


def test_a_traceback_is_shown_on_request(main_py, tmp_path):
    for flag, shown in (("--notraceback", False), ("--traceback", True)):
        done = main_py(f"--run_dir={tmp_path}/run", flag, check=False)
        assert done.returncode == 1
        assert "--data_dir is missing" in done.stderr
        assert ("Traceback" in done.stderr) == shown


def test_sigterm_saves_and_exits_with_zero(tiny_data, tmp_path):
    command = [
        sys.executable,
        "main.py",
        *TINY,
        f"--data_dir={tiny_data}",
        f"--run_dir={tmp_path / 'run'}",
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    while not Run(str(tmp_path / "run")).has_checkpoint():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped by SIGTERM; saved at step" in output


@pytest.fixture
def parsed(monkeypatch):
    """Parses flags as the program does, in no global place."""

    def parse(*given):
        values = absl_flags.FlagValues()
        flags.define(values)
        flags.parse(["main.py", *given], values)
        monkeypatch.setattr(program.absl_flags, "FLAGS", values)

    return parse


@pytest.mark.parametrize("mode", sorted(COMMANDS))
def test_ctrl_c_is_one_line(monkeypatch, capsys, parsed, mode):
    def interrupt(command, options):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(10)

    parsed(f"--mode={mode}")
    monkeypatch.setattr(Command, "run", interrupt)
    with pytest.raises(SystemExit) as caught:
        program.run(["main.py"])
    assert caught.value.code == 130
    assert capsys.readouterr().err == f"main.py: --mode={mode} interrupted\n"


@pytest.mark.parametrize("mode", sorted(COMMANDS))
def test_each_command_is_run_with_its_options(monkeypatch, parsed, mode):
    done = []
    module = importlib.import_module(f"sdgan_tf.commands.{mode}")
    monkeypatch.setattr(module, "run", done.append)
    parsed(f"--mode={mode}", "--run_dir=a", "--seed=7")
    program.run(["main.py"])
    (options,) = done
    assert type(options) is COMMANDS[mode].options
    own = {field.name for field in dataclasses.fields(options)}
    named = {"run_dir", "seed"} & {f.name for f in flags.fields_of(options)}
    assert options.named == named
    if "run_dir" in own:
        assert options.run_dir == "a"
    if "experiment" in own:
        assert options.experiment.seed == 7


def test_flagfiles_build_on_one_another(main_py):
    printed = main_py("--flagfile=faces_began.flags", "--dry_run").stdout
    resolved = json.loads(printed[: printed.index("}") + 1])
    assert (resolved["model"], resolved["dim"]) == ("sd_began", 128)
    assert (resolved["batch_size"], resolved["k"]) == (16, 2)


def test_flagfiles_work_from_any_folder(main_py, tmp_path):
    bom = tmp_path / "bom.flags"
    bom.write_bytes(b"\xef\xbb\xbf--image_size=32\r\n--batch_size=8\r\n")
    printed = main_py(
        f"--flagfile={ROOT}/variants/sd_began_stacked.flags",
        "--flagfile=bom.flags",
        "--dry_run",
        cwd=tmp_path,
    ).stdout
    resolved = json.loads(printed[: printed.index("}") + 1])
    assert (resolved["model"], resolved["dim"]) == ("sd_began", 128)
    assert (resolved["image_size"], resolved["batch_size"]) == (32, 8)


@pytest.mark.parametrize(
    ("flagfile", "lines"),
    [
        (
            "faces.flags",
            [
                "generator: 5,135,363 trainable parameters",
                "discriminator: 9,030,529 trainable parameters",
                "all networks: 56.7 MB",
            ],
        ),
        (
            "faces_began.flags",
            [
                "generator: 2,011,523 trainable parameters",
                "all networks: 67.8 MB",
                '"batch_size": 16',
            ],
        ),
    ],
)
def test_dry_run_prints_the_paper_s_runs(main_py, flagfile, lines):
    printed = main_py(f"--flagfile={flagfile}", "--dry_run").stdout
    for line in lines:
        assert line in printed


def test_sd_began_trains_on_two_replicas_and_gives_samples(
    main_py, tiny_data, tmp_path
):
    run_dir = tmp_path / "run"
    flags = (
        "--flagfile=faces_began.flags",
        *TINY,
        f"--data_dir={tiny_data}",
        "--train_steps=2",
        "--log_interval_steps=2",
        "--logical_cpus=2",
    )
    done = main_py(*flags, f"--run_dir={run_dir}")
    assert "Training on CPU:0, CPU:1 (replicas in all: 2)" in done.stdout
    assert "step 2/2" in done.stdout
    assert "began/k_t=0.000" in done.stdout
    for name in ("grid", "real", "fake_reconstruction", "real_reconstruction"):
        for step in (0, 2):
            path = run_dir / "samples" / f"samples_{name}-{step:08d}.png"
            assert path.exists()
    generator = Run(str(run_dir)).generator()
    assert generator.step == 2
    assert generator.pixels.nearest
    assert generator(np.zeros([3, 11], "float32")).shape == (3, 32, 32, 3)
    # Each replica looks its photographs up on its own device.
    held = tmp_path / "held"
    main_py(*flags, f"--run_dir={held}", "--device_gb=1")
    for ours, theirs in zip(
        Run(str(held)).generator().network.weights,
        generator.network.weights,
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--no_such_flag=1"], "Unknown command line flag 'no_such_flag'"),
        (["--image_size=48"], "--image_size must be one of (32, 64, 128, 256)"),
        (["--loss=hinges"], "--loss=hinges: value should be one of"),
        (["--batch_size=0"], "--batch_size=0"),
        (["train"], "not a flag: train. Did you mean --mode=train ?"),
        (["\ufeff--k=2"], "not a flag: '\\ufeff--k=2'"),
        (["--batchsize=2"], "Did you mean: batch_size ?"),
        (["--run_dir=~nobody-x/a"], "is not a home folder"),
        (["--data_dir=nowhere"], "No `manifest.json` in `data_dir`"),
        (["--model=stylegan"], "`model` must be one of"),
        (["--mode=import_reference"], "--reference_dir is missing"),
        (["--mode=sample", "--codes_as=rows"], "--codes_as=rows: value"),
        (["--mode=project", "--restarts=0"], "--restarts=0"),
    ],
)
def test_wrong_flags_are_one_clear_line(main_py, tmp_path, flags, message):
    done = main_py(f"--run_dir={tmp_path / 'run'}", *flags, check=False)
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_bench_prints_one_json_line_last(main_py):
    done = main_py(
        "--mode=bench", *TINY, "--bench_steps=1", "--precision=float32"
    )
    line = json.loads(done.stdout.splitlines()[-1])
    assert line["peak_share"] == pytest.approx(
        line["gflop_per_step"] / line["seconds_per_step"] / line["peak_gflops"]
    )
    assert 0 < line["peak_share"] < 1
    assert line["pairs_per_second"] == pytest.approx(
        4 / line["seconds_per_step"]
    )
    assert line["data_pairs_per_second_memory"] > 0
    assert line["data_pairs_per_second_streaming"] > 0


def test_run_dir_below_a_file_is_one_line(main_py, tiny_data, tmp_path):
    (tmp_path / "file").write_text("")
    done = main_py(
        *TINY,
        f"--data_dir={tiny_data}",
        f"--run_dir={tmp_path / 'file' / 'run'}",
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "main.py: " in done.stderr.splitlines()[-1]
    assert "file is not a directory" in done.stderr.splitlines()[-1]
