"""A step of each system is the step of the TensorFlow algorithm."""

import dataclasses
import functools
import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys

N, STEPS = 3, 2
SMALL = {"image_size": 32, "dim": 4, "d_i": 3, "d_o": 5, "batch_size": N}
CASES = {
    "plain": Experiment(**SMALL),
    "helped": Experiment(
        **SMALL, augment="diffaug", r1_weight=2.0, ema_decay=0.9, k=3
    ),
    "clipped": Experiment(**SMALL, loss="wgan", discriminator="stacked"),
    "penalised": Experiment(**SMALL, loss="wgan-gp"),
    "squares": Experiment(**SMALL, loss="lsgan"),
    "began": Experiment(**SMALL, model="sd_began", ema_decay=0.9),
    "projected": Experiment(
        **SMALL,
        model="sd_projected",
        features="none",
        loss="hinge",
        augment="diffaug_weak",
        mirror=True,
        mismatched_weight=0.3,
        unmatched_weight=0.5,
        pixel_scale=True,
        tuple_norm="tuple",
        tuple_spread=True,
        ema_half_life_images=40.0,
    ),
}

FAST = ("plain", "began", "projected")  # One a system.
SLOW = tuple(case for case in CASES if case not in FAST)
# The losses before any update, without and with BEGAN.
FIRST = ("loss/discriminator", "loss/real_reconstruction")


def inputs(k: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = rng.uniform(-1, 1, [2, N, k, 8])
    return {
        "images": rng.integers(0, 256, [N, k, 32, 32, 3]).astype(np.uint8),
        "d_codes": codes[0].astype(np.float32),
        "g_codes": codes[1].astype(np.float32),
        "augmentation": rng.uniform(size=[3, N, k, 7]).astype(np.float32),
        "between": rng.uniform(size=[N]).astype(np.float32),
        "mirror": rng.uniform(size=[N, k]).astype(np.float32),
        "row": np.arange(N) // 2,
    }


def sampler_of(given, numbers):
    """`Algorithm.replica_uniform` of what is given, known by its shape."""

    def sample(key, n, *shape):
        of_shape = {0: "between", 1: "mirror"}.get(len(shape))
        return tf.constant(given[of_shape] if of_shape else next(numbers))

    return sample


def steps_of_tensorflow(algorithm, given) -> dict:
    """Each step's scalars; it samples what is given, in order."""
    codes = [given["d_codes"], given["g_codes"]]
    if algorithm.experiment.model in ("sd_began", "sd_projected"):
        codes = codes[1:]
    scalars = []
    for _ in range(STEPS):
        left = iter(codes)
        algorithm.tuples = lambda *_, left=left: tf.constant(next(left))
        algorithm.replica_uniform = sampler_of(
            given, iter(given["augmentation"])
        )
        batch = {
            "images": tf.constant(given["images"]),
            "row": tf.constant(given["row"]),
        }
        scalars.append(algorithm.step([batch], Keys(0, tf.constant(0))))
        assert next(left, None) is None
    return scalars


@pytest.fixture(scope="module")
def compared(tmp_path_factory, jax_process):
    """Takes the steps of some cases, those of one process, by both backends."""

    @functools.cache
    def compare(names):
        root = tmp_path_factory.mktemp("cases")
        results = {name: by_tensorflow(name, root / name) for name in names}
        jax_process("tests/sdgan_tf/jax/two_steps.py", root)
        return root, results

    return compare


def by_tensorflow(name: str, folder: pathlib.Path) -> tuple:
    """TensorFlow's scalars of a case, and weights before and after.

    The folder gets what JAX's steps need.
    """
    experiment = CASES[name]
    keras.utils.set_random_seed(0)
    algorithm = build_algorithm(experiment)
    folder.mkdir()
    (folder / "experiment.json").write_text(
        json.dumps(dataclasses.asdict(experiment))
    )
    given = inputs(experiment.k)
    np.savez(folder / "inputs.npz", **given)
    for network, model in algorithm.networks.items():
        no_zeros(model)
        model.save_weights(folder / f"{network}.weights.h5")
    algorithm.restart_average()
    before = weights(algorithm)
    scalars = steps_of_tensorflow(algorithm, given)
    return scalars, before, weights(algorithm), algorithm.step_flops(1)


def no_zeros(model) -> None:
    """Moves biases off 0.

    Behind a hole of zeros a leaky ReLU would be at 0 exactly, where the
    frameworks' derivatives differ.
    """
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        if len(variable.shape) == 1:
            variable.assign(variable + rng.uniform(0.01, 0.02, variable.shape))


def weights(algorithm) -> dict[str, list[np.ndarray]]:
    generator = algorithm.generator
    groups = {
        "generator": generator.trainable_variables,
        "statistics": generator.non_trainable_variables,
        "discriminator": algorithm.d.trainable_variables,
        "average": [],
    }
    if algorithm.average is not None:
        groups["average"] = algorithm.average.trainable_variables
    return {
        name: [variable.numpy() for variable in group]
        for name, group in groups.items()
    }


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=() if case in FAST else pytest.mark.slow)
        for case in CASES
    ],
)
def test_two_steps_are_tensorflows(compared, case):
    root, results = compared(FAST if case in FAST else SLOW)
    scalars, before, after, step_flops = results[case]
    with np.load(root / case / "result.npz") as result:
        assert result["step_flops"] == step_flops
        losses = {name for name in result.files if "/loss/" in name}
        assert losses == {
            f"{step}/{scalar}"
            for step, of_step in enumerate(scalars)
            for scalar in of_step
            if scalar.startswith("loss/")
        }
        for name in losses:
            step, scalar = int(name[0]), name[2:]
            # An update amplifies rounding; the first loss is before any.
            first = step == 0 and scalar == FIRST[case == "began"]
            assert float(result[name]) == pytest.approx(
                float(scalars[step][scalar]),
                rel=1e-5 if first else 1e-2,
                abs=1e-6,
            ), name
        for group, expected in after.items():
            assert expected or group in ("average", "statistics")
            moved = distance(expected, before[group])
            found = [result[f"{group}/{n}"] for n in range(len(expected))]
            # Biases before a batch norm have a gradient of 0, of whose sign
            # Adam makes a step.
            assert distance(found, expected) <= 0.02 * moved, group


def distance(a, b) -> float:
    return sum(float(np.abs(x - y).sum()) for x, y in zip(a, b, strict=True))
