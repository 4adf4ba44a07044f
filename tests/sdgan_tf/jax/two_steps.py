"""Run by test_system: two steps of each case, by JAX, for TensorFlow's.

    KERAS_BACKEND=jax python tests/sdgan_tf/jax/two_steps.py FOLDER

Each folder in FOLDER holds experiment.json, inputs.npz and the weights of both
networks; it gets losses and weights as result.npz.
"""

import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np

from sdgan_tf.config import Experiment
from sdgan_tf.jax.registry import build_system

STEPS = 2


def run(folder: pathlib.Path) -> None:
    text = (folder / "experiment.json").read_text()
    experiment = Experiment(**json.loads(text))
    system = build_system(experiment)
    system.g.network.load_weights(folder / "generator.weights.h5")
    system.d.network.load_weights(folder / "discriminator.weights.h5")
    state = system.state()
    with np.load(folder / "inputs.npz") as held:
        sampled = {name: jnp.array(held[name]) for name in held.files}
    real = system.pixels.to_float(sampled.pop("images"))
    result, one_step = {}, jax.jit(system.step)
    for step in range(STEPS):
        state, values = one_step(state, real, sampled)
        for name, value in values.items():
            result[f"{step}/{name}"] = np.array(value)
    groups = {
        "generator": state["generator"]["trainable"],
        "statistics": state["generator"]["fixed"],
        "discriminator": state["discriminator"]["trainable"],
        "average": state.get("average", []),
    }
    for name, weights in groups.items():
        for number, weight in enumerate(weights):
            result[f"{name}/{number}"] = np.array(weight)
    result["step_flops"] = np.array(system.step_flops())
    np.savez(folder / "result.npz", **result)


for case in pathlib.Path(sys.argv[1]).iterdir():
    run(case)
# Where JAX trains there is none.
assert "tensorflow" not in sys.modules
