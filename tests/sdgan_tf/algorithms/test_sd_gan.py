"""Algorithm 1: what one step moves."""

import dataclasses
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.sd_gan import SDGAN
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, Stream, uniform
from sdgan_tf.losses import gradient_penalty

LOSSES = ["dcgan", "lsgan", "wgan", "wgan-gp"]
KEYS = Keys(3, tf.constant(5))
N = 3


def make(**options):
    keras.utils.set_random_seed(0)
    options = {"image_size": 32, "dim": 4, "d_i": 4, "d_o": 3, **options}
    return SDGAN(Experiment(**options))


def scale_up(algorithm):
    """Weights of a trained size, so that gradients are not all rounding."""
    for network in algorithm.networks.values():
        for variable in network.trainable_variables:
            if variable.path.endswith("kernel"):
                variable.assign(6.0 * variable.numpy())


def descend(algorithm, rate=1.0):
    """Gradient descent: at rate 1 a weight moves by its gradient."""
    for name, network in algorithm.networks.items():
        algorithm.optimizers[name] = keras.optimizers.SGD(rate)
        algorithm.optimizers[name].build(network.trainable_variables)


def batch(k=2, seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (N, k, 32, 32, 3))
    return {"images": tf.constant(images.astype(np.uint8))}


def weights(network):
    return [v.numpy() for v in network.trainable_variables]


def codes(algorithm, stream, substep=0):
    return algorithm.latents.tuples(KEYS.key(stream, substep), N, algorithm.k)


def discriminator_loss(algorithm, real, fake):
    """By two calls and the definitions; also the two logits."""
    real_logits, fake_logits = algorithm.d(real), algorithm.d(fake)
    loss = algorithm.objective.loss.discriminator(real_logits, fake_logits)
    if algorithm.objective.loss.penalty_coefficient:
        weights = uniform(KEYS.key(Stream.INTERPOLATION, 0), [N], low=0.0)
        mixed = tf.reshape(weights, [N, 1, 1, 1, 1])
        mixed = real * (1.0 - mixed) + fake * mixed
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            logits = algorithm.d(mixed)
        loss += 10.0 * gradient_penalty(tape.gradient(logits, mixed))
    return loss, real_logits, fake_logits


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_step_moves_both_networks_and_reports_finite_scalars(loss, k):
    algorithm = make(loss=loss, k=k)
    before = {n: weights(m) for n, m in algorithm.networks.items()}
    scalars = algorithm.step([batch(k)], KEYS)
    # Behind a clipped critic the gradients vanish beside the kernels (5e-5
    # of them is below float32's spacing), but not beside zero.
    moving = "beta" if loss == "wgan" else "kernel"
    assert sorted(scalars) == [
        "loss/discriminator",
        "loss/generator",
        "score/fake",
        "score/real",
    ]
    for name, value in scalars.items():
        assert value.shape == (), name
        assert math.isfinite(float(value)), name
    for name, network in algorithm.networks.items():
        for old, v in zip(
            before[name], network.trainable_variables, strict=True
        ):
            assert np.isfinite(v.numpy()).all(), v.path
            if v.path.endswith(moving):
                assert np.any(v.numpy() != old), v.path
        assert int(algorithm.optimizers[name].iterations) == 1


@pytest.mark.parametrize(
    "options", [{"discriminator": "stacked"}, {"precision": "mixed_bfloat16"}]
)
def test_step_of_variants(options):
    algorithm = make(**options)
    before = {n: weights(m) for n, m in algorithm.networks.items()}
    scalars = algorithm.step([batch()], KEYS)
    assert all(math.isfinite(float(v)) for v in scalars.values())
    assert all(v.dtype == tf.float32 for v in scalars.values())
    for name, network in algorithm.networks.items():
        kernel = network.trainable_variables[0]
        assert kernel.dtype == "float32"
        assert np.any(kernel.numpy() != before[name][0])


@pytest.mark.parametrize("loss", LOSSES)
def test_scalars_are_the_losses_of_the_definitions(loss):
    algorithm = make(loss=loss)
    scale_up(algorithm)
    descend(algorithm, rate=0.0)
    unclipped = dataclasses.replace(algorithm.objective.loss, weight_clip=None)
    algorithm.objective = dataclasses.replace(
        algorithm.objective, loss=unclipped
    )
    real = batch()["images"].numpy() / 256.0 * 2.0 - 1.0
    fake = algorithm.generate(codes(algorithm, Stream.D_LATENTS))
    d_loss, real_logits, fake_logits = discriminator_loss(
        algorithm, tf.constant(real, tf.float32), fake
    )
    # The generator is scored on codes of its own.
    g_logits = algorithm.d(
        algorithm.generate(codes(algorithm, Stream.G_LATENTS))
    )
    scalars = algorithm.step([batch()], KEYS)
    expected = {
        "loss/discriminator": d_loss,
        "loss/generator": algorithm.objective.loss.generator(g_logits),
        "score/real": np.mean(real_logits),
        "score/fake": np.mean(fake_logits),
    }
    for name, value in expected.items():
        assert float(scalars[name]) == pytest.approx(
            float(value), rel=1e-4, abs=1e-5
        ), name
    assert float(expected["score/real"]) != pytest.approx(
        float(expected["score/fake"]), rel=1e-2
    )


@pytest.mark.parametrize("loss", ["dcgan", "wgan-gp"])
def test_weights_move_by_their_gradients(loss):
    algorithm = make(loss=loss)
    scale_up(algorithm)
    descend(algorithm)
    d, g = algorithm.d, algorithm.generator
    before = {n: weights(m) for n, m in algorithm.networks.items()}
    real = algorithm.pixels.to_float(batch()["images"])
    fake = algorithm.generate(codes(algorithm, Stream.D_LATENTS))
    with tf.GradientTape() as tape:
        d_loss, *_ = discriminator_loss(algorithm, real, fake)
    gradients = {
        "discriminator": tape.gradient(
            d_loss, [v.value for v in d.trainable_variables]
        )
    }
    algorithm.step([batch()], KEYS)
    after = {n: weights(m) for n, m in algorithm.networks.items()}

    # The generator's gradient passes through the discriminator's new weights.
    for variable, old in zip(
        g.trainable_variables, before["generator"], strict=True
    ):
        variable.assign(old)
    with tf.GradientTape() as tape:
        logits = d(algorithm.generate(codes(algorithm, Stream.G_LATENTS)))
        g_loss = algorithm.objective.loss.generator(logits)
    gradients["generator"] = tape.gradient(
        g_loss, [v.value for v in g.trainable_variables]
    )
    for name, expected in gradients.items():
        largest = max(np.abs(g).max() for g in expected)
        assert largest > 1e-3
        for old, new, gradient in zip(
            before[name], after[name], expected, strict=True
        ):
            np.testing.assert_allclose(
                old - new, gradient, rtol=0, atol=1e-3 * largest
            )


def test_generator_norm_moves_twice():
    algorithm = make()
    norm, project = algorithm.generator.norms[0], algorithm.generator.project
    # Statistics by hand for the first norm: all n * k images, 4x4 pixels.
    mean, variance = np.zeros(16), np.ones(16)
    fresh = make()
    np.testing.assert_array_equal(
        fresh.generator.project.kernel.numpy(), project.kernel.numpy()
    )
    for stream in (Stream.D_LATENTS, Stream.G_LATENTS):
        z = codes(algorithm, stream).numpy()
        x = z.reshape(N * 2, 7) @ project.kernel.numpy()
        x = x.reshape(N * 2 * 4 * 4, 16)
        mean = 0.99 * mean + 0.01 * x.mean(axis=0)
        variance = 0.99 * variance + 0.01 * x.var(axis=0)
        fresh.generator(z.reshape(N * 2, 7), training=True)

    algorithm.step([batch()], KEYS)
    np.testing.assert_allclose(norm.moving_mean.numpy(), mean, atol=1e-7)
    np.testing.assert_allclose(
        norm.moving_variance.numpy(), variance, rtol=1e-5
    )
    # 0.99^2 of the start remains after two moves, 0.99 after one.
    assert norm.moving_variance.numpy().mean() == pytest.approx(
        0.9801, abs=1e-3
    )
    for ours, theirs in zip(
        algorithm.generator.non_trainable_variables,
        fresh.generator.non_trainable_variables,
        strict=True,
    ):
        np.testing.assert_allclose(
            ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-6
        )


def test_wgan_clips_every_weight_of_the_discriminator():
    algorithm = make(loss="wgan")
    generator_before = weights(algorithm.generator)
    for variable in algorithm.d.trainable_variables:
        if variable.path.endswith(("bias", "beta")):
            variable.assign(-np.ones(variable.shape, "float32"))
    algorithm.step([batch()], KEYS)
    for variable in algorithm.d.trainable_variables:
        value = variable.numpy()
        assert np.abs(value).max() <= np.float32(0.01), variable.path
        if variable.path.endswith("gamma"):
            np.testing.assert_array_equal(value, np.float32(0.01))
        if variable.path.endswith(("bias", "beta")):
            np.testing.assert_array_equal(value, np.float32(-0.01))
    # The generator's are left as they are.
    assert max(np.abs(w).max() for w in generator_before) == 1.0
    assert max(np.abs(w).max() for w in weights(algorithm.generator)) > 0.9


def test_other_losses_do_not_clip():
    for loss in ("dcgan", "lsgan", "wgan-gp"):
        algorithm = make(loss=loss)
        algorithm.clip_discriminator()
        assert algorithm.d.head.norm.gamma.numpy().min() == 1.0


def record_tuples(algorithm):
    """Keeps the codes that the algorithm draws."""
    drawn, tuples = [], algorithm.tuples

    def recording(*args):
        drawn.append(tuples(*args).numpy())
        return drawn[-1]

    algorithm.tuples = recording
    return drawn


def test_every_update_draws_fresh_codes():
    algorithm = make()
    assert algorithm.batches_per_step == 1
    drawn = record_tuples(algorithm)
    algorithm.step([batch()], KEYS)
    algorithm.step([batch()], Keys(3, tf.constant(6)))
    assert [z.shape for z in drawn] == [(N, 2, 7)] * 4
    # Both images of a tuple have the same 4 numbers: nothing else repeats.
    assert np.unique(np.stack(drawn)).size == 4 * N * (4 + 2 * 3)


def test_two_discriminator_updates_take_two_batches():
    algorithm = make(d_steps_per_g_step=2)
    assert algorithm.batches_per_step == 2
    drawn = record_tuples(algorithm)
    updates, update = [], algorithm.update

    def recording(name, *args):
        updates.append(name)
        update(name, *args)

    algorithm.update = recording
    seen, to_float = [], algorithm.pixels.to_float

    class Pixels:
        @staticmethod
        def to_float(images):
            seen.append(images.numpy())
            return to_float(images)

    algorithm.pixels = Pixels
    batches = [batch(seed=1), batch(seed=2)]
    algorithm.step(batches, KEYS)
    assert updates == ["discriminator", "discriminator", "generator"]
    assert int(algorithm.optimizers["discriminator"].iterations) == 2
    assert int(algorithm.optimizers["generator"].iterations) == 1
    assert np.unique(np.stack(drawn)).size == 3 * N * (4 + 2 * 3)
    for images, expected in zip(seen, batches, strict=True):
        np.testing.assert_array_equal(images, expected["images"])


def test_an_update_moves_its_own_network_only():
    algorithm = make()
    update, moved = algorithm.update, []

    def checking(name, *args):
        before = {n: weights(m) for n, m in algorithm.networks.items()}
        update(name, *args)
        for other, network in algorithm.networks.items():
            same = all(
                np.array_equal(a, b)
                for a, b in zip(before[other], weights(network), strict=True)
            )
            if not same:
                moved.append((name, other))

    algorithm.update = checking
    algorithm.step([batch()], KEYS)
    assert moved == [
        ("discriminator", "discriminator"),
        ("generator", "generator"),
    ]


def test_update_raises_when_a_weight_gets_no_gradient():
    algorithm = make()
    before = weights(algorithm.d)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(algorithm.d.logit.kernel.value**2)
    with pytest.raises(
        ValueError,
        match=r"The loss of `discriminator` reaches none of these weights: "
        r"\[.*conv2d.*kernel",
    ) as error:
        algorithm.update("discriminator", loss, tape)
    assert algorithm.d.logit.kernel.path not in str(error.value)
    assert algorithm.d.logit.bias.path in str(error.value)
    for old, new in zip(before, weights(algorithm.d), strict=True):
        np.testing.assert_array_equal(old, new)


def test_generate_shapes_tuples():
    algorithm = make(k=3)
    z = codes(algorithm, Stream.G_LATENTS)
    tuples = algorithm.generate(z)
    assert tuples.shape == (N, 3, 32, 32, 3)
    flat = algorithm.generator(tf.reshape(z, [N * 3, 7]), training=True)
    np.testing.assert_allclose(tuples[1, 2], flat[1 * 3 + 2], atol=1e-6)


def test_checkpointed_names():
    assert sorted(make().checkpointed()) == [
        "discriminator",
        "discriminator_optimizer",
        "generator",
        "generator_optimizer",
    ]
