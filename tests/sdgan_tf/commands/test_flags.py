"""Flags to the configuration."""

import dataclasses
import os

import pytest
from absl import flags as absl_flags

from sdgan_tf import flags


@pytest.fixture
def values():
    """Flags of the program, in no global place."""
    values = absl_flags.FlagValues()
    flags.define(["train", "sample"], values)
    return values


PATHS = {
    "run_dir": "run_dir",
    "data_dir": "data_dir",
    "init_from": "training",
    "output_dir": "sampling",
    "codes": "sampling",
    "images": "projection",
    "reference_dir": "reference",
    "onnxruntime_web_dir": "exporting",
    "verifier": "evaluation",
    "judge_dir": "judging",
    "answers": "judging",
}


@pytest.mark.parametrize("name", PATHS)
def test_a_home_folder_is_found_in_every_path(values, monkeypatch, name):
    monkeypatch.setenv("HOME", "/home/me")
    flags.parse(["main.py", f"--{name}=~/a b/~c"], values)
    config = flags.config(values)
    section = getattr(config, PATHS[name])
    found = section if type(section) is str else getattr(section, name)
    assert found == "/home/me/a b/~c"


def test_a_home_folder_in_a_list_of_paths(values, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    flags.parse(["main.py", "--runs=~/a,b,~/c"], values)
    runs = flags.config(values).evaluation.runs
    assert runs == "/home/me/a,b,/home/me/c"


def test_every_flag_that_names_a_folder_or_file_is_a_path():
    """A new flag that takes a path must say so."""
    named = {
        field.name
        for section in flags.SECTIONS.values()
        for field in dataclasses.fields(section)
        if field.metadata["paths"]
    }
    assert named == {*PATHS, "runs"} - {"run_dir", "data_dir"}
    for section in flags.SECTIONS.values():
        for field in dataclasses.fields(section):
            words = field.metadata["help"].lower().replace(".", " ").split()
            if type(field.default) is str and {"folder", "npz"} & set(words):
                assert field.name in named, field.name


@pytest.mark.parametrize("path", ["~nobody-of-this-name/a", "~nobody-x"])
def test_nobody_s_home_folder_is_refused(values, path):
    flags.parse(["main.py", f"--run_dir={path}"], values)
    with pytest.raises(ValueError, match=rf"write \./{path} for .*`?run_dir="):
        flags.config(values)


def test_a_path_that_is_no_text_is_refused(values):
    path = os.fsdecode(b"a\xff")
    flags.parse(["main.py", f"--data_dir={path}"], values)
    with pytest.raises(ValueError, match="`data_dir` must be a path in UTF-8"):
        flags.config(values)


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--batchsize=4", "Did you mean: batch_size ?"),
        ("--image-size=32", "Did you mean: image_size ?"),
        ("--batch_size=0", "flag --batch_size=0: 0 is not an integer in"),
        ("--loss=hinges", "--loss=hinges: value should be one of"),
        ("--flagfile=none.flags", "`flagfile` cannot be opened"),
    ],
)
def test_a_wrong_flag_is_one_line(values, flag, message):
    with pytest.raises(SystemExit) as caught:
        flags.parse(["/x/main.py", flag], values)
    text = caught.value.code
    assert text.startswith("main.py: ") and message in text
    assert "\n" not in text
