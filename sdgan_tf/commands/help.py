"""`--help`: the flags of a command, by section."""

import dataclasses
import inspect
import textwrap
from collections.abc import Iterator

from sdgan_tf.commands.registry import COMMANDS, PROGRAMS, Command
from sdgan_tf.config import Experiment

WIDTH = 80
INDENT, HELP_COLUMN = "  ", 30


def overview(program: str) -> str:
    """The commands, each with its line."""
    described = {**PROGRAMS, **COMMANDS}
    lines = [
        f"usage: {program} COMMAND [--flag=value ...]",
        "",
        "Commands:",
        *(
            _entry(command.shown, command.summary)
            for command in described.values()
        ),
        "",
        f"Flags of one: {program} COMMAND --help. --flagfile=PATH reads flags "
        "from a file.",
    ]
    return "\n".join(lines)


def of_command(usage: str, command: Command) -> str:
    """A command's summary and its flags by section, own ones first."""
    parts = [f"usage: {usage} [--flag=value ...]", "", command.summary]
    for title, fields in sections(command.options):
        parts += ["", f"{title}:", *map(_flag, fields)]
    return "\n".join(parts)


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
    return inspect.getdoc(section).splitlines()[0].rstrip(".")


def _flag(field: dataclasses.Field) -> str:
    default, choices = field.default, field.metadata["choices"]
    if isinstance(default, bool):
        name = f"--[no]{field.name}"
        shown = "default: on" if default else ""
    else:
        name = f"--{field.name}"
        shown = f"default: {default}" if default != "" else ""
    notes = [shown] if shown else []
    if choices:
        notes.insert(0, "one of " + ", ".join(map(str, choices)))
    text = field.metadata["help"]
    if notes:
        text += f" ({'; '.join(notes)})"
    return _entry(name, text)


def _entry(name: str, text: str) -> str:
    """A name, and beside it or below it a wrapped text."""
    first = f"{INDENT}{name}".ljust(HELP_COLUMN)
    wrapped = textwrap.wrap(text, WIDTH - HELP_COLUMN)
    if len(first) > HELP_COLUMN or not first.endswith(" "):
        lines = [first.rstrip()]
    else:
        lines = [first + wrapped.pop(0)]
    return "\n".join([*lines, *(" " * HELP_COLUMN + line for line in wrapped)])
