"""Embedded and encoded identities: what D sees, what is added, who learns."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms import ac_dcgan
from sdgan_tf.algorithms.registry import (
    build_algorithm,
    count_identities,
    settle,
)
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation.metrics_file import memory_mb
from sdgan_tf.latents import Keys, Stream

N = 6


def build(model, **options):
    keras.utils.set_random_seed(0)
    fixed = settle(Experiment(model=model), ())
    tiny = {
        "model": model,
        "k": fixed.k,
        "image_size": 32,
        "dim": 4,
        "d_i": 3,
        "d_o": 2,
        "known_identities": 5,
    }
    return build_algorithm(Experiment(**{**tiny, **options}))


def batch(k):
    images = np.random.default_rng(0).integers(0, 256, [N, k, 32, 32, 3])
    return {
        "images": tf.constant(images, tf.uint8),
        "row": tf.constant([0, 1, 2, 3, 4, 0], tf.int64),
    }


KEYS = Keys(0, tf.constant(0))


def fakes(algorithm, k):
    key = KEYS.key(Stream.D_LATENTS)
    images, rows = algorithm.fake_tuples(batch(k), key)
    return images.numpy(), rows.numpy()


def changed(algorithm, k) -> dict[str, list[bool]]:
    """Which trainable weights of the generator one step moves."""
    weights = algorithm.generator.trainable_variables
    before = [v.numpy() for v in weights]
    algorithm.step((batch(k),), KEYS)
    return {
        v.path: not np.array_equal(v.numpy(), old)
        for v, old in zip(weights, before, strict=True)
    }


@pytest.mark.parametrize("model", ["embedding_pairwise", "ac_dcgan"])
def test_embedded_identities_are_told_and_learned(model):
    algorithm = build(model)
    k = algorithm.k
    images, rows = fakes(algorithm, k)
    assert images.shape == (N, k, 32, 32, 3)
    assert rows.shape == (N,) and set(rows) <= set(range(5))
    # The pictures are those of the rows that they are said to be of.
    key = KEYS.key(Stream.D_LATENTS)
    z = algorithm.latents.observed(
        algorithm.latents.look_up(rows),
        algorithm.latents.observations(key, N, k),
    )
    np.testing.assert_allclose(images, algorithm.generate(z), atol=1e-5)
    moved = changed(algorithm, k)
    (table,) = [path for path in moved if path.endswith("identities")]
    assert moved[table]


@pytest.mark.parametrize("model", ["encoder_pairwise", "dr_gan"])
def test_the_encoder_learns_with_the_generator(model):
    algorithm = build(model)
    moved = changed(algorithm, algorithm.k)
    encoder = [path for path in moved if "encoder" in path]
    assert len(encoder) == 12
    # Biases before batch norms have no true gradient.
    kernels = [path for path in encoder if path.endswith("kernel")]
    assert len(kernels) == 4 and all(moved[path] for path in kernels)


def test_encoder_pairs_are_a_photograph_and_what_is_made_of_it():
    algorithm = build("encoder_pairwise")
    images, rows = fakes(algorithm, 2)
    real = algorithm.real(batch(2)["images"])
    np.testing.assert_array_equal(images[:, 0], real[:, 0])
    np.testing.assert_array_equal(rows, batch(2)["row"])
    key = KEYS.key(Stream.D_LATENTS)
    z = algorithm.latents.observed(
        algorithm.generator.encoder(real[:, 0], training=True),
        algorithm.latents.observations(key, N, 1),
    )
    np.testing.assert_allclose(images[:, 1:], algorithm.generate(z), atol=1e-5)


def test_dr_gan_scores_single_images_of_the_photographs_subject():
    algorithm = build("dr_gan")
    images, rows = fakes(algorithm, 1)
    assert images.shape == (N, 1, 32, 32, 3)
    np.testing.assert_array_equal(rows, batch(1)["row"])


@pytest.mark.parametrize("model", ["ac_dcgan", "dr_gan"])
def test_cross_entropy_is_added_to_both_losses(model):
    algorithm = build(model)
    images, rows = fakes(algorithm, 1)
    real = algorithm.real(batch(1)["images"])
    both = [batch(1)["row"], rows]
    logits, auxiliary = algorithm.discriminate(
        tf.concat([real, images], 0), both, num_batches=2
    )
    assert logits.shape == (2 * N,)
    _, classes = algorithm.d(tf.concat([real, images], 0), num_batches=2)
    classes = classes.numpy().astype(np.float64)
    right = classes[np.arange(2 * N), np.concatenate(both)]
    expected = np.log(np.exp(classes).sum(axis=1)) - right
    assert float(auxiliary) == pytest.approx(expected.mean(), rel=1e-5)
    # Untrained, it knows nobody: ln 5.
    values = algorithm.step((batch(1),), KEYS)
    for network in ("discriminator", "generator"):
        loss = float(values[f"loss/{network}_auxiliary"])
        assert loss == pytest.approx(np.log(5), abs=0.1)
    adversarial = values["loss/generator"] - values["loss/generator_auxiliary"]
    assert float(adversarial) == pytest.approx(np.log(2), abs=0.2)
    assert values["loss/discriminator"] > 1.5


def test_carried_codes_are_those_of_the_photographs():
    algorithm = build("encoder_pairwise", ema_decay=0.5)
    assert algorithm.photographs_wanted == 5
    algorithm.refresh()  # Without photographs nothing happens.
    assert not algorithm.generator.identities.numpy().any()
    algorithm.photographs = batch(1)["images"].numpy()[:5, 0]
    algorithm.step((batch(2),), KEYS)
    algorithm.refresh()
    images = algorithm.real(algorithm.photographs)
    for network in (algorithm.generator, algorithm.average):
        np.testing.assert_allclose(
            network.identities, network.encoder(images), atol=1e-6
        )


def test_penalties_see_logits_only():
    algorithm = build("ac_dcgan", loss="wgan-gp", r1_weight=1.0)
    values = algorithm.step((batch(1),), KEYS)
    assert np.isfinite(values["loss/discriminator"])


def test_memory_of_the_paper():
    full = Experiment(model="ac_dcgan", k=1, known_identities=10_000)
    assert memory_mb(full) == pytest.approx(4 * 32_796_596 / 1e6, abs=1e-9)


def test_a_large_softmax_is_warned_of(caplog):
    full = Experiment(model="ac_dcgan", k=1, known_identities=1_000_000)
    # 2048 features and a bias each, four copies of 4 bytes.
    assert ac_dcgan.softmax_memory_gb(full) == pytest.approx(32.784)
    small = {"image_size": 32, "dim": 2}
    with caplog.at_level(logging.WARNING):
        ac_dcgan.ACDCGAN.build_discriminator(
            Experiment(known_identities=100_000, **small)
        )
        assert not caplog.records
        # Built by its first call only, so that this takes no memory.
        ac_dcgan.ACDCGAN.build_discriminator(
            Experiment(known_identities=1_000_000, **small)
        )
    assert "1,000,000 identities" in caplog.text
    assert "takes 1.0 GB" in caplog.text


def test_the_number_of_identities_is_the_datas():
    known = Experiment(model="ac_dcgan", k=1)
    assert count_identities(known, 7).known_identities == 7
    assert count_identities(Experiment(), 7).known_identities == 0
    with pytest.raises(ValueError, match="without a data set, pass"):
        count_identities(known, None)
    asked = Experiment(model="dr_gan", k=1, known_identities=8)
    assert count_identities(asked, None).known_identities == 8
    with pytest.raises(ValueError, match="known_identities=8, data set: 7"):
        count_identities(asked, 7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"known_identities": 3}, "has no codes of training identities"),
        (
            {"model": "sd_began", "commonalities": "a"},
            r"models \['sd_dcgan', 'sd_projected'\]",
        ),
        ({"model": "encoder_pairwise", "k": 3}, "requires k=2"),
    ],
)
def test_what_a_system_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        settle(Experiment(**options), options)


def test_commonalities_need_the_siamese_discriminator():
    with pytest.raises(ValueError, match="needs discriminator='siamese'"):
        build_algorithm(Experiment(commonalities="a", discriminator="stacked"))
