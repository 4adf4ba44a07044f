"""The only place that knows all systems by name."""

from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.sd_began import SDBEGAN
from sdgan_tf.algorithms.sd_gan import SDGAN
from sdgan_tf.config import Experiment

ALGORITHMS: dict[str, type[Algorithm]] = {
    "sd_began": SDBEGAN,
    "sd_dcgan": SDGAN,
}


def algorithm_class(experiment: Experiment) -> type[Algorithm]:
    """The algorithm that `experiment` names; call it to build its networks.

    Raises:
        ValueError: If no system has the name `experiment.model`.
    """
    if experiment.model not in ALGORITHMS:
        raise ValueError(
            f"`model` must be one of {sorted(ALGORITHMS)}. "
            f"Received: model={experiment.model!r}"
        )
    return ALGORITHMS[experiment.model]


def build_algorithm(experiment: Experiment) -> Algorithm:
    """Builds the networks and optimizers of `experiment`.

    Call it under the strategy's scope.

    Raises:
        ValueError: If no system has the name `experiment.model`.
    """
    return algorithm_class(experiment)(experiment)
