"""`--help` of a command: its options, by the classes they are of."""

import dataclasses
import inspect
import textwrap
from collections.abc import Iterator

from data_pipeline.help_text import entry, flag_entry, page
from sdgan_tf.commands.flagfiles import own
from sdgan_tf.commands.registry import COMMANDS, PROGRAMS, Command, Program
from sdgan_tf.config import Experiment


def overview(program: str) -> str:
    """The commands, each with its line."""
    described: list[Program | Command] = [
        *PROGRAMS.values(),
        *COMMANDS.values(),
    ]
    lines = [
        f"usage: {program} COMMAND [--flag=value ...]",
        "",
        "Commands:",
        *(entry(command.shown, command.summary) for command in described),
        "",
        f"Flags of one: {program} COMMAND --help. --flagfile=PATH reads flags "
        "from a file;",
        "these come with the program and are found from any folder:",
        *textwrap.wrap(", ".join(own()), 78),
    ]
    return "\n".join(lines)


def of_command(usage: str, command: Command) -> str:
    """A command's summary and its flags by section, own ones first."""
    return page(
        usage,
        command.summary,
        (
            (title, map(_flag, fields))
            for title, fields in sections(command.options)
        ),
    )


def sections(
    options: type,
) -> Iterator[tuple[str, list[dataclasses.Field]]]:
    """The titles and fields of the classes that options inherit from."""
    fields = {field.name: field for field in dataclasses.fields(options)}
    experiment = any(f.type is Experiment for f in fields.values())
    for section in options.__mro__:
        own = [
            fields[name]
            for name in inspect.get_annotations(section)
            if name in fields and fields[name].metadata
        ]
        if own:
            yield _title(section), own
        if section is options and experiment:
            yield "The experiment", list(dataclasses.fields(Experiment))


def _title(section: type) -> str:
    return (inspect.getdoc(section) or "").splitlines()[0].rstrip(".")


def _flag(field: dataclasses.Field) -> str:
    meta = field.metadata
    return flag_entry(field.name, meta["help"], field.default, meta["choices"])
