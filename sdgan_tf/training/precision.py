"""The precision "auto": bfloat16 where it is fast and losses agree."""

import dataclasses
import pathlib
import re

import keras
import tensorflow as tf

from sdgan_tf.algorithms.registry import algorithm_class, build_algorithm
from sdgan_tf.config import AUTO, Experiment
from sdgan_tf.latents import Keys
from sdgan_tf.progress import say

FLOAT32, BFLOAT16 = "float32", "mixed_bfloat16"
CPUINFO = pathlib.Path("/proc/cpuinfo")
CPU_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
GPU_CAPABILITY = (8, 0)  # NVIDIA's Ampere.
CHECK_STEPS = 3
# Losses lie about 0.7; BEGAN's and WGAN's are smaller or larger.
ABSOLUTE = 0.02


def has_bfloat16() -> bool:
    """Whether the device that trains multiplies bfloat16 in hardware."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = map(tf.config.experimental.get_device_details, gpus)
        return all(
            d.get("compute_capability", (0, 0)) >= GPU_CAPABILITY
            for d in details
        )
    try:
        text = CPUINFO.read_text()
    except OSError:
        return False  # Not Linux: unknown.
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return bool(flags and CPU_FLAGS & set(flags[1].split()))


def losses(experiment: Experiment, batch: dict) -> list[float]:
    """All losses of a few first steps on one batch, on one device."""
    keras.utils.set_random_seed(experiment.seed)
    algorithm = build_algorithm(experiment)
    found = []
    for step in range(CHECK_STEPS):
        values = algorithm.step(
            (batch,) * algorithm.batches_per_step,
            Keys(experiment.seed, tf.constant(step)),
        )
        found += [
            float(value)
            for name, value in values.items()
            if name.startswith("loss/")
        ]
    return found


def resolve_precision(experiment: Experiment, batch: dict) -> Experiment:
    """The experiment with a precision of its own in place of "auto".

    Args:
        experiment: What is to be trained.
        batch: A batch of its tuples, for the check.
    """
    if experiment.precision != AUTO:
        return experiment
    wide, narrow = (
        dataclasses.replace(experiment, precision=precision)
        for precision in (FLOAT32, BFLOAT16)
    )
    if not has_bfloat16():
        say("Precision: float32; this device has no bfloat16.")
        return wide
    relative = algorithm_class(experiment).precision_tolerance
    apart = [
        abs(b - a) - relative * abs(a)
        for a, b in zip(losses(wide, batch), losses(narrow, batch), strict=True)
    ]
    if max(apart) > ABSOLUTE:
        say(
            f"Precision: float32; in {CHECK_STEPS} steps of bfloat16 a loss "
            f"lies {max(apart):.3f} further off than "
            f"{relative:.0%} of its value."
        )
        return wide
    say(
        f"Precision: mixed_bfloat16; the losses of {CHECK_STEPS} steps agree "
        "with float32's."
    )
    return narrow
