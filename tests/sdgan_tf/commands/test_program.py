"""`main.py` and `sdgan` as they are started."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

import sdgan_tf
from sdgan_tf.commands.registry import COMMANDS

ROOT = pathlib.Path(__file__).parents[3]
MAIN, SDGAN = ("main.py",), ("-m", "sdgan_tf")
BUILD = ("-m", "data_pipeline.build_records")
GIVEN = ("--layout=folders", "--input=/nowhere", "--output_dir=/nowhere")
# The tests' own settings keep TensorFlow silent.
PLAIN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("TF_", "KERAS_"))
}


def start(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        **options,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((*MAIN, "--help"), 0, "Options of `train`:"),
        ((*MAIN, "--mode=sample", "--help"), 0, "Options of `sample`:"),
        ((*MAIN, "--mode=judge-kit", "-h"), 0, "Options of `judge_kit`:"),
        ((*SDGAN, "--help"), 0, "Commands:"),
        (SDGAN, 0, "Commands:"),
        ((*SDGAN, "judge-kit", "--help"), 0, "Options of `judge_kit`:"),
        ((*SDGAN, "judge_kit", "-h"), 0, "Options of `judge_kit`:"),
        ((*SDGAN, "build", "--help"), 0, "usage: sdgan build "),
        ((*SDGAN, "synthesize", "-h"), 0, "usage: sdgan synthesize "),
        ((*BUILD, "--help"), 0, "python -m data_pipeline.build_records "),
        ((*MAIN, "--version"), 0, f"sdgan_tf {sdgan_tf.__version__}\n"),
        ((*SDGAN, "--version"), 0, f"sdgan_tf {sdgan_tf.__version__}\n"),
        ((*SDGAN, "sampel"), 1, "Did you mean: sdgan sample ?"),
        ((*SDGAN, "sample", "train"), 1, "sdgan sample: not a flag: train"),
        ((*SDGAN, "sample", "--dim=3"), 1, "--dim is a flag of train, bench."),
        ((*SDGAN, "sample", "--sed=3"), 1, "Did you mean: seed"),
        ((*SDGAN, "build", "--layuot=table"), 1, "layout"),
        ((*SDGAN, "synthesize", "--sed=3"), 1, "Did you mean: seed"),
        ((*BUILD, *GIVEN, "--min_image=3"), 1, "Did you mean: min_images ?"),
        ((*MAIN, "--train_step=3"), 1, "Did you mean: train_steps ?"),
        ((*MAIN, "train"), 1, "Did you mean --mode=train ?"),
    ],
)
def test_help_and_wrong_flags_take_no_tensorflow(arguments, code, said):
    started = time.monotonic()
    done = start("-X", "importtime", *arguments)
    # A fifth of a second on an idle machine.
    assert time.monotonic() - started < 5
    lines = done.stderr.splitlines()
    imported = {line.split("|")[-1].strip() for line in lines if "|" in line}
    assert "absl.flags" in imported
    assert not {"tensorflow", "keras", "apache_beam"} & imported
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
    done = start(
        *SDGAN,
        "sample",
        f"--run_dir={ROOT / 'pretrained' / 'coil100_sd_dcgan'}",
        f"--output_dir={tmp_path}",
        "--num_identities=1",
        "--num_observations=1",
        env=PLAIN,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


# Of the second oneDNN would say that it does without one of its steps.
@pytest.mark.parametrize(
    "flags",
    [
        [],
        [
            "--model=sd_projected",
            "--features=none",
            "--augment=diffaug",
            "--precision=auto",
        ],
    ],
)
def test_only_our_lines_are_printed_by_a_training(tiny_data, tmp_path, flags):
    done = start(
        *SDGAN,
        "train",
        "--flagfile=tests/tiny.flags",
        *flags,
        "--batch_size=4",
        "--train_steps=2",
        f"--data_dir={tiny_data}",
        f"--run_dir={tmp_path / 'run'}",
        env=PLAIN,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    if flags:
        assert lines.pop(0).startswith("Precision: ")
    assert lines[0].startswith("Training on CPU:0")
    assert lines[1].startswith("Run folder:")
    for line in lines:
        assert not re.match(r"[IWEF]\d{4} |WARNING: All log", line), line


def test_ctrl_c_while_tensorflow_is_imported_is_one_line():
    process = subprocess.Popen(
        [sys.executable, "-v", *SDGAN, "judge-score"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        # Shells start what runs in the background without it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for line in process.stderr:
        # Python says what it imports until file descriptor 2 is held.
        if line.startswith("import 'sdgan_tf.allocator'"):
            break
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "\nsdgan judge-score: interrupted\n" in said
    assert "Traceback" not in said


def test_the_default_command_is_train():
    assert next(iter(COMMANDS)) == "train"
