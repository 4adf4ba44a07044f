"""SD-GAN on projected features: what one step moves, and by which loss."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf import augmentation
from sdgan_tf.algorithms import flops, sd_projected
from sdgan_tf.algorithms.flops import sublayers
from sdgan_tf.algorithms.registry import (
    build_algorithm,
    settle,
)
from sdgan_tf.config import Experiment, with_model_defaults
from sdgan_tf.latents import Keys, Stream

KEYS = Keys(3, tf.constant(5))
N = 4


def make(**options):
    keras.utils.set_random_seed(0)
    options = {
        "model": "sd_projected",
        "features": "none",
        "loss": "hinge",
        "image_size": 32,
        "dim": 4,
        "d_i": 4,
        "d_o": 3,
        **options,
    }
    return build_algorithm(Experiment(**options))


def descend(algorithm):
    """Gradient descent: at rate 1 a weight moves by its gradient."""
    for name, network in algorithm.networks.items():
        algorithm.optimizers[name] = keras.optimizers.SGD(1.0)
        algorithm.optimizers[name].build(network.trainable_variables)


def batch(k=2, n=N, rows=None):
    images = np.random.default_rng(0).integers(0, 256, (n, k, 32, 32, 3))
    return {
        "images": tf.constant(images.astype(np.uint8)),
        "row": tf.constant(range(n) if rows is None else rows, tf.int64),
    }


def weights(network):
    return [v.numpy() for v in network.trainable_variables]


def by_definition(algorithm, held):
    """D's loss, from the definition and single calls."""
    e = algorithm.experiment
    m, v, w = e.mismatched_weight, e.single_weight, e.tuple_weight
    u = e.unmatched_weight
    real = algorithm.pixels.to_float(held["images"])
    z = algorithm.latents.tuples(KEYS.key(Stream.G_LATENTS), N, 2)
    fake = algorithm.generate(z)
    swapped = tf.gather(real, [1, 0, 3, 2])
    mixed = tf.concat([real[:, :1], swapped[:, 1:]], axis=1)
    of = {
        name: algorithm.d(algorithm.see(x))
        for name, x in (("real", real), ("fake", fake), ("mixed", mixed))
    }
    losses = []
    for scale in range(len(of["real"])):
        (
            (real, real_tuple, real_other),
            (fake, fake_tuple, fake_other),
            (
                _,
                mixed,
                _,
            ),
        ) = of["real"][scale], of["fake"][scale], of["mixed"][scale]
        single = np.maximum(0, 1 - real).mean()
        single += np.maximum(0, 1 + fake).mean()
        pair = np.maximum(0, 1 - real_tuple).mean()
        pair += (1 - m) * np.maximum(0, 1 + fake_tuple).mean()
        pair += m * np.maximum(0, 1 + mixed).mean()
        losses.append(v * single + w * pair)
        if u:
            other = np.maximum(0, 1 - real_other).mean()
            other += np.maximum(0, 1 + fake_other).mean()
            losses[-1] += u * other
    return np.mean(losses)


@pytest.mark.parametrize(
    "options",
    [
        {"mismatched_weight": 0.25},
        {"mismatched_weight": 0.0},
        {"mismatched_weight": 0.5, "tuple_weight": 0.5},
        {"single_weight": 0.0},
        {"mismatched_weight": 0.5, "tuple_norm": "tuple", "pixel_scale": True},
        {"mismatched_weight": 0.5, "tuple_norm": "tuple", "tuple_spread": True},
        {"mismatched_weight": 0.5, "unmatched_weight": 2.0},
        {"unmatched_weight": 0.5, "tuple_spread": True},
    ],
)
def test_d_is_trained_on_what_the_docs_say(options):
    algorithm = make(**options)
    wanted = by_definition(algorithm, batch())
    values = algorithm.step((batch(),), KEYS)
    assert float(values["loss/discriminator"]) == pytest.approx(
        wanted, rel=1e-3
    )
    assert set(values) == set(algorithm.scalars)
    for score, weight in (
        ("mismatched_tuple", "mismatched_weight"),
        ("real_unmatched", "unmatched_weight"),
    ):
        assert (f"score/{score}" in values) == bool(options.get(weight))


@pytest.mark.parametrize("size", [128, 256])
def test_a_step_at_larger_sizes(size):
    algorithm = make(image_size=size, dim=2, mismatched_weight=0.3)
    before = weights(algorithm.generator)
    images = np.random.default_rng(0).integers(0, 256, (2, 2, size, size, 3))
    held = {
        "images": tf.constant(images.astype(np.uint8)),
        "row": tf.constant([0, 1], tf.int64),
    }
    values = algorithm.step((held,), KEYS)
    assert all(np.isfinite(value) for value in values.values())
    for old, new in zip(before, weights(algorithm.generator), strict=True):
        assert np.isfinite(new).all() and (old != new).any()


def test_neighbours_of_one_subject_are_no_mismatch():
    apart, alike = (
        make(mismatched_weight=1.0).step((batch(rows=rows),), KEYS)
        for rows in ([0, 1, 2, 3], [5, 5, 7, 7])
    )
    name = "loss/discriminator"
    assert float(alike[name]) < float(apart[name]) - 0.3
    half = make(mismatched_weight=1.0).step((batch(rows=[5, 5, 1, 2]),), KEYS)
    assert float(alike[name]) < float(half[name]) < float(apart[name])


def test_g_goes_down_its_loss_through_the_features():
    algorithm = make(unmatched_weight=0.5)
    descend(algorithm)
    before = weights(algorithm.generator)
    algorithm.step((batch(),), KEYS)
    moved = [
        a - b for a, b in zip(before, weights(algorithm.generator), strict=True)
    ]
    # D has moved: the same loss, by one tape, under the weights it has now.
    for variable, value in zip(
        algorithm.generator.trainable_variables, before, strict=True
    ):
        variable.assign(value)
    z = algorithm.latents.tuples(KEYS.key(Stream.G_LATENTS), N, 2)
    with tf.GradientTape() as tape:
        logits = algorithm.d(algorithm.see(algorithm.generate(z)))
        loss = sum(
            -tf.reduce_mean(places)
            - tf.reduce_mean(tuples)
            - 0.5 * tf.reduce_mean(unmatched)
            for places, tuples, unmatched in logits
        ) / len(logits)
    gradients = tape.gradient(
        loss, [v.value for v in algorithm.generator.trainable_variables]
    )
    largest = max(np.abs(g).max() for g in gradients)
    assert largest > 1e-3
    for a, b in zip(moved, gradients, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-3 * largest)


def test_the_mixing_and_the_features_stay():
    algorithm = make()
    fixed = [w.numpy() for w in algorithm.d.mixing.weights]
    algorithm.step((batch(),), KEYS)
    for before, weight in zip(fixed, algorithm.d.mixing.weights, strict=True):
        np.testing.assert_array_equal(before, weight.numpy())
    # They are part of a checkpoint, whatever draws them some day.
    held = algorithm.checkpointed()["discriminator"]
    assert len(held) == len(algorithm.d.trainable_variables) + len(fixed)


def test_photographs_are_mirrored_one_by_one(monkeypatch):
    seen = []
    algorithm = make(mirror=True)
    monkeypatch.setattr(
        algorithm,
        "augment",
        lambda tuples, keys, use: seen.append(tuples) or tuples,
    )
    held = batch(n=32)
    algorithm.step((held,), KEYS)
    real = algorithm.pixels.to_float(held["images"])
    kept = np.all(seen[0] == real, axis=(2, 3, 4))
    flipped = np.all(seen[0] == real[:, :, :, ::-1], axis=(2, 3, 4))
    assert (kept ^ flipped).all()
    assert 0.3 < flipped.mean() < 0.7
    assert (flipped[:, 0] != flipped[:, 1]).any()
    fake = seen[1]
    z = algorithm.latents.tuples(KEYS.key(Stream.G_LATENTS), 32, 2)
    assert fake.shape == real.shape and len(z) == 32


def test_real_and_generated_images_are_altered_apart():
    algorithm = make(augment="diffaug_weak")
    x = tf.random.stateless_uniform([N, 2, 32, 32, 3], [0, 1], -1.0, 1.0)
    real = algorithm.augment(x, KEYS, sd_projected.REAL)
    fake = algorithm.augment(x, KEYS, sd_projected.FAKE)
    assert np.abs(real - fake).max() > 0.05
    numbers = algorithm.replica_uniform(
        KEYS.key(Stream.AUGMENTATION, sd_projected.REAL),
        N,
        2,
        augmentation.NUMBERS,
    )
    np.testing.assert_array_equal(real, augmentation.diffaug_weak(x, numbers))


def norms_of(network):
    return [
        layer
        for layer in sublayers(network)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


def test_the_average_draws_with_statistics_of_its_own():
    algorithm = make(ema_half_life_images=16.0)
    for step in range(3):
        algorithm.step((batch(),), Keys(3, tf.constant(step)))
    algorithm.refresh()
    first = norms_of(algorithm.average)[0]
    z = algorithm.latents.tuples(
        Keys(0, tf.constant(0)).key(Stream.STATISTICS), 512, 2
    )
    z = tf.reshape(z, [1024, -1])
    z = z / np.sqrt(np.mean(np.square(z), axis=1, keepdims=True))
    x = algorithm.average.reshape(algorithm.average.project(z))
    np.testing.assert_allclose(
        first.moving_mean, np.mean(x, axis=(0, 1, 2)), atol=1e-3
    )
    spread = np.var(np.reshape(x, [8, -1, x.shape[-1]]), axis=1).mean(axis=0)
    np.testing.assert_allclose(first.moving_variance, spread, rtol=1e-2)
    # It is a function of the weights alone, and changes none of them.
    again = [w.numpy() for w in algorithm.average.weights]
    algorithm.refresh()
    for a, b in zip(again, algorithm.average.weights, strict=True):
        np.testing.assert_allclose(a, b.numpy(), atol=1e-6)
    assert {norm.momentum for norm in norms_of(algorithm.average)} == {0.99}


def test_half_life_of_the_average():
    # 4 tuples of 2 images: a decay of 2 ** (-8 / 80).
    algorithm = make(ema_half_life_images=80.0, batch_size=4)
    assert algorithm.ema_decay == pytest.approx(0.9330, abs=1e-4)
    with pytest.raises(ValueError, match="set the same thing"):
        make(ema_half_life_images=80.0, ema_decay=0.9)


def test_tuples_of_several_kinds_share_what_theirs_agree_in():
    algorithm = make(commonalities="identity,brand", mismatched_weight=0.3)
    codes = algorithm.tuples(KEYS.key(Stream.G_LATENTS), N, 2).numpy()
    assert codes.shape == (N, 2, 4 + 4 + 3)
    same = codes[:, 0] == codes[:, 1]
    assert same[0::2, :4].all() and not same[0::2, 4:].any()
    assert same[1::2, 4:8].all() and not same[1::2, :4].any()
    values = algorithm.step((batch(),), KEYS)
    assert all(np.isfinite(v) for v in values.values())


def test_truncation_is_refused_for_it_would_change_nothing():
    for options in ({}, {"commonalities": "identity,brand"}):
        latents = make(**options).latents
        z = latents.z_i(KEYS.key(Stream.GRID), 2)
        np.testing.assert_array_equal(latents.truncate(z, 1.0), z)
        with pytest.raises(ValueError, match="`truncate` changes nothing"):
            latents.truncate(z, 0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 1}, "`k` must be at least 2"),
        ({"discriminator": "stacked"}, "has no `discriminator`"),
        ({"r1_weight": 1.0}, "has no `r1_weight`"),
        ({"spectral_norm": True}, "has no `spectral_norm`"),
        ({"d_steps_per_g_step": 2}, "has no `d_steps_per_g_step`"),
        ({"features": "vgg"}, "`features` must be one of"),
    ],
)
def test_what_it_does_not_take(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_defaults_of_its_own():
    asked = Experiment(model="sd_projected", dim=16)
    found = settle(
        with_model_defaults(asked, {"model", "dim"}), {"model", "dim"}
    )
    assert (found.dim, found.d_i, found.d_o) == (16, 64, 64)
    assert found.loss == "hinge" and found.augment == "diffaug_weak"
    assert found.ema_half_life_images == 20_000 and found.average_decay
    assert (found.mismatched_weight, found.tuple_weight) == (0.5, 3.0)
    assert found.tuple_norm == "tuple"
    assert found.tuple_spread and found.pixel_scale
    # Two ways to average are one too many: the user's is taken.
    named = {"model", "ema_decay"}
    asked = Experiment(model="sd_projected", ema_decay=0.9)
    assert with_model_defaults(asked, named).ema_half_life_images == 0
    with pytest.raises(ValueError, match="requires loss='hinge'"):
        settle(asked, {"model", "loss"})
    plain = Experiment()
    assert with_model_defaults(plain, ()) == plain


def test_operations_of_a_step_by_hand():
    # G 10 with 1 in its first layer, features 5, mixing 2, D 3: G thrice, but
    # nothing back to the codes; seen twice and once back; D on both thrice,
    # and once more forwards and back.
    assert flops.sd_projected_step((10, 1), 5, 2, 3) == 29 + 21 + 18 + 6
    algorithm = make()
    assert algorithm.step_flops(4) == 2 * algorithm.step_flops(2) > 0
