"""Losses on literal logits, by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf import losses
from sdgan_tf.optimizers import Adam, TF1RMSprop

# Chosen so that BCE is a logarithm of a small fraction:
# softplus(log 3) = log 4, softplus(-log 3) = log(4/3).
LOG_3 = math.log(3.0)


def logits(*values):
    return tf.constant(values, tf.float32)


def test_dcgan_discriminator_loss():
    # Real: (log 2 + log 4/3) / 2, fake: log 4.
    loss = losses.dcgan_discriminator_loss(
        logits(0.0, LOG_3), logits(LOG_3, LOG_3)
    )
    assert loss.shape == ()
    assert loss.dtype == tf.float32
    assert float(loss) == pytest.approx(
        0.5 * (0.5 * (0.6931472 + 0.2876821) + 1.3862944), abs=1e-6
    )


def test_dcgan_generator_loss_is_non_saturating():
    # BCE(fake, 1) of -log 3 is log 4 and of 0 is log 2.
    loss = losses.dcgan_generator_loss(logits(-LOG_3, 0.0))
    assert float(loss) == pytest.approx(0.5 * (1.3862944 + 0.6931472), abs=1e-6)


def test_dcgan_losses_are_stable_at_large_logits():
    worst = losses.dcgan_discriminator_loss(logits(-200.0), logits(200.0))
    assert float(worst) == pytest.approx(200.0)
    assert float(losses.dcgan_generator_loss(logits(-200.0))) == pytest.approx(
        200.0
    )
    assert float(losses.dcgan_generator_loss(logits(200.0))) == 0.0


def test_lsgan_discriminator_loss():
    # Real: ((3-1)^2 + (1-1)^2) / 2 = 2, fake: (0.5^2 + 1^2) / 2 = 0.625.
    loss = losses.lsgan_discriminator_loss(logits(3.0, 1.0), logits(0.5, -1.0))
    assert float(loss) == pytest.approx(1.3125)


def test_lsgan_generator_loss_is_not_halved():
    # ((3-1)^2 + (-1-1)^2 + (1-1)^2) / 3.
    loss = losses.lsgan_generator_loss(logits(3.0, -1.0, 1.0))
    assert float(loss) == pytest.approx(8.0 / 3.0)


def test_hinge_losses():
    # Real: (0 + 0.5) / 2, fake: (3 + 0) / 2.
    loss = losses.hinge_discriminator_loss(logits(1.5, 0.5), logits(2.0, -1.5))
    assert float(loss) == pytest.approx(1.75)
    assert float(losses.hinge_generator_loss(logits(2.0, -0.5))) == -0.75
    np.testing.assert_array_equal(losses.real_hinge(logits(3.0, -1.0)), [0, 2])
    np.testing.assert_array_equal(losses.fake_hinge(logits(3.0, -1.0)), [4, 0])


def test_wgan_losses():
    loss = losses.wgan_discriminator_loss(logits(2.0, 4.0), logits(-1.0, 0.0))
    assert float(loss) == pytest.approx(-3.5)
    assert float(losses.wgan_generator_loss(logits(2.0, 5.0))) == -3.5


def test_gradient_penalty_takes_the_norm_over_k_h_w_c():
    # 0.5 at each of 2*2*2*3 = 24 places: a norm of sqrt(24 * 0.25) = 2.4494897.
    penalty = losses.gradient_penalty(tf.fill([5, 2, 2, 2, 3], 0.5))
    assert penalty.shape == ()
    assert float(penalty) == pytest.approx(1.4494897**2, rel=1e-6)


def test_gradient_penalty_is_the_mean_over_tuples():
    # Norms 2 and 6 over four places: (1 + 25) / 2.
    gradient = tf.reshape(logits(1, 1, 1, 1, 3, 3, 3, 3), [2, 1, 2, 2, 1])
    assert float(losses.gradient_penalty(gradient)) == pytest.approx(13.0)


@pytest.mark.parametrize(
    "weights,expected",
    [
        ([0.0, 0.0], [1.0, 1.0]),
        ([1.0, 1.0], [3.0, 3.0]),
        ([0.0, 1.0], [1.0, 3.0]),
        ([0.25, 0.5], [1.5, 2.0]),
    ],
)
def test_between_weight_0_is_real_and_1_is_fake(weights, expected):
    shape = [2, 1, 2, 2, 1]
    between = losses.between(
        tf.fill(shape, 1.0), tf.fill(shape, 3.0), tf.constant(weights)
    )
    assert between.shape == shape
    for tuple_, value in zip(between, expected, strict=True):
        np.testing.assert_allclose(tuple_, value)


def test_gradient_penalty_reaches_the_critics_weights():
    # Gradient w at 4 places: penalty (2w - 1)^2, derivative 4 (2w - 1).
    w = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(w * tf.ones([2, 1, 2, 2, 1]))
    assert float(penalty) == pytest.approx(25.0)
    assert float(tape.gradient(penalty, w)) == pytest.approx(20.0)


def test_r1_penalty_by_hand():
    # Gradients w and 2 w in 4 places: squared norms 4 w^2 and 16 w^2; half
    # their mean is 5 w^2.
    w = tf.Variable(3.0)
    ones = tf.reshape(logits(1, 1, 1, 1, 2, 2, 2, 2), [2, 1, 2, 2, 1])
    with tf.GradientTape() as tape:
        penalty = losses.r1_penalty(w * ones)
    assert float(penalty) == pytest.approx(45.0)
    assert float(tape.gradient(penalty, w)) == pytest.approx(30.0)


def test_reconstruction_loss():
    # Differences 1, 0, 2 and 0.5 of two tuples: the mean over all pixels.
    tuples = tf.reshape(logits(1.0, 2.0, -1.0, 0.0), [2, 1, 1, 2, 1])
    reconstructions = tf.reshape(logits(0.0, 2.0, 1.0, -0.5), [2, 1, 1, 2, 1])
    loss = losses.reconstruction_loss(reconstructions, tuples)
    assert loss.shape == ()
    assert float(loss) == 3.5 / 4


def test_reconstruction_loss_reaches_both_sides():
    x, y = tf.Variable([[1.0, 2.0]]), tf.Variable([[3.0, 0.0]])
    with tf.GradientTape() as tape:
        loss = losses.reconstruction_loss(x, y)
    of_x, of_y = tape.gradient(loss, [x, y])
    np.testing.assert_array_equal(of_x, [[-0.5, 0.5]])
    np.testing.assert_array_equal(of_y, [[0.5, -0.5]])


def test_gan_losses_names():
    assert sorted(losses.GAN_LOSSES) == [
        "dcgan",
        "hinge",
        "lsgan",
        "wgan",
        "wgan-gp",
    ]


@pytest.mark.parametrize(
    "name,rate,beta_1,beta_2",
    [
        ("dcgan", 2e-4, 0.5, 0.999),
        ("wgan-gp", 1e-4, 0.5, 0.9),
        ("hinge", 4e-4, 0.0, 0.99),
    ],
)
def test_families_trained_with_adam(name, rate, beta_1, beta_2):
    optimizer = losses.GAN_LOSSES[name].optimizer()
    assert isinstance(optimizer, Adam)
    assert float(optimizer.learning_rate) == pytest.approx(rate)
    assert optimizer.beta_1 == beta_1
    assert optimizer.beta_2 == beta_2
    assert optimizer.epsilon == 1e-8


@pytest.mark.parametrize("name,rate", [("lsgan", 1e-4), ("wgan", 5e-5)])
def test_families_trained_with_rmsprop(name, rate):
    optimizer = losses.GAN_LOSSES[name].optimizer()
    assert isinstance(optimizer, TF1RMSprop)
    assert float(optimizer.learning_rate) == pytest.approx(rate)
    assert optimizer.rho == 0.9
    assert optimizer.epsilon == 1e-10
    assert optimizer.momentum == 0.0
    assert not optimizer.centered


@pytest.mark.parametrize(
    "name,clip,penalty,d_loss,g_loss",
    [
        # At real logits [2] and fake logits [0].
        ("dcgan", None, 0.0, 0.5 * (0.1269280 + 0.6931472), 0.6931472),
        ("lsgan", None, 0.0, 0.5, 1.0),
        ("wgan", 0.01, 0.0, -2.0, 0.0),
        ("wgan-gp", None, 10.0, -2.0, 0.0),
    ],
)
def test_families(name, clip, penalty, d_loss, g_loss):
    family = losses.GAN_LOSSES[name]
    assert family.weight_clip == clip
    assert family.penalty_coefficient == penalty
    real, fake = logits(2.0), logits(0.0)
    assert float(family.discriminator(real, fake)) == pytest.approx(
        d_loss, abs=1e-6
    )
    assert float(family.generator(fake)) == pytest.approx(g_loss, abs=1e-6)
    # Each network gets an optimizer of its own.
    assert family.optimizer() is not family.optimizer()
