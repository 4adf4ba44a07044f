"""Flags of main.py: one for each field of the configuration."""

import dataclasses
import math

from absl import flags

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


def config(parsed: flags.FlagValues = flags.FLAGS) -> Config:
    """The configuration that the parsed flags ask for."""
    sections = {
        name: section(
            **{
                field.name: parsed[field.name].value
                for field in dataclasses.fields(section)
            }
        )
        for name, section in SECTIONS.items()
    }
    named = frozenset(
        field.name
        for field in dataclasses.fields(Experiment)
        if parsed[field.name].present
    )
    return Config(
        mode=parsed.mode,
        run_dir=parsed.run_dir,
        data_dir=parsed.data_dir,
        traceback=parsed.traceback,
        named=named,
        **sections,
    )
