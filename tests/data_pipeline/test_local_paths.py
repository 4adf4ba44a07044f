"""Paths as users give them."""

import os
import pathlib
import subprocess
import sys

import pytest

from data_pipeline.local_paths import local_path

ROOT = pathlib.Path(__file__).parents[2]
NOBODY = "~nobody-of-this-name/a"


def test_home_folders(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert local_path("input", "~/a ~/b") == "/home/me/a ~/b"
    for path in ("./~/a", "a/~", "gs://bucket/~", ""):
        assert local_path("input", path) == path


def test_nobody_s_home_folder_is_refused():
    with pytest.raises(ValueError, match=r"`input` .*Write \./~nobody"):
        local_path("input", NOBODY)


def test_a_path_that_is_no_text_is_refused():
    with pytest.raises(ValueError, match="`input` must be a path in UTF-8"):
        local_path("input", os.fsdecode(b"a\xff"))


@pytest.mark.parametrize(
    ("program", "more"),
    [("build_records", ("--layout=folders", "--input=.")), ("synthetic", ())],
)
def test_programs_make_no_folder_of_nobody(tmp_path, program, more):
    arguments = [f"--output_dir={NOBODY}", *more]
    done = subprocess.run(
        [sys.executable, "-m", f"data_pipeline.{program}", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{program}: `output_dir` begins with ~ but")
    assert not os.listdir(tmp_path)
