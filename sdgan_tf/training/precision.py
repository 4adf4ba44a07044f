"""The precision "auto": bfloat16 where it is faster and losses agree."""

import dataclasses
import itertools
import time

import keras
import tensorflow as tf

from sdgan_tf.algorithms.registry import algorithm_class, build_algorithm
from sdgan_tf.config import AUTO, Experiment
from sdgan_tf.hardware import has_bfloat16
from sdgan_tf.latents import Keys
from sdgan_tf.progress import say

FLOAT32, BFLOAT16 = "float32", "mixed_bfloat16"
CHECK_STEPS = 3
CHECK_SECONDS = 5.0  # Of a precision; a step that has begun is finished.
# Losses lie about 0.7; BEGAN's and WGAN's are smaller or larger.
ABSOLUTE = 0.02


@dataclasses.dataclass(frozen=True)
class FirstSteps:
    """Losses and time of the first steps in a precision.

    Attributes:
        losses: All losses of each step.
        seconds: The time of the fastest step.
    """

    losses: list[list[float]]
    seconds: float


def first_steps(experiment: Experiment, batch: dict, count: int) -> FirstSteps:
    """Takes a few first steps on one batch, on one device.

    Args:
        experiment: What is to be trained, with its precision.
        batch: A batch of its tuples.
        count: How many steps at most. There are fewer if they take more than
            `CHECK_SECONDS`.
    """
    keras.utils.set_random_seed(experiment.seed)
    algorithm = build_algorithm(experiment)
    found: list[list[float]] = []
    times: list[float] = []
    while len(found) < count and sum(times) < CHECK_SECONDS:
        started = time.perf_counter()
        values = algorithm.step(
            (batch,) * algorithm.batches_per_step,
            Keys(experiment.seed, tf.constant(len(found))),
        )
        found.append(
            [
                float(value)
                for name, value in values.items()
                if name.startswith("loss/")
            ]
        )
        times.append(time.perf_counter() - started)
    return FirstSteps(found, min(times))


def resolve_precision(experiment: Experiment, batch: dict) -> Experiment:
    """The experiment with a precision of its own in place of "auto".

    This is the faster one of float32 and bfloat16, and float32 where the
    losses of the first steps do not agree.

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
    of_wide = first_steps(wide, batch, CHECK_STEPS)
    steps = len(of_wide.losses)
    of_narrow = first_steps(narrow, batch, steps)
    relative = algorithm_class(experiment).precision_tolerance
    apart = max(
        abs(b - a) - relative * abs(a)
        for a, b in zip(
            itertools.chain(*of_wide.losses),
            itertools.chain(*of_narrow.losses),
            strict=False,
        )
    )
    times = (
        f"{of_narrow.seconds:.2f} s a step, where float32 takes "
        f"{of_wide.seconds:.2f} s"
    )
    if apart > ABSOLUTE:
        say(
            f"Precision: float32; in bfloat16 a loss lies {apart:.3f} further "
            f"off than {relative:.0%} of its value (first steps: {steps})."
        )
        return wide
    if of_narrow.seconds >= of_wide.seconds:
        say(f"Precision: float32; bfloat16 takes {times}.")
        return wide
    say(
        f"Precision: mixed_bfloat16; it takes {times}, and losses agree "
        f"(first steps: {steps})."
    )
    return narrow
