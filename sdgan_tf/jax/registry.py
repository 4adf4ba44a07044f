"""The systems by name."""

from collections.abc import Callable

from sdgan_tf.config import AUTO, Experiment
from sdgan_tf.jax.sd_began import SDBEGAN
from sdgan_tf.jax.sd_gan import SDGAN
from sdgan_tf.jax.sd_projected import SDProjected
from sdgan_tf.jax.system import System
from sdgan_tf.objectives import check_left_out

SYSTEMS: dict[str, Callable[[Experiment], System]] = {
    "sd_dcgan": SDGAN,
    "sd_began": SDBEGAN,
    "sd_projected": SDProjected,
}
# What only `algorithms` does. Keras' spectral norm assigns trainable weights
# while it is called, so that it is no pure function.
NOT_HERE = {
    "commonalities": "",
    "d_steps_per_g_step": 1,
    "spectral_norm": False,
}


def build_system(experiment: Experiment) -> System:
    """Builds the networks and optimizers of `experiment`.

    Raises:
        ValueError: If it asks for what is not here.
    """
    if experiment.model not in SYSTEMS:
        raise ValueError(
            f"`model` must be one of {sorted(SYSTEMS)} on JAX. "
            f"Received: model={experiment.model!r}"
        )
    check_left_out(
        experiment,
        NOT_HERE,
        "`{name}` is not supported on JAX: it must be {only!r}.",
    )
    if experiment.precision == AUTO:
        raise ValueError(
            "`precision` must be float32 or mixed_bfloat16 on JAX. "
            f"Received: precision={experiment.precision!r}"
        )
    return SYSTEMS[experiment.model](experiment)
