"""Flags of the commands: one for each field of their options."""

import dataclasses
import math
import os
import sys
from collections.abc import Iterator
from typing import Any, TypeVar

from absl import flags

from data_pipeline.local_paths import local_path
from sdgan_tf.commands import flagfiles
from sdgan_tf.commands.registry import COMMANDS, Command
from sdgan_tf.commands.shared_options import Options
from sdgan_tf.config import Experiment

Given = TypeVar("Given", bound=Options)


def fields_of(options: type) -> Iterator[dataclasses.Field]:
    """The fields of options that are flags, those of `Experiment` among them.

    Fields of one name are one flag.
    """
    for field in dataclasses.fields(options):
        if field.type is Experiment:
            yield from dataclasses.fields(Experiment)
        elif field.metadata:
            yield field


def _define(field: dataclasses.Field, values: flags.FlagValues) -> None:
    default: Any = field.default
    name, meta = field.name, field.metadata
    text, choices = meta["help"], meta["choices"]
    if isinstance(default, bool):
        flags.DEFINE_bool(name, default, text, flag_values=values)
    elif isinstance(default, str):
        if choices:
            flags.DEFINE_enum(
                name, default, list(choices), text, flag_values=values
            )
        else:
            flags.DEFINE_string(name, default, text, flag_values=values)
    else:
        is_float = isinstance(default, float)
        define_number = flags.DEFINE_float if is_float else flags.DEFINE_integer
        define_number(
            name,
            default,
            text,
            lower_bound=meta["minimum"],
            upper_bound=meta["maximum"],
            flag_values=values,
        )
        if is_float:
            # What is no number is not below a bound either.
            flags.register_validator(
                name,
                math.isfinite,
                f"--{name} is not finite",
                flag_values=values,
            )
        elif choices:
            flags.register_validator(
                name,
                lambda value: value in choices,
                f"--{name} must be one of {choices}",
                flag_values=values,
            )


class _ModeParser(flags.EnumParser):
    """Takes a command's name with - or _ in it."""

    def parse(self, argument: str) -> str:
        return super().parse(argument.replace("-", "_"))


def define(values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines --mode and the flags of all commands in `values`."""
    flags.DEFINE(
        _ModeParser(list(COMMANDS)),
        "mode",
        "train",
        "What to do.",
        values,
        flags.ArgumentSerializer(),
    )
    for command in COMMANDS.values():
        for field in fields_of(command.options):
            if field.name not in values:
                _define(field, values)


def parse(argv: list[str], values: flags.FlagValues = flags.FLAGS) -> list[str]:
    """Parses the flags; a wrong one ends the program with one line.

    Returns:
        The program's name and what is no flag.
    """
    program, *given = argv
    try:
        return values([program, *flagfiles.expanded(given)])
    except flags.Error as error:
        text = " ".join(str(error).split())
        sys.exit(f"{os.path.basename(program)}: {text}")


def check_own(argv: list[str], command: Command) -> None:
    """Ends the program where an argument is a flag of other commands only.

    In a flagfile such flags may stand: it serves several commands.

    Args:
        argv: The program's name and its arguments.
        command: What is to be run.
    """
    own = {field.name for field in fields_of(command.options)}
    for argument in argv[1:]:
        name = argument.lstrip("-").partition("=")[0]
        if name == "mode":
            sys.exit(
                f"{os.path.basename(argv[0])}: --mode is a flag of main.py; "
                "here the command is the first argument."
            )
        of = [
            other.shown
            for other in COMMANDS.values()
            for field in fields_of(other.options)
            if name in (field.name, f"no{field.name}")
        ]
        if of and name not in own and name.removeprefix("no") not in own:
            sys.exit(
                f"{os.path.basename(argv[0])}: --{name} is a flag of "
                f"{', '.join(of)}."
            )


def _value(field: dataclasses.Field, parsed: flags.FlagValues) -> Any:
    name, value = field.name, getattr(parsed, field.name)
    paths = field.metadata["paths"]
    if not paths:
        return value
    each = value.split(",") if paths > 1 else [value]
    return ",".join(local_path(name, path) for path in each)


def options(of: type[Given], parsed: flags.FlagValues = flags.FLAGS) -> Given:
    """The options of a command that the parsed flags ask for.

    Args:
        of: Their class.
        parsed: The flags.

    Raises:
        ValueError: If a path begins with a `~` that stands for no folder.
    """
    values: dict[str, Any] = {
        "named": frozenset(
            field.name for field in fields_of(of) if parsed[field.name].present
        )
    }
    for field in dataclasses.fields(of):
        if field.type is Experiment:
            values[field.name] = Experiment(
                **{
                    inner.name: _value(inner, parsed)
                    for inner in dataclasses.fields(Experiment)
                }
            )
        elif field.metadata:
            values[field.name] = _value(field, parsed)
    return of(**values)
