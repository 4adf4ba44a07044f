"""The only place that knows all systems by name."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from sdgan_tf.algorithms.ac_dcgan import ACDCGAN
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.commonality_gan import CommonalityGAN
from sdgan_tf.algorithms.dr_gan import DRGAN
from sdgan_tf.algorithms.embedding_pairwise import EmbeddingPairwise
from sdgan_tf.algorithms.encoder_pairwise import EncoderPairwise
from sdgan_tf.algorithms.sd_began import SDBEGAN
from sdgan_tf.algorithms.sd_gan import SDGAN
from sdgan_tf.algorithms.sd_projected import (
    ProjectedCommonalityGAN,
    SDProjected,
)
from sdgan_tf.config import Experiment


@dataclasses.dataclass(frozen=True)
class System:
    """One value of `Experiment.model`.

    Attributes:
        algorithm: What trains it.
        fixed: Fields of the experiment that it determines.
        knows_identities: Whether its size depends on the identities.
        common: What trains it with `commonalities`, if anything.
    """

    algorithm: type[Algorithm]
    fixed: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    knows_identities: bool = False
    common: type[Algorithm] | None = None


# In the order of the paper's table.
SYSTEMS = {
    "dcgan": System(SDGAN, {"k": 1}),
    "began": System(SDBEGAN, {"k": 1}),
    "ac_dcgan": System(
        ACDCGAN, {"k": 1, "discriminator": "siamese"}, knows_identities=True
    ),
    "sd_dcgan": System(SDGAN, common=CommonalityGAN),
    "sd_began": System(SDBEGAN),
    "sd_projected": System(
        SDProjected,
        {"loss": "hinge"},
        common=ProjectedCommonalityGAN,
    ),
    "embedding_pairwise": System(EmbeddingPairwise, knows_identities=True),
    "encoder_pairwise": System(
        EncoderPairwise, {"k": 2}, knows_identities=True
    ),
    "dr_gan": System(
        DRGAN, {"k": 1, "discriminator": "siamese"}, knows_identities=True
    ),
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
    system = _system(experiment)
    fixed = system.fixed
    if experiment.commonalities and not system.common:
        able = [name for name, system in SYSTEMS.items() if system.common]
        raise ValueError(
            f"`commonalities` is for the models {able}. "
            f"Received: model={experiment.model!r}"
        )
    if experiment.known_identities and not system.knows_identities:
        raise ValueError(
            f"`{experiment.model}` has no codes of training identities, "
            "so `known_identities` must be 0. Received: "
            f"known_identities={experiment.known_identities}"
        )
    for name, value in fixed.items():
        asked = getattr(experiment, name)
        if name in named and asked != value:
            raise ValueError(
                f"`{experiment.model}` requires {name}={value!r}. Received: "
                f"{name}={asked!r}"
            )
    return dataclasses.replace(experiment, **fixed)


def knows_identities(experiment: Experiment) -> bool:
    """Whether the model's size depends on the number of identities."""
    return _system(experiment).knows_identities


def count_identities(experiment: Experiment, count: int | None) -> Experiment:
    """The experiment with the number of identities that its model knows.

    Args:
        experiment: Settled.
        count: Identities of the data; None without any.

    Raises:
        ValueError: If a number that is needed is missing or differs from the
            data's.
    """
    if not knows_identities(experiment):
        return experiment
    asked = experiment.known_identities
    if count is None and not asked:
        raise ValueError(
            f"The size of `{experiment.model}` depends on the number of "
            "training identities: without a data set, pass "
            "`known_identities`. Received: known_identities=0"
        )
    if count and asked and count != asked:
        raise ValueError(
            "`known_identities` differs from the data set's. Received: "
            f"known_identities={asked}, data set: {count}"
        )
    return dataclasses.replace(experiment, known_identities=asked or count or 0)


def algorithm_class(experiment: Experiment) -> type[Algorithm]:
    """The algorithm that `experiment` names; call it to build its networks.

    Raises:
        ValueError: If no system has the name `experiment.model`.
    """
    system = _system(experiment)
    if system.common and experiment.commonalities:
        return system.common
    return system.algorithm


def build_algorithm(experiment: Experiment) -> Algorithm:
    """Builds the networks and optimizers of `experiment`.

    Call it under the strategy's scope.

    Raises:
        ValueError: If no system has the name `experiment.model`.
    """
    return algorithm_class(experiment)(experiment)
