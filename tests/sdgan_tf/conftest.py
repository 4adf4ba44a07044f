"""A generator and a verifier that are not trained; pictures that differ."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import trained
from sdgan_tf.models.embedding import EmbeddingNetwork
from sdgan_tf.runs import Run, TrainedGenerator

TINY = Experiment(model="sd_began", image_size=32, dim=8, d_i=3, d_o=2)


@pytest.fixture(scope="session")
def random_run(tmp_path_factory) -> Run:
    """A random generator, stretched so that its pictures differ."""
    network = build_algorithm(TINY).generator
    rng = np.random.default_rng(0)
    for layer in (network.project, *network.convs, network.to_image):
        kernel = layer.kernel.numpy()
        layer.kernel.assign(1.5 * kernel)
        layer.bias.assign(rng.uniform(-0.1, 0.1, layer.bias.shape))
    run = Run(str(tmp_path_factory.mktemp("random") / "run"))
    run.write_generator(network, TINY, 0)
    return run


@pytest.fixture(scope="session")
def random_verifier(tmp_path_factory) -> str:
    """A random verifier of 32x32, as `--mode=train_verifier` writes it."""
    keras.utils.set_random_seed(0)
    network = EmbeddingNetwork(width=4, size=8)
    network(tf.zeros([1, 32, 32, 3]))
    folder = str(tmp_path_factory.mktemp("random") / "verifier")
    card = {"data_build_id": "none", "image_size": 32}
    trained.save(folder, network, card)
    return folder


@pytest.fixture(scope="session")
def own_pictures():
    """Makes codes `[n, d_z]` of (generator, n, seed=1), and their pictures."""
    return _own_pictures


def _own_pictures(generator: TrainedGenerator, n: int, seed=1) -> tuple:
    z = tf.random.stateless_uniform(
        [n, generator.latents.d_z], [seed, 2], -1.0, 1.0
    )
    return z.numpy(), generator.pixels.to_uint8(generator(z))
