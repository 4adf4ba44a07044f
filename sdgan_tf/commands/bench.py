"""The command `bench`."""

import dataclasses
import json

from sdgan_tf.benchmark import bench
from sdgan_tf.commands.options import Bench
from sdgan_tf.config import Experiment
from sdgan_tf.training.strategy import make_workers


def run(options: Bench) -> None:
    """Prints one JSON line: the step, the peak, the data, the export."""
    workers = make_workers(options.strategy, options.logical_cpus)
    named = options.named & {f.name for f in dataclasses.fields(Experiment)}
    result = bench(
        options.experiment,
        workers,
        named,
        options.bench_steps,
        options.jit_compile,
    )
    print(json.dumps(result))
