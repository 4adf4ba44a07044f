"""The whole configuration, for the commands that still ask for it.

Goes when the last of them takes its own options.
"""

import dataclasses

from absl import flags

from sdgan_tf import config
from sdgan_tf.commands.flags import _value, local_path

SECTIONS = {
    "experiment": config.Experiment,
    "training": config.Training,
    "sampling": config.Sampling,
    "exporting": config.Exporting,
    "exploring": config.Exploring,
    "benchmark": config.Benchmark,
    "interpolation": config.Interpolation,
    "projection": config.Projection,
    "reference": config.Reference,
    "evaluation": config.Evaluation,
    "judging": config.Judging,
}


def whole(parsed: flags.FlagValues = flags.FLAGS) -> config.Config:
    """The configuration that the parsed flags ask for."""
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

    return config.Config(
        mode=parsed.mode,
        run_dir=local_path("run_dir", parsed.run_dir),
        data_dir=local_path("data_dir", parsed.data_dir),
        traceback=parsed.traceback,
        named=named(f.name for f in dataclasses.fields(config.Experiment)),
        told=named(
            ["data_dir", "verifier"]
            + [field.name for field in dataclasses.fields(config.Training)]
        ),
        **sections,
    )
