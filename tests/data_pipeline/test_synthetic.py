"""Tests of the command `synthetic`."""

import os
import subprocess
import sys

from data_pipeline import synthetic
from data_pipeline.portraits import collection


def test_import_defines_no_flags():
    # A process of its own: other tests define them in this one.
    code = (
        "from absl import flags; from data_pipeline import synthetic; "
        "print(synthetic.__name__ in flags.FLAGS.flags_by_module_dict())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def run_module(*arguments):
    root = os.path.dirname(os.path.dirname(synthetic.__file__))
    return subprocess.run(
        [sys.executable, "-m", "data_pipeline.synthetic", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_line(tmp_path):
    folder = str(tmp_path / "two words")
    arguments = (
        f"--output_dir={folder}",
        "--num_identities=2",
        "--images_per_identity=3",
        "--image_size=32",
    )
    first = run_module(*arguments)
    assert first.returncode == 0, first.stderr
    path, command = first.stdout.splitlines()
    assert path == os.path.join(folder, "portraits.csv")
    assert len(list((tmp_path / "two words").glob("images/*/*.png"))) == 6
    assert command.startswith("python -m data_pipeline.build_records ")
    assert f"'--input={path}'" in command
    assert ",".join(collection.factor_columns()) in command

    again = run_module(*arguments)
    assert again.returncode != 0
    assert "Remove the folder" in again.stderr
    assert "Traceback" not in again.stderr
