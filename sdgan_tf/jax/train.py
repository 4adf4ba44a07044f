"""The command that trains on Keras' JAX backend, which needs no TensorFlow.

    python -m sdgan_tf.jax.pack_photographs --data_dir=data/faces \\
        --output=photographs.npz
    KERAS_BACKEND=jax python -m sdgan_tf.jax.train --flagfile=faces.flags \\
        --photographs=photographs.npz --run_dir=runs/jax --train_steps=50000

It trains `sd_dcgan`, `sd_began` and `sd_projected` as `main.py` does, with the
flags of `main.py` that concern them. Its random numbers are JAX's; it has one
replica, with all photographs and many steps on the device at a time. The run
folder gets `generator.weights.h5` and `card.json`, which every mode of
`main.py` takes, and `stats.jsonl`; it cannot be resumed.

With `--mode=bench` it only measures, and prints a JSON line with the seconds of
a step and its fraction of the peak of a matrix product in the same precision.
"""

import json
import pathlib
from typing import Any

import keras
import numpy as np
from absl import app, flags

from sdgan_tf.commands import flags as sdgan_flags
from sdgan_tf.commands.options import Bench, Train
from sdgan_tf.config import with_model_defaults
from sdgan_tf.jax import bench, loop
from sdgan_tf.jax.registry import build_system
from sdgan_tf.jax.steps import compile_steps

PHOTOGRAPHS = flags.DEFINE_string(
    "photographs", "", "File that `sdgan_tf.jax.pack_photographs` wrote."
)
OPTIONS = {"train": Train, "bench": Bench}


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    if keras.backend.backend() != "jax":
        raise app.UsageError("The environment must hold KERAS_BACKEND=jax.")
    mode = flags.FLAGS.mode
    if mode not in OPTIONS:
        raise app.UsageError(
            f"--mode must be one of {sorted(OPTIONS)}. Received: --mode={mode}"
        )
    options: Any = sdgan_flags.options(OPTIONS[mode])
    if mode == "train" and not options.run_dir:
        raise app.UsageError("--run_dir is missing.")
    if not PHOTOGRAPHS.value:
        raise app.UsageError("--photographs is missing.")
    experiment = with_model_defaults(options.experiment, options.named)
    keras.utils.set_random_seed(experiment.seed)
    try:
        system = build_system(experiment)
    except ValueError as error:
        raise app.UsageError(str(error)) from error
    with np.load(PHOTOGRAPHS.value, allow_pickle=False) as held:
        steps = compile_steps(system, held["images"], held["rows"])
    if mode == "bench":
        result = bench.measure(system, steps, options.bench_steps)
        print(json.dumps(result), flush=True)
        return
    loop.train(
        system,
        steps,
        pathlib.Path(options.run_dir),
        options.train_steps,
        options.log_interval_steps,
        options.save_interval_steps,
    )


if __name__ == "__main__":
    sdgan_flags.define()
    app.run(main, flags_parser=sdgan_flags.parse)
