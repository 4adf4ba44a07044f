"""Profiles a training step with TensorFlow's profiler.

    python -m benchmarks.profile_step --flagfile=faces.flags --bench_steps=3

Prints a table in Markdown: the kinds of operations, their fraction of all
operations' time, and how many there are in a step. Operations run in parallel,
so their times add up to more than the time of a step.
"""

import collections
import dataclasses
import glob
import os
import re
import tempfile

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras
import tensorflow as tf
from absl import app
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.commands import flags as sdgan_flags
from sdgan_tf.commands.options import Bench
from sdgan_tf.training.resuming import resolve
from sdgan_tf.training.steps import compile_steps

SHOWN = 16
# An operation's event is "its path:its kind"; a fused one names its parts.
OPERATION = re.compile(r"[^:]*:(\w+)(?:#.*)?$")


def kinds_of_operations(folder: str) -> dict[str, tuple[float, int]]:
    """Seconds and number of events of each kind of operation in a trace."""
    seconds, counts = collections.Counter(), collections.Counter()
    pattern = os.path.join(folder, "plugins/profile/*/*.xplane.pb")
    for path in glob.glob(pattern):
        space = xplane_pb2.XSpace()
        with open(path, "rb") as file:
            space.ParseFromString(file.read())
        for plane in space.planes:
            for event in (e for line in plane.lines for e in line.events):
                name = plane.event_metadata[event.metadata_id].name
                if match := OPERATION.match(name):
                    seconds[match[1]] += event.duration_ps / 1e12
                    counts[match[1]] += 1
    return {kind: (seconds[kind], counts[kind]) for kind in seconds}


def profile(options: Bench) -> None:
    """Prints the table of a configuration."""
    named = options.named & set(dataclasses.asdict(options.experiment))
    _, experiment = resolve("", options.experiment, named)
    keras.utils.set_random_seed(experiment.seed)
    algorithm = build_algorithm(experiment)
    b, side, k = experiment.batch_size, experiment.image_size, experiment.k
    batch = {
        "images": tf.cast(
            tf.random.uniform([b, k, side, side, 3], 0, 256, tf.int32),
            tf.uint8,
        ),
        "row": tf.zeros([b], tf.int64),
    }
    iterator = iter(tf.data.Dataset.from_tensors(batch).repeat())
    train_steps = compile_steps(
        tf.distribute.get_strategy(),
        algorithm,
        experiment.seed,
        tf.Variable(0, dtype=tf.int64),
    )
    train_steps(iterator, tf.constant(1))
    steps = options.bench_steps
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        train_steps(iterator, tf.constant(steps))
        tf.profiler.experimental.stop()
        kinds = kinds_of_operations(folder)
    total = sum(seconds for seconds, _ in kinds.values())
    print(f"{experiment.model}, {experiment.precision}, {steps} steps")
    print(
        "| operation | fraction | ms a step | number a step |\n"
        "|---|---|---|---|"
    )
    ordered = sorted(kinds.items(), key=lambda item: -item[1][0])
    for kind, (seconds, count) in ordered[:SHOWN]:
        print(
            f"| {kind} | {seconds / total:.3f} | "
            f"{1e3 * seconds / steps:.1f} | {count / steps:.0f} |"
        )


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    profile(sdgan_flags.options(Bench))


if __name__ == "__main__":
    sdgan_flags.define()
    app.run(main, flags_parser=sdgan_flags.parse)
