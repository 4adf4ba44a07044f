"""A system is refused what only the TensorFlow algorithms do."""

import pytest

from sdgan_tf.config import Experiment
from sdgan_tf.jax.registry import build_system


def test_an_average_is_checked_as_on_tensorflow():
    for options, message in (
        ({"ema_decay": 1.5}, r"`ema_decay` must be in \[0, 1\)"),
        (
            {"ema_decay": 0.9, "ema_half_life_images": 40.0},
            "set the same thing",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            build_system(Experiment(image_size=32, dim=4, **options))


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
