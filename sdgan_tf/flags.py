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


def _define(field: dataclasses.Field) -> None:
    name, default, meta = field.name, field.default, field.metadata
    text, choices = meta["help"], meta["choices"]
    if isinstance(default, bool):
        flags.DEFINE_bool(name, default, text)
    elif isinstance(default, str):
        if choices:
            flags.DEFINE_enum(name, default, list(choices), text)
        else:
            flags.DEFINE_string(name, default, text)
    elif isinstance(default, float):
        flags.DEFINE_float(name, default, text, lower_bound=meta["minimum"])
        # No number is below a bound if it is none.
        flags.register_validator(name, math.isfinite, f"--{name} is not finite")
    else:
        flags.DEFINE_integer(name, default, text, lower_bound=meta["minimum"])
        if choices:
            flags.register_validator(
                name,
                lambda value: value in choices,
                f"--{name} must be one of {choices}",
            )


def define(modes: list[str]) -> None:
    """Defines all flags; `modes` are the values of --mode."""
    flags.DEFINE_enum("mode", "train", modes, "What to do.")
    flags.DEFINE_string(
        "run_dir", "", "Run folder; a new numbered one under runs/ by default."
    )
    flags.DEFINE_string("data_dir", "", "Folder that build_records wrote.")
    for section in SECTIONS.values():
        for field in dataclasses.fields(section):
            _define(field)


def config() -> Config:
    """The configuration that the parsed flags ask for."""
    parsed = flags.FLAGS
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
        named=named,
        **sections,
    )
