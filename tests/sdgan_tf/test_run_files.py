"""Files of a run folder read back as they were written."""

import json

import keras
import numpy as np

from sdgan_tf import run_files
from sdgan_tf.config import Experiment


def test_stats_line():
    assert run_files.stats_line(3, {"a": 0.5}) == '{"step": 3, "a": 0.5}\n'


def test_card():
    experiment = Experiment(dim=4)
    card = json.loads(run_files.card_text(experiment, 7, "float16"))
    assert Experiment(**card.pop("experiment")) == experiment
    assert card == {"step": 7, "dtype": "float16"}


def test_saved_weights_load_and_take_less_room(tmp_path):
    network = keras.Sequential([keras.Input([64]), keras.layers.Dense(256)])
    network.set_weights([np.ones([64, 256]), np.arange(256.0)])
    path = tmp_path / "generator.weights.h5"
    run_files.save_weights(network, path)
    # Half of what the kernel takes uncompressed.
    assert path.stat().st_size < 64 * 256 * 4 / 2
    other = keras.Sequential([keras.Input([64]), keras.layers.Dense(256)])
    other.load_weights(path)
    for found, weight in zip(
        other.get_weights(), network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(found, weight)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
