"""The only place that knows all systems by name."""

import dataclasses
from collections.abc import Collection, Mapping

from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.sd_began import SDBEGAN
from sdgan_tf.algorithms.sd_gan import SDGAN
from sdgan_tf.config import Experiment


@dataclasses.dataclass(frozen=True)
class System:
    """One value of `--model`.

    Attributes:
        algorithm: What trains it.
        fixed: Fields of the experiment that it determines.
    """

    algorithm: type[Algorithm]
    fixed: Mapping[str, object] = dataclasses.field(default_factory=dict)


# In the order of the paper's table.
SYSTEMS = {
    "dcgan": System(SDGAN, {"k": 1}),
    "began": System(SDBEGAN, {"k": 1}),
    "sd_dcgan": System(SDGAN),
    "sd_began": System(SDBEGAN),
}


def _system(experiment: Experiment) -> System:
    if experiment.model not in SYSTEMS:
        raise ValueError(
            f"`model` must be one of {sorted(SYSTEMS)}. "
            f"Received: model={experiment.model!r}"
        )
    return SYSTEMS[experiment.model]


def settle(experiment: Experiment, named: Collection[str]) -> Experiment:
    """The experiment with what its system determines.

    Args:
        experiment: What the user asks for.
        named: Fields that the user named.

    Raises:
        ValueError: If a named field differs from what the system determines,
            or no system has the name `experiment.model`.
    """
    fixed = _system(experiment).fixed
    for name, value in fixed.items():
        asked = getattr(experiment, name)
        if name in named and asked != value:
            raise ValueError(
                f"`{experiment.model}` has {name}={value!r}. Received: "
                f"{name}={asked!r}"
            )
    return dataclasses.replace(experiment, **fixed)


def algorithm_class(experiment: Experiment) -> type[Algorithm]:
    """The algorithm that `experiment` names; call it to build its networks.

    Raises:
        ValueError: If no system has the name `experiment.model`.
    """
    return _system(experiment).algorithm


def build_algorithm(experiment: Experiment) -> Algorithm:
    """Builds the networks and optimizers of `experiment`.

    Call it under the strategy's scope.

    Raises:
        ValueError: If no system has the name `experiment.model`.
    """
    return algorithm_class(experiment)(experiment)
