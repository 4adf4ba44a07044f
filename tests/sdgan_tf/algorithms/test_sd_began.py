"""BEGAN's equilibrium: a step equals a naive one, and k_t by hand."""

import dataclasses
import functools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.sd_began import SDBEGAN
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.optimizers import HalvingSchedule

VANILLA = {"k": 1, "gamma": 0.7, "lambda_k": 0.002}
STACKED = {"discriminator": "stacked"}
KEYS = Keys(3, tf.constant(5))
N = 3


@functools.cache
def built(options):
    """An algorithm and all that a test may change of it."""
    keras.utils.set_random_seed(0)
    fields = {"image_size": 32, "dim": 4, "d_i": 4, "d_o": 3, **dict(options)}
    algorithm = SDBEGAN(Experiment(model="sd_began", **fields))
    variables = sum(algorithm.checkpointed().values(), [])
    attributes = {**vars(algorithm), "optimizers": {**algorithm.optimizers}}
    return algorithm, attributes, [(v, v.numpy()) for v in variables]


def make(**options):
    """An algorithm as it is built; building takes longer than a step."""
    algorithm, attributes, values = built(tuple(options.items()))
    vars(algorithm).update(attributes)
    algorithm.optimizers = {**attributes["optimizers"]}
    for variable, value in values:
        variable.assign(value)
    return algorithm


def scale_up(algorithm):
    """Weights of a trained size, so that gradients are not all rounding."""
    random = np.random.default_rng(0)
    for network in algorithm.networks.values():
        for variable in network.trainable_variables:
            if variable.path.endswith("bias"):
                variable.assign(0.1 * random.normal(size=variable.shape))
            else:
                variable.assign(1.4 * variable.numpy())


def descend(algorithm):
    """Gradient descent at rate 1: a weight moves by its gradient."""
    for name, network in algorithm.networks.items():
        algorithm.optimizers[name] = keras.optimizers.SGD(1.0)
        algorithm.optimizers[name].build(network.trainable_variables)


def batch(k=2, seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (N, k, 32, 32, 3))
    return {"images": tf.constant(images.astype(np.uint8))}


def weights(algorithm):
    return {
        name: [v.numpy() for v in network.trainable_variables]
        for name, network in algorithm.networks.items()
    }


def naive_gradients(algorithm, images, k_t, cut_target=False):
    """Two passes, each for one loss alone; also L(x) and L(G)."""
    g, d = algorithm.generator, algorithm.d
    real = tf.cast(images, tf.float32) / 127.5 - 1.0
    n, k = real.shape[:2]
    z = algorithm.latents.tuples(KEYS.key(Stream.G_LATENTS), n, k)

    def generated():
        fake = g(tf.reshape(z, [n * k, -1]))
        return tf.reshape(fake, [n, k, 32, 32, 3])

    fake = generated()
    with tf.GradientTape() as tape:
        real_loss = tf.reduce_mean(tf.abs(real - d(real)))
        d_loss = real_loss - k_t * tf.reduce_mean(tf.abs(fake - d(fake)))
    d_gradients = tape.gradient(d_loss, [v.value for v in d.trainable_weights])
    with tf.GradientTape() as tape:
        fake = generated()
        target = tf.stop_gradient(fake) if cut_target else fake
        g_loss = tf.reduce_mean(tf.abs(target - d(fake)))
    g_gradients = tape.gradient(g_loss, [v.value for v in g.trainable_weights])
    gradients = {"discriminator": d_gradients, "generator": g_gradients}
    return gradients, float(real_loss), float(g_loss)


@pytest.mark.parametrize("options", [{}, VANILLA, STACKED])
def test_weights_move_by_the_gradients_of_the_two_losses(options):
    algorithm = make(**options)
    gamma = options.get("gamma", 0.5)
    assert algorithm.objective.gamma == gamma
    assert algorithm.objective.lambda_k == options.get("lambda_k", 0.001)
    # k_t moves so far that it would show if it moved before the weights.
    algorithm.objective = dataclasses.replace(algorithm.objective, lambda_k=2.0)
    scale_up(algorithm)
    descend(algorithm)
    algorithm.k_t.assign(0.7)
    data = batch(options.get("k", 2))
    expected, real_loss, fake_loss = naive_gradients(
        algorithm, data["images"], 0.7
    )
    before = weights(algorithm)
    scalars = algorithm.step([data], KEYS)
    after = weights(algorithm)
    for name, gradients in expected.items():
        largest = max(np.abs(g).max() for g in gradients)
        assert largest > 1e-3
        for old, new, gradient in zip(
            before[name], after[name], gradients, strict=True
        ):
            np.testing.assert_allclose(
                old - new, gradient, rtol=0, atol=1e-4 * largest
            )
    balance = gamma * real_loss - fake_loss
    k_t = min(max(0.7 + 2.0 * balance, 0.0), 1.0)
    assert abs(k_t - 0.7) > 0.1
    for name, value in {
        "loss/discriminator": real_loss - 0.7 * fake_loss,
        "loss/generator": fake_loss,
        "loss/real_reconstruction": real_loss,
        "began/k_t": k_t,
        "began/balance": balance,
        "began/convergence": real_loss + abs(balance),
    }.items():
        assert float(scalars[name]) == pytest.approx(value, abs=1e-5), name


def test_the_gradient_reaches_the_generator_through_the_target_too():
    algorithm = make()
    descend(algorithm)
    images = batch()["images"]
    cut, _, _ = naive_gradients(algorithm, images, 0.0, cut_target=True)
    before = weights(algorithm)["generator"]
    algorithm.step([{"images": images}], KEYS)
    moved = [
        old - new
        for old, new in zip(
            before, weights(algorithm)["generator"], strict=True
        )
    ]
    for move, without in zip(moved, cut["generator"], strict=True):
        assert np.linalg.norm(move - without) > 0.2 * np.linalg.norm(move)


def test_three_steps_are_adam_s():
    def start():
        algorithm = make()
        scale_up(algorithm)
        algorithm.k_t.assign(0.5)
        return algorithm

    algorithm = start()
    for number in (1, 2, 3):
        algorithm.step([batch(seed=number)], KEYS)
    ours, our_k_t = weights(algorithm), float(algorithm.k_t)

    algorithm, k_t = start(), 0.5
    first = weights(algorithm)
    slots = {
        name: [np.zeros((2, *w.shape)) for w in values]
        for name, values in first.items()
    }
    for number in (1, 2, 3):
        gradients, real_loss, fake_loss = naive_gradients(
            algorithm, batch(seed=number)["images"], k_t
        )
        k_t += 0.001 * (0.5 * real_loss - fake_loss)
        rate = 8e-5 * math.sqrt(1 - 0.999**number) / (1 - 0.9**number)
        for name, network in algorithm.networks.items():
            for v, slot, gradient in zip(
                network.trainable_variables,
                slots[name],
                gradients[name],
                strict=True,
            ):
                slot[0] += 0.1 * (gradient.numpy() - slot[0])
                slot[1] += 0.001 * (gradient.numpy() ** 2 - slot[1])
                step = rate * slot[0] / (np.sqrt(slot[1]) + 1e-8)
                v.assign(v.numpy() - step)
    for name, theirs in weights(algorithm).items():
        for ours_of, theirs_of, first_of in zip(
            ours[name], theirs, first[name], strict=True
        ):
            np.testing.assert_allclose(ours_of, theirs_of, rtol=0, atol=2e-6)
            assert np.abs(ours_of - first_of).max() > 1e-4
    assert our_k_t == pytest.approx(k_t, abs=1e-7)
    assert k_t != 0.5


def test_one_adam_each_with_the_defaults_of_the_archive():
    algorithm = make()
    assert sorted(algorithm.optimizers) == ["discriminator", "generator"]
    for optimizer in algorithm.optimizers.values():
        assert isinstance(optimizer, keras.optimizers.Adam)
        assert optimizer.beta_1 == 0.9
        assert optimizer.beta_2 == 0.999
        assert optimizer.epsilon == 1e-8
    first, second = algorithm.optimizers.values()
    assert first is not second


# L(x) = 1 and L(G) = 0.25, whatever the weights of the inner layers are.


def known_losses(**options):
    """White tuples, reconstructed as 0; generated ones are 0.25 throughout."""
    algorithm = make()
    algorithm.objective = dataclasses.replace(algorithm.objective, **options)
    for to_image in (
        algorithm.generator.to_image,
        algorithm.d.decoder.to_image,
    ):
        to_image.kernel.assign(np.zeros([3, 3, 4, 3]))
    algorithm.generator.to_image.bias.assign([0.25] * 3)
    white = {"images": tf.fill([N, 2, 32, 32, 3], tf.constant(255, tf.uint8))}
    return algorithm, white


@pytest.mark.parametrize(
    "options,k_t,expected",
    [
        # balance = 0.5 * 1 - 0.25, k_t moves by a thousandth of it.
        ({}, 0.0, {"loss/discriminator": 1.0, "began/k_t": 0.00025}),
        ({}, 0.4, {"loss/discriminator": 0.9, "began/k_t": 0.40025}),
        ({"lambda_k": 4.0}, 0.4, {"loss/discriminator": 0.9, "began/k_t": 1.0}),
        (
            {"gamma": 0.1},
            0.4,
            {
                "loss/discriminator": 0.9,
                "began/balance": -0.15,
                "began/convergence": 1.15,
                "began/k_t": 0.39985,
            },
        ),
        (
            {"gamma": 0.1},
            0.0001,
            {
                "loss/discriminator": 0.999975,
                "began/balance": -0.15,
                "began/convergence": 1.15,
                "began/k_t": 0.0,
            },
        ),
    ],
)
def test_scalars_by_hand(options, k_t, expected):
    algorithm, white = known_losses(**options)
    algorithm.k_t.assign(k_t)
    scalars = algorithm.step([white], KEYS)
    expected = {
        "loss/generator": 0.25,
        "loss/real_reconstruction": 1.0,
        "began/balance": 0.25,
        "began/convergence": 1.25,
        "began/learning_rate": 8e-5,
        **expected,
    }
    assert sorted(scalars) == sorted(expected) == sorted(SDBEGAN.scalars)
    for name, value in scalars.items():
        assert value.shape == ()
        assert value.dtype == tf.float32
        assert float(value) == pytest.approx(expected[name], abs=1e-7), name
    assert float(algorithm.k_t) == pytest.approx(
        expected["began/k_t"], abs=1e-7
    )


def test_k_t_starts_at_0_and_is_saved():
    algorithm = make()
    assert float(algorithm.k_t) == 0.0
    checkpointed = algorithm.checkpointed()
    assert checkpointed["k_t"] == [algorithm.k_t]
    assert sorted(checkpointed) == [
        "discriminator",
        "discriminator_optimizer",
        "generator",
        "generator_optimizer",
        "k_t",
    ]


def test_the_learning_rate_halves_for_both_networks():
    moved = {}
    for steps in (99_999, 100_000):
        algorithm = make()
        for optimizer in algorithm.optimizers.values():
            optimizer.iterations.assign(steps)
        before = weights(algorithm)
        scalars = algorithm.step([batch()], KEYS)
        assert float(scalars["began/learning_rate"]) == pytest.approx(
            {99_999: 8e-5, 100_000: 4e-5}[steps]
        )
        for name, after in weights(algorithm).items():
            # A kernel: beside its spacing the moves are large.
            moved.setdefault(name, []).append(
                np.abs(after[1] - before[name][1]).max()
            )
    for name, (full, half) in moved.items():
        # After so many steps nothing corrects the first gradient:
        # 0.1 / sqrt(0.001) of the rate.
        assert full == pytest.approx(3.1623 * 8e-5, rel=0.01), name
        assert half == pytest.approx(full / 2, rel=0.01), name


def test_schedule_of_the_archive():
    for optimizer in make().optimizers.values():
        schedule = optimizer.get_config()["learning_rate"]
        assert schedule["class_name"] == HalvingSchedule.__name__
        assert schedule["config"] == {
            "initial": 8e-5,
            "halving_steps": 100_000,
            "floor": 2e-5,
        }


@pytest.mark.parametrize("options", [VANILLA, STACKED])
def test_variants_train_a_few_steps(options):
    algorithm = make(**options)
    data = batch(algorithm.d.k)
    reconstruction = [
        float(algorithm.step([data], KEYS)["loss/real_reconstruction"])
        for _ in range(4)
    ]
    assert (np.diff(reconstruction) < 0).all()
    assert 0 < float(algorithm.k_t) < 1


def test_bfloat16_follows_float32():
    values = {}
    for precision in ("float32", "mixed_bfloat16"):
        algorithm = make(precision=precision)
        scale_up(algorithm)
        for _ in range(2):
            values[precision] = algorithm.step([batch()], KEYS)
        for network in algorithm.networks.values():
            for v in network.trainable_variables:
                assert v.dtype == "float32"
                assert np.isfinite(v.numpy()).all()
    for name, exact in values["float32"].items():
        rounded = values["mixed_bfloat16"][name]
        assert rounded.dtype == tf.float32
        assert float(rounded) == pytest.approx(float(exact), rel=0.02), name
    assert float(rounded) == float(exact)  # The learning rate.
    assert float(values["mixed_bfloat16"]["loss/generator"]) != float(
        values["float32"]["loss/generator"]
    )


def test_views_are_the_reconstructions():
    algorithm = make()
    scale_up(algorithm)
    real = algorithm.pixels.to_float(batch()["images"])
    fake = 0.5 * real[::-1]
    views = algorithm.views(real, fake)
    assert sorted(views) == [
        "samples/fake_reconstruction",
        "samples/real_reconstruction",
    ]
    for name, tuples in (("real", real), ("fake", fake)):
        np.testing.assert_array_equal(
            views[f"samples/{name}_reconstruction"], algorithm.d(tuples)
        )


def test_pixels_are_those_of_began():
    assert SDBEGAN.pixels.to_float(tf.constant([0, 255])).numpy().tolist() == [
        -1.0,
        1.0,
    ]
    # round((x + 1) * 127.5): 191.25 and, cut, 300.
    assert SDBEGAN.pixels.to_uint8([0.5, 1.353]).tolist() == [191, 255]


def test_generate_takes_training_and_ignores_it():
    algorithm = make()
    z = algorithm.latents.tuples(KEYS.key(Stream.G_LATENTS), N, 2)
    tuples = algorithm.generate(z)
    assert tuples.shape == (N, 2, 32, 32, 3)
    np.testing.assert_array_equal(tuples, algorithm.generate(z, training=False))
    np.testing.assert_allclose(
        tuples[1, 1], algorithm.generator(z[1])[1], rtol=0, atol=1e-6
    )


# Operations of the paper's step, by hand; 2 a multiply-add.


def conv_flops(side, channels, filters):
    return 2 * side**2 * 9 * channels * filters


def step_flops(n):
    """16 pairs of 64x64, n channels, d_i = d_o = 50."""
    dense = 2 * 100 * (8 * 8 * n)
    decoder = dense + conv_flops(64, n, 3)
    for side in (8, 16, 32, 64):
        decoder += 2 * conv_flops(side, n, n)
    first = conv_flops(64, 3, n)
    encoder = (
        first
        + 2 * conv_flops(64, n, n)
        + conv_flops(32, n, n)
        + conv_flops(32, n, 2 * n)
        + conv_flops(32, 2 * n, 2 * n)
        + conv_flops(16, 2 * n, 2 * n)
        + conv_flops(16, 2 * n, 3 * n)
        + conv_flops(16, 3 * n, 3 * n)
        + conv_flops(8, 3 * n, 3 * n)
        + conv_flops(8, 3 * n, 4 * n)
        + conv_flops(8, 4 * n, 4 * n)
        + 2 * (8 * 8 * 4 * n) * 100
    )
    g = 2 * decoder
    d = 2 * (encoder + decoder) + 2 * 200 * 150 + 2 * 2 * 150 * 100
    # Both networks forwards, to their weights and to their inputs; D twice, on
    # real and fake; no gradients of the codes and of the real images.
    return 16 * (3 * g - 2 * dense + 6 * d - 2 * first)


def test_step_flops():
    # Of the paper's step, near 2,220 GFLOP.
    assert round(step_flops(128) / 1e9, 2) == 2217.69
    experiment = Experiment(model="sd_began", dim=4)
    assert SDBEGAN(experiment).step_flops(16) == step_flops(4)
