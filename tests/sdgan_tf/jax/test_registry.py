"""A system is refused what only the TensorFlow algorithms do."""

import pytest

from sdgan_tf.config import Experiment
from sdgan_tf.jax.registry import build_system


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "dr_gan"}, "must be one of .* Received: model='dr_gan'"),
        ({"d_steps_per_g_step": 2}, "Received: d_steps_per_g_step=2"),
        ({"spectral_norm": True}, "`spectral_norm` is not supported on JAX"),
        ({"commonalities": "identity"}, "Received: commonalities='identity'"),
        ({"precision": "auto"}, "Received: precision='auto'"),
        ({"model": "sd_began", "augment": "diffaug"}, "`sd_began` has its own"),
    ],
)
def test_what_only_tensorflow_trains(options, message):
    with pytest.raises(ValueError, match=message):
        build_system(Experiment(**options))
