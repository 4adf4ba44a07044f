"""The functions that networks are served by, beside pictures of codes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms import served_functions
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.identity_embedding import IdentityEmbedding

TINY = {"image_size": 32, "dim": 4, "d_i": 3, "d_o": 2, "known_identities": 5}


def noise(*shape):
    return tf.random.stateless_uniform(shape, [0, 1], -1.0, 1.0)


def test_embed_looks_up_the_rows():
    table = keras.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    latents = IdentityEmbedding(2, 1, table, closed=True)
    (signature,) = served_functions.embed(None, latents).values()
    assert [spec.name for spec in signature.inputs] == ["rows"]
    z_i = signature.function(tf.constant([2, 0, 2], tf.int64))["z_i"]
    np.testing.assert_array_equal(z_i, [[5, 6], [1, 2], [5, 6]])


def test_encode_is_the_encoder_without_training():
    algorithm = build_algorithm(Experiment(model="encoder_pairwise", **TINY))
    generator = algorithm.generator
    found = algorithm.generator_signatures(generator, algorithm.latents)
    assert list(found) == ["encode"]
    photographs = noise(4, 32, 32, 3)
    # A batch norm by the statistics of the batch would differ.
    np.testing.assert_array_equal(
        found["encode"].function(photographs)["z_i"][:2],
        generator.encoder(photographs[:2], training=False),
    )
    assert found["encode"].inputs[0].shape == (None, 32, 32, 3)
    assert found["encode"].batchable


def test_reconstruct_is_clipped_to_what_is_shown():
    class Loud:
        k, image_size = 3, 32

        def __call__(self, tuples):
            return 5.0 * tuples

    (signature,) = served_functions.reconstruct(Loud()).values()
    assert signature.inputs[0].shape == (None, 3, 32, 32, 3)
    images = signature.function(tf.constant([-1.0, 0.1, 1.0]))["images"]
    np.testing.assert_allclose(images, [-1.0, 0.5, 1.0])


@pytest.mark.parametrize(
    "model, of_generator, of_networks",
    [
        ("sd_dcgan", [], []),
        ("sd_began", [], ["reconstruct"]),
        ("embedding_pairwise", ["embed"], []),
        ("ac_dcgan", ["embed"], []),
        ("dr_gan", ["encode"], []),
    ],
)
def test_which_functions_a_model_has(model, of_generator, of_networks):
    k = 1 if model in ("ac_dcgan", "dr_gan") else 2
    algorithm = build_algorithm(Experiment(model=model, k=k, **TINY))
    found = algorithm.generator_signatures(
        algorithm.generator, algorithm.latents
    )
    assert list(found) == of_generator
    assert list(algorithm.signatures()) == of_networks
