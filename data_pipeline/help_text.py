"""The text of `--help`: flags by section, wrapped, with their defaults."""

import sys
import textwrap
from collections.abc import Iterable, Mapping

from absl import flags

WIDTH = 80
INDENT, COLUMN = "  ", 30
# What asks for it; absl's own --helpfull stays.
ASKED = frozenset(("--help", "-help", "-h", "--helpshort", "-?"))


def page(
    usage: str, summary: str, sections: Iterable[tuple[str, Iterable[str]]]
) -> str:
    """The usage, a summary, and entries below the titles of their sections."""
    wrapped = textwrap.fill(summary, WIDTH)
    parts = [f"usage: {usage} [--flag=value ...]", "", wrapped]
    for title, entries in sections:
        parts += ["", f"{title}:", *entries]
    return "\n".join(parts)


def usage(program: str, module: str) -> str:
    """How a program was called: as a module, or as a command of another."""
    return f"python -m {module}" if program.endswith(".py") else program


def of_program(
    usage: str,
    summary: str,
    sections: Mapping[str, tuple[str, ...]],
    values: flags.FlagValues,
) -> str:
    """The page of a program whose flags absl holds.

    Args:
        usage: How the program is called.
        summary: What it does, in a line.
        sections: Names of flags by title.
        values: The flags.
    """
    return page(
        usage,
        summary,
        (
            (title, [_parsed(values[name]) for name in names])
            for title, names in sections.items()
        ),
    )


def parse(
    argv: list[str],
    program: str,
    summary: str,
    sections: Mapping[str, tuple[str, ...]],
    known_only: bool = False,
) -> list[str]:
    """Parses the flags of a program of `data_pipeline`.

    Where help is asked for, or a flag is wrong, the program ends with the page
    or with one line.

    Args:
        argv: What the program is called with, its name first.
        program: The module that it is.
        summary: What it does, in a line.
        sections: Names of flags by title.
        known_only: Whether flags of others are left alone.

    Returns:
        The first of `argv` and what is no flag, or no flag of ours.
    """
    if ASKED & set(argv):
        called = usage(argv[0], f"data_pipeline.{program}")
        print(of_program(called, summary, sections, flags.FLAGS))
        sys.exit()
    try:
        return flags.FLAGS(argv, known_only=known_only)
    except flags.Error as error:
        text = " ".join(str(error).split())
        sys.exit(f"{program}: {text}")


def _parsed(flag: flags.Flag) -> str:
    default = flag.default
    if isinstance(default, list):
        default = ",".join(default)
    choices = getattr(flag.parser, "enum_values", ())
    # absl puts <the choices> before the help.
    text = flag.help.removeprefix(f"<{'|'.join(choices)}>: ")
    return flag_entry(flag.name, text, default, choices)


def flag_entry(
    name: str, text: str, default: object, choices: Iterable[object] = ()
) -> str:
    """A flag, what it is, its choices and its default."""
    notes = ["one of " + ", ".join(map(str, choices))] if choices else []
    shown = f"--{name}"
    if isinstance(default, bool):
        shown = f"--[no]{name}"
        notes += ["default: on"] if default else []
    elif default not in (None, ""):
        notes.append(f"default: {default}")
    if notes:
        text += f" ({'; '.join(notes)})"
    return entry(shown, text)


def entry(name: str, text: str) -> str:
    """A name, and beside it or below it a wrapped text."""
    first = f"{INDENT}{name}".ljust(COLUMN)
    wrapped = textwrap.wrap(text, WIDTH - COLUMN)
    if len(first) > COLUMN or not first.endswith(" "):
        lines = [first.rstrip()]
    else:
        lines = [first + wrapped.pop(0)]
    return "\n".join([*lines, *(" " * COLUMN + line for line in wrapped)])
