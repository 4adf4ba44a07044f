"""Flags to the options of a command."""

import os

import pytest
from absl import flags as absl_flags

from sdgan_tf.commands import flags, options
from sdgan_tf.commands.registry import COMMANDS
from sdgan_tf.config import Experiment

EVERY = {
    (command.name, field.name): field
    for command in COMMANDS.values()
    for field in flags.fields_of(command.options)
}


@pytest.fixture
def values():
    """Flags of the program, in no global place."""
    values = absl_flags.FlagValues()
    flags.define(values)
    return values


def options_of(values, name):
    return flags.options(COMMANDS[name].options, values)


PATHS = {
    "run_dir": "sample",
    "data_dir": "train",
    "init_from": "train",
    "output_dir": "sample",
    "codes": "sample",
    "images": "project",
    "reference_dir": "import_reference",
    "onnxruntime_web_dir": "export",
    "verifier": "evaluate",
    "judge_dir": "judge_score",
    "trainings": "queue",
    "answers": "judge_score",
}


@pytest.mark.parametrize(("name", "command"), PATHS.items())
def test_a_home_folder_is_found_in_every_path(
    values, monkeypatch, name, command
):
    monkeypatch.setenv("HOME", "/home/me")
    flags.parse(["main.py", f"--{name}=~/a b/~c"], values)
    found = getattr(options_of(values, command), name)
    assert found == "/home/me/a b/~c"


def test_a_home_folder_in_a_list_of_paths(values, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    flags.parse(["main.py", "--runs=~/a,b,~/c"], values)
    assert options_of(values, "table").runs == "/home/me/a,b,/home/me/c"


def test_every_flag_that_names_a_folder_or_file_is_a_path():
    """A new flag that takes a path must say so."""
    named = {name for (_, name), f in EVERY.items() if f.metadata["paths"]}
    assert named == {*PATHS, "runs"}
    for (_, name), field in EVERY.items():
        words = field.metadata["help"].lower().replace(".", " ").split()
        free = type(field.default) is str and not field.metadata["choices"]
        if free and {"folder", "npz"} & set(words):
            assert name in named, name


def test_a_flag_of_several_commands_is_one():
    """It has one default, one kind and one set of bounds."""
    seen = {}
    for (_, name), field in EVERY.items():
        rule = {k: v for k, v in field.metadata.items() if k != "help"}
        found = (type(field.default), field.default, rule)
        assert seen.setdefault(name, found) == found, name


def test_every_option_explains_itself():
    for (_, name), field in EVERY.items():
        assert field.metadata["help"].endswith("."), name
        choices = field.metadata["choices"]
        assert not choices or field.default in choices, name
        minimum = field.metadata["minimum"]
        assert minimum is None or field.default >= minimum, name


def test_options_know_what_was_named(values):
    flags.parse(["main.py", "--seed=0", "--dim=8", "--truncate=1"], values)
    train, sample = (options_of(values, n) for n in ("train", "sample"))
    assert train.named == {"seed", "dim"}
    assert sample.named == {"seed", "truncate"}
    assert train.experiment == Experiment(dim=8)
    assert train.train_steps == options.Train().train_steps == 500_000


@pytest.mark.parametrize("path", ["~nobody-of-this-name/a", "~nobody-x"])
def test_nobody_s_home_folder_is_refused(values, path):
    flags.parse(["main.py", f"--run_dir={path}"], values)
    with pytest.raises(ValueError, match=rf"Write \./{path} for .*`?run_dir="):
        options_of(values, "train")


def test_a_path_that_is_no_text_is_refused(values):
    path = os.fsdecode(b"a\xff")
    flags.parse(["main.py", f"--data_dir={path}"], values)
    with pytest.raises(ValueError, match="`data_dir` must be a path in UTF-8"):
        options_of(values, "train")


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


@pytest.mark.parametrize(
    "argument", ["--batch_size=3", "--nomirror", "-dim", "--train_steps=2"]
)
def test_a_flag_of_another_command_is_refused(argument):
    with pytest.raises(SystemExit) as caught:
        flags.check_own(["sdgan sample", argument], COMMANDS["sample"])
    name = argument.lstrip("-").partition("=")[0]
    assert caught.value.code.startswith(
        f"sdgan sample: --{name} is a flag of train"
    )


def test_flags_of_the_command_and_flagfiles_are_its_own():
    given = ["--seed=3", "--notraceback", "--flagfile=faces.flags"]
    flags.check_own(["sdgan sample", *given], COMMANDS["sample"])


def test_a_mode_is_no_flag_of_a_command():
    with pytest.raises(SystemExit) as caught:
        flags.check_own(["sdgan sample", "--mode=train"], COMMANDS["sample"])
    assert "the command is the first argument" in caught.value.code


@pytest.mark.parametrize("name", ["judge-kit", "judge_kit"])
def test_a_mode_has_a_hyphen_or_an_underscore(values, name):
    flags.parse(["main.py", f"--mode={name}"], values)
    assert values.mode == "judge_kit"
