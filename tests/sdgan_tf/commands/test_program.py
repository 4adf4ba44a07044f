"""`main.py` and `sdgan` as they are started."""

import os
import pathlib
import subprocess
import sys
import time

import pytest

from sdgan_tf.commands.registry import COMMANDS

ROOT = pathlib.Path(__file__).parents[3]
MAIN, SDGAN = ("main.py",), ("-m", "sdgan_tf")


def start(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((*MAIN, "--help"), 0, "Options of `train`:"),
        ((*MAIN, "--mode=sample", "--help"), 0, "Options of `sample`:"),
        ((*SDGAN, "--help"), 0, "Commands:"),
        (SDGAN, 0, "Commands:"),
        ((*SDGAN, "judge-kit", "--help"), 0, "Options of `judge_kit`:"),
        ((*SDGAN, "judge_kit", "-h"), 0, "Options of `judge_kit`:"),
        ((*MAIN, "--version"), 0, "sdgan_tf"),
        ((*SDGAN, "--version"), 0, "sdgan_tf"),
        ((*SDGAN, "sampel"), 1, "Did you mean: sdgan sample ?"),
        ((*SDGAN, "sample", "--dim=3"), 1, "--dim is a flag of train, bench."),
        ((*SDGAN, "sample", "--sed=3"), 1, "Did you mean: seed"),
        ((*MAIN, "--train_step=3"), 1, "Did you mean: train_steps ?"),
        ((*MAIN, "train"), 1, "Did you mean --mode=train ?"),
    ],
)
def test_help_and_wrong_flags_take_no_tensorflow(arguments, code, said):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    # A fifth of a second on an idle machine.
    assert time.monotonic() - started < 5
    lines = done.stderr.splitlines()
    imported = {line.split("|")[-1].strip() for line in lines if "|" in line}
    assert "argparse" in imported or "absl.flags" in imported
    assert not {"tensorflow", "keras", "numpy"} & imported
    own = [line for line in lines if not line.startswith("import time:")]
    assert done.returncode == code
    assert said in (done.stdout if code == 0 else "\n".join(own))
    assert len(own) == (code != 0), own


def test_build_and_synthesize_are_programs_of_their_own(tmp_path):
    folder = tmp_path / "portraits"
    done = start(
        *SDGAN,
        "synthesize",
        f"--output_dir={folder}",
        "--num_identities=1",
        "--images_per_identity=2",
        "--image_size=32",
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "portraits.csv").exists()
    done = start(*SDGAN, "build", "--layout=none")
    assert done.returncode == 1 and "layout" in done.stderr


def test_only_our_lines_are_printed(tmp_path):
    """By default TensorFlow writes some ten of its own."""
    kept = ROOT / "pretrained" / "coil100_sd_dcgan"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TF_", "KERAS_"))
    }
    done = subprocess.run(
        [
            sys.executable,
            *SDGAN,
            "sample",
            f"--run_dir={kept}",
            f"--output_dir={tmp_path}",
            "--num_identities=1",
            "--num_observations=1",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_the_default_command_is_train():
    assert next(iter(COMMANDS)) == "train"
