"""Flags of main.py: one for each field of the configuration."""

import dataclasses
import math
import os
import sys

from absl import flags

from sdgan_tf import flagfiles
from sdgan_tf.config import (
    Benchmark,
    Config,
    Evaluation,
    Experiment,
    Exploring,
    Exporting,
    Interpolation,
    Judging,
    Projection,
    Reference,
    Sampling,
    Training,
)

SECTIONS = {
    "experiment": Experiment,
    "training": Training,
    "sampling": Sampling,
    "exporting": Exporting,
    "exploring": Exploring,
    "benchmark": Benchmark,
    "interpolation": Interpolation,
    "projection": Projection,
    "reference": Reference,
    "evaluation": Evaluation,
    "judging": Judging,
}


def _define(field: dataclasses.Field, values: flags.FlagValues) -> None:
    name, default, meta = field.name, field.default, field.metadata
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
    elif isinstance(default, float):
        flags.DEFINE_float(
            name,
            default,
            text,
            lower_bound=meta["minimum"],
            upper_bound=meta["maximum"],
            flag_values=values,
        )
        # What is no number is not below a bound either.
        flags.register_validator(
            name,
            math.isfinite,
            f"--{name} is not finite",
            flag_values=values,
        )
    else:
        flags.DEFINE_integer(
            name,
            default,
            text,
            lower_bound=meta["minimum"],
            upper_bound=meta["maximum"],
            flag_values=values,
        )
        if choices:
            flags.register_validator(
                name,
                lambda value: value in choices,
                f"--{name} must be one of {choices}",
                flag_values=values,
            )


def define(modes: list[str], values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines all flags in `values`; `modes` are the values of --mode."""
    flags.DEFINE_enum("mode", "train", modes, "What to do.", flag_values=values)
    flags.DEFINE_string(
        "run_dir",
        "",
        "Run folder; a new numbered one under runs/ by default.",
        flag_values=values,
    )
    flags.DEFINE_string(
        "data_dir", "", "Folder that build_records wrote.", flag_values=values
    )
    flags.DEFINE_bool(
        "traceback",
        False,
        "Show where an error was raised, not its message alone.",
        flag_values=values,
    )
    for section in SECTIONS.values():
        for field in dataclasses.fields(section):
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


def local_path(name: str, path: str) -> str:
    """A path with `~` and `~USER` replaced by the home folder.

    A shell replaces them at the start of a word only, not in --name=~/path.

    Raises:
        ValueError: If there is no such home folder, or the path is no text.
    """
    found = os.path.expanduser(path)
    if found.startswith("~"):
        raise ValueError(
            f"`{name}` begins with ~ and names nobody's home folder; write "
            f"./{path} for a folder of that name. Received: {name}={path!r}"
        )
    try:
        found.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"`{name}` must be a path in UTF-8. Received: {name}={path!a}"
        ) from None
    return found


def _value(field: dataclasses.Field, parsed: flags.FlagValues):
    name, value = field.name, parsed[field.name].value
    paths = field.metadata["paths"]
    if not paths:
        return value
    each = value.split(",") if paths > 1 else [value]
    return ",".join(local_path(name, path) for path in each)


def config(parsed: flags.FlagValues = flags.FLAGS) -> Config:
    """The configuration that the parsed flags ask for.

    Raises:
        ValueError: If a path begins with a `~` that stands for no folder.
    """
    sections = {
        name: section(
            **{
                field.name: _value(field, parsed)
                for field in dataclasses.fields(section)
            }
        )
        for name, section in SECTIONS.items()
    }

    def named(names) -> frozenset:
        return frozenset(name for name in names if parsed[name].present)

    return Config(
        mode=parsed.mode,
        run_dir=local_path("run_dir", parsed.run_dir),
        data_dir=local_path("data_dir", parsed.data_dir),
        traceback=parsed.traceback,
        named=named(field.name for field in dataclasses.fields(Experiment)),
        told=named(
            ["data_dir", "verifier"]
            + [field.name for field in dataclasses.fields(Training)]
        ),
        **sections,
    )
