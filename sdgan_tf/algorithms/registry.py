"""The only place that knows all systems by name."""

from collections.abc import Callable

from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.sd_gan import SDGAN
from sdgan_tf.config import Experiment

ALGORITHMS: dict[str, Callable[[Experiment], Algorithm]] = {
    "sd_dcgan": SDGAN,
}


def build_algorithm(experiment: Experiment) -> Algorithm:
    """Builds the networks and optimizers of `experiment`.

    Call it under the strategy's scope.

    Raises:
        ValueError: If no system has the name `experiment.model`.
    """
    if experiment.model not in ALGORITHMS:
        raise ValueError(
            f"`model` must be one of {sorted(ALGORITHMS)}. "
            f"Received: model={experiment.model!r}"
        )
    return ALGORITHMS[experiment.model](experiment)
