"""The systems by name."""

from sdgan_tf.config import Experiment
from sdgan_tf.jax.sd_began import SDBEGAN
from sdgan_tf.jax.sd_gan import SDGAN
from sdgan_tf.jax.sd_projected import SDProjected
from sdgan_tf.jax.system import System

SYSTEMS = {
    "sd_dcgan": SDGAN,
    "sd_began": SDBEGAN,
    "sd_projected": SDProjected,
}


def build_system(experiment: Experiment) -> System:
    """Builds the networks and optimizers of `experiment`.

    Raises:
        ValueError: If it is of no system here.
    """
    if experiment.model not in SYSTEMS:
        raise ValueError(
            f"`model` must be one of {sorted(SYSTEMS)} on JAX. "
            f"Received: model={experiment.model!r}"
        )
    return SYSTEMS[experiment.model](experiment)
