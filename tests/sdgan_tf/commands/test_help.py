"""The list of `--help`."""

import dataclasses
import re

import pytest

from data_pipeline.help_text import WIDTH
from sdgan_tf.commands import help
from sdgan_tf.commands.flags import fields_of
from sdgan_tf.commands.registry import COMMANDS, PROGRAMS


@pytest.mark.parametrize("name", COMMANDS)
def test_it_lists_each_flag_of_the_command_once(name):
    command = COMMANDS[name]
    text = help.of_command(f"sdgan {name}", command)
    listed = re.findall(r"^  --(?:\[no\])?([a-z_0-9]+)", text, re.MULTILINE)
    assert sorted(listed) == sorted(
        {f.name for f in fields_of(command.options)}
    )
    assert command.summary in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_sections_are_those_that_the_options_inherit_from():
    text = help.of_command("sdgan sample", COMMANDS["sample"])
    titles = re.findall(r"^(\S.*):$", text, re.MULTILINE)
    assert titles[0] == "Options of `sample`"
    assert titles[-1] == "Errors" and "Run folder" in titles


def test_a_flag_shows_its_choices_and_default():
    (shown,) = (
        help._flag(field)
        for field in dataclasses.fields(COMMANDS["export"].options)
        if field.name == "signatures"
    )
    assert "(one of all," in shown and "default: all)" in shown


def test_the_overview_names_every_command():
    text = help.overview("sdgan")
    unwrapped = " ".join(text.split())
    for command in (*COMMANDS.values(), *PROGRAMS.values()):
        assert f"  {command.shown} " in text and command.summary in unwrapped
    assert "train-verifier" in text and "train_verifier" not in text
