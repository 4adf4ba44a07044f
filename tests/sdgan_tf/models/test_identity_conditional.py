"""Networks that know identities: sizes to the digit, and what they give."""

import keras
import numpy as np
import pytest

from sdgan_tf.algorithms.base import count_parameters
from sdgan_tf.models.commonality_discriminator import CommonalityDiscriminator
from sdgan_tf.models.dcgan import SiameseDiscriminator
from sdgan_tf.models.identity_conditional import (
    AuxiliaryDiscriminator,
    EmbeddingGenerator,
    EncodingGenerator,
    ImageEncoder,
)

TINY = {"image_size": 32, "dim": 4}


def test_ac_dcgan_takes_131_2_mb_at_10_000_identities():
    generator = EmbeddingGenerator(64, 64, num_identities=10_000, d_i=50)
    generator(np.zeros([1, 100], "float32"))
    discriminator = AuxiliaryDiscriminator(64, 64, num_identities=10_000)
    discriminator(np.zeros([1, 1, 64, 64, 3], "float32"))
    counts = count_parameters(generator), count_parameters(discriminator)
    # G, the embedding; D of one image, the softmax with its biases.
    assert counts == (5_135_363 + 500_000, 6_671_233 + 2048 * 10_000 + 10_000)
    assert sum(counts) == 32_796_596
    assert round(4 * sum(counts) / 1e6, 1) == 131.2


def test_embedding_starts_like_the_prior():
    generator = EmbeddingGenerator(32, 4, num_identities=500, d_i=20)
    codes = generator.identities.numpy()
    assert codes.shape == (500, 20)
    assert codes.min() >= -1 and codes.max() <= 1
    assert codes.var() == pytest.approx(1 / 3, abs=0.01)
    assert generator.get_config()["num_identities"] == 500


def test_encoder_is_the_discriminators_with_a_linear_projection():
    encoder = ImageEncoder(64, 64, d_i=50)
    encoder(np.zeros([1, 64, 64, 3], "float32"))
    discriminator = SiameseDiscriminator(64, 64)
    discriminator(np.zeros([1, 1, 64, 64, 3], "float32"))
    assert count_parameters(encoder) == count_parameters(
        discriminator.encoder
    ) + 50 * (4 * 4 * 512 + 1)


def test_encoder_uses_moving_statistics_after_training():
    encoder = ImageEncoder(**TINY, d_i=3)
    images = np.random.default_rng(0).uniform(-1, 1, [6, 32, 32, 3])
    codes = encoder(images, training=False).numpy()
    assert codes.shape == (6, 3) and codes.dtype == np.float32
    # Whose company an image is in does not matter then.
    np.testing.assert_allclose(
        codes[:2], encoder(images[:2], training=False), atol=1e-6
    )
    assert np.abs(encoder(images, training=True) - codes).max() > 1e-4


def test_carried_codes_are_not_trained():
    generator = EncodingGenerator(**TINY, num_identities=7, d_i=3)
    generator(np.zeros([1, 5], "float32"))
    trainable = {v.path for v in generator.trainable_variables}
    assert generator.identities.path not in trainable
    assert any("encoder" in path for path in trainable)
    assert generator.identities.shape == (7, 3)


def test_auxiliary_discriminator_scores_as_the_siamese_one():
    tuples = np.random.default_rng(0).uniform(-1, 1, [6, 1, 32, 32, 3])
    auxiliary = AuxiliaryDiscriminator(**TINY, num_identities=9)
    plain = SiameseDiscriminator(**TINY)
    logits, identities = auxiliary(tuples, num_batches=2)
    plain(tuples)
    plain.set_weights(auxiliary.get_weights()[:-2])
    assert logits.shape == (6,) and identities.shape == (6, 9)
    np.testing.assert_allclose(logits, plain(tuples, num_batches=2), rtol=1e-5)


@pytest.fixture
def kinds():
    keras.utils.set_random_seed(0)
    network = CommonalityDiscriminator(**TINY, kinds=2)
    network(np.zeros([4, 2, 32, 32, 3], "float32"))
    return network


def test_each_kind_has_its_head(kinds):
    """The logits of a kind are a plain discriminator's with that head."""
    tuples = np.random.default_rng(1).uniform(-1, 1, [2, 2, 3, 2, 32, 32, 3])
    flat = tuples.reshape(12, 2, 32, 32, 3)
    logits = kinds(flat, num_batches=2).numpy().reshape(2, 2, 3)
    plain = SiameseDiscriminator(**TINY)
    plain(flat)
    for kind in range(2):
        plain.encoder.set_weights(kinds.encoder.get_weights())
        plain.head.set_weights(kinds.heads[kind].get_weights())
        plain.logit.set_weights(kinds.logits[kind].get_weights())
        for batch in range(2):
            np.testing.assert_allclose(
                logits[batch, kind],
                plain(tuples[batch, kind]),
                rtol=1e-4,
                atol=1e-6,
            )
    assert np.abs(logits[:, 0] - logits[:, 1]).max() > 1e-4
    assert kinds.get_config()["kinds"] == 2


def test_kinds_share_the_encoder(kinds):
    siamese = SiameseDiscriminator(**TINY)
    siamese(np.zeros([1, 2, 32, 32, 3], "float32"))
    head = count_parameters(siamese) - count_parameters(siamese.encoder)
    assert count_parameters(kinds) == count_parameters(siamese) + head
