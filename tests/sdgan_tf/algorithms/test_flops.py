"""Operations counted by hand from the shapes of the layers."""

import keras
import numpy as np
import pytest

from sdgan_tf.algorithms import flops
from sdgan_tf.algorithms.sd_gan import SDGAN
from sdgan_tf.config import Experiment

# Per image at 64, dim 64, d_z 100, in operations (2 a multiply-add).
G_DENSE = 2 * 100 * (4 * 4 * 512)
# A transposed convolution works at each input position.
G_CONVS = (
    2 * (4 * 4) * 25 * 512 * 256
    + 2 * (8 * 8) * 25 * 256 * 128
    + 2 * (16 * 16) * 25 * 128 * 64
    + 2 * (32 * 32) * 25 * 64 * 3
)
D_FIRST_CONV = 2 * (32 * 32) * 25 * 3 * 64
D_ENCODER = (
    D_FIRST_CONV
    + 2 * (16 * 16) * 25 * 64 * 128
    + 2 * (8 * 8) * 25 * 128 * 256
    + 2 * (4 * 4) * 25 * 256 * 512
)
# Per tuple, k = 2.
G = 2 * (G_DENSE + G_CONVS)
G_FIRST = 2 * G_DENSE
D = 2 * D_ENCODER + 2 * (2 * 2) * 9 * (2 * 512) * 512 + 2 * (2 * 2 * 512)
D_FIRST = 2 * D_FIRST_CONV


def tiny(*layers):
    network = keras.Sequential(layers)
    network.build((None, 8, 8, 3))
    return network


def test_dense_convolution_and_transposed_convolution_by_hand():
    network = tiny(
        keras.layers.Conv2D(4, 3, strides=2, padding="same"),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2DTranspose(5, 5, strides=2, padding="same"),
        keras.layers.Flatten(),
        keras.layers.Dense(7),
    )
    # 8x8x3 -> 4x4x4 -> 8x8x5 -> 320 -> 7
    conv = 2 * (4 * 4) * 3 * 3 * 3 * 4
    transposed = 2 * (4 * 4) * 5 * 5 * 4 * 5
    dense = 2 * 320 * 7
    assert (conv, transposed, dense) == (3456, 16000, 4480)
    one = flops.forward(network, np.zeros([1, 8, 8, 3], "float32"))
    assert one == (23936, 3456)
    three = flops.forward(network, np.zeros([3, 8, 8, 3], "float32"))
    assert three == (3 * 23936, 3 * 3456)


def test_a_layer_called_twice_counts_twice():
    class Twice(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(4)

        def call(self, x):
            return self.dense(self.dense(x))

    network = Twice()
    x = np.zeros([2, 4], "float32")
    network(x)
    assert flops.forward(network, x) == (2 * 64, 64)


def test_a_wrapped_layer_counts_once():
    wrapped = keras.layers.SpectralNormalization(keras.layers.Dense(4))
    network = keras.Sequential([keras.layers.Flatten(), wrapped])
    network.build((None, 8))
    x = np.zeros([1, 8], "float32")
    assert flops.forward(network, x) == (2 * 8 * 4, 2 * 8 * 4)


def test_layers_within_layers_are_listed_once():
    class Nested(keras.layers.Layer):
        def __init__(self, *layers):
            super().__init__()
            self.rows = [list(layers), [layers[0]]]

    one, two = keras.layers.Dense(1), keras.layers.Dense(2)
    inner = Nested(one, two)
    outer = Nested(inner, two)
    listed = flops.sublayers(outer)
    assert len(listed) == 3
    assert {id(layer) for layer in listed} == {id(inner), id(one), id(two)}


def test_calls_are_restored():
    conv = keras.layers.Conv2D(4, 3, padding="same")
    network = tiny(conv)
    x = np.ones([1, 8, 8, 3], "float32")
    before = network(x).numpy()
    first = flops.forward(network, x)
    assert "call" not in vars(conv)
    np.testing.assert_array_equal(network(x), before)
    assert flops.forward(network, x) == first


def test_calls_are_restored_after_an_error():
    class Broken(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(4)
            self.broken = False

        def call(self, x):
            x = self.dense(x)
            if self.broken:
                raise RuntimeError("broken")
            return x

    network = Broken()
    x = np.zeros([1, 4], "float32")
    network(x)
    network.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        flops.forward(network, x)
    assert "call" not in vars(network.dense)


def test_step_of_the_reference_configuration():
    assert (G, D) == (652_083_200, 686_559_232)
    algorithm = SDGAN(Experiment())
    assert flops.forward(
        algorithm.generator, np.zeros([2, 100], "float32")
    ) == (G, G_FIRST)
    assert flops.forward(
        algorithm.d, np.zeros([1, 2, 64, 64, 3], "float32")
    ) == (D, D_FIRST)
    # D's update: G forwards; D forwards on real and fake, back to weights,
    # and back to inputs without the images. G's: G and D forwards, D back to
    # inputs, G back to weights, and to inputs without the codes.
    expected = 4 * G + 8 * D - 2 * D_FIRST - G_FIRST
    assert 16 * expected == 128_931_332_096
    assert algorithm.step_flops(16) == 128_931_332_096
    layers = flops.sublayers(algorithm.generator)
    assert layers and not any("call" in vars(layer) for layer in layers)


def small(**options):
    return SDGAN(Experiment(image_size=32, dim=4, d_i=5, d_o=5, **options))


def test_more_discriminator_updates():
    one, two = small(), small(d_steps_per_g_step=2)
    g, g_first = flops.forward(one.generator, np.zeros([2, 10], "float32"))
    d, d_first = flops.forward(one.d, np.zeros([1, 2, 32, 32, 3], "float32"))
    assert one.step_flops(3) == 3 * (4 * g + 8 * d - 2 * d_first - g_first)
    # G forwards; twice D forwards, to weights, and to inputs.
    assert two.step_flops(3) - one.step_flops(3) == 3 * (
        g + 6 * d - 2 * d_first
    )


def test_gradient_penalty_costs_six_forward_calls():
    d, _ = flops.forward(small().d, np.zeros([1, 2, 32, 32, 3], "float32"))
    assert (
        small(loss="wgan-gp").step_flops(2) - small(loss="wgan").step_flops(2)
        == 2 * 6 * d
    )
    assert small(r1_weight=1.0).step_flops(2) - small().step_flops(2) == (
        2 * 6 * d
    )
