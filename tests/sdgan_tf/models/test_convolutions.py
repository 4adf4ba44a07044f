"""The DCGAN's layers give what Keras' layers give, in values and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.models import began, convolutions

# Sides, kernels and channels that have a form of their own, those of sides 8
# down and 4 up in bfloat16 only.
DOWN = [(4, 3, 6), (2, 5, 2), (8, 5, 3), (4, 4, 6), (8, 4, 3)]
UP = [(8, 5, 3), (16, 5, 2), (4, 5, 5), (2, 5, 5), (4, 4, 5), (8, 4, 3)]
TYPES = ["float32", "mixed_bfloat16"]


def with_equal_weights(layers, inputs):
    """Layers of one kind, built and given the same weights."""
    rng = np.random.default_rng(0)
    for layer in layers:
        layer(inputs)
    weights = [rng.normal(size=w.shape) for w in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def noise(*shape):
    return tf.constant(np.random.default_rng(1).normal(size=shape), "float32")


def values_and_gradients(layer, x):
    """Outputs, gradients, and that of a penalty on the gradient to x."""
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(tf.cast(y, "float32") * noise(*y.shape))
        penalty = tf.reduce_sum(inner.gradient(loss, x) ** 2)
    kernel = layer.kernel.value
    return [
        y,
        *outer.gradient(loss, [x, kernel, layer.bias.value]),
        outer.gradient(penalty, kernel),
    ]


def assert_is_keras(ours, library, side):
    """Near Keras' layer in float32, or as near as it is in the same type.

    Args:
        ours: Our layer.
        library: Makes Keras' of a type.
        side: Of the maps that they are given.
    """
    x = noise(3, side, side, 4)
    same, exact = library(ours.dtype_policy), library("float32")
    layers = with_equal_weights([ours, same, exact], x)
    tolerance = {"float32": 1e-5, "bfloat16": 2e-2}[ours.compute_dtype]
    for got, same, wanted in zip(
        *(values_and_gradients(layer, x) for layer in layers), strict=True
    ):
        scale = float(tf.reduce_max(tf.abs(wanted)))
        assert scale > 0
        # Second derivatives in bfloat16 are worse on a processor without it.
        theirs = tf.abs(tf.cast(same, "float32") - wanted)
        bound = max(tolerance * scale, 1.5 * float(tf.reduce_max(theirs)))
        np.testing.assert_allclose(
            tf.cast(got, "float32"), wanted, rtol=0, atol=bound
        )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("side, size, filters", DOWN)
def test_convolution_is_keras(side, size, filters, dtype):
    assert_is_keras(
        convolutions.Conv2D(filters, size, dtype),
        lambda dtype: keras.layers.Conv2D(
            filters, size, 2, padding="same", dtype=dtype
        ),
        side,
    )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("side, size, filters", UP)
def test_transposed_convolution_is_keras(side, size, filters, dtype):
    assert_is_keras(
        convolutions.Conv2DTranspose(filters, dtype, kernel_size=size),
        lambda dtype: keras.layers.Conv2DTranspose(
            filters, size, 2, padding="same", dtype=dtype
        ),
        side,
    )


def test_without_a_bias():
    x = noise(2, 8, 8, 4)
    for plain, without in (
        (convolutions.Conv2D(3, 4), convolutions.Conv2D(3, 4, use_bias=False)),
        (
            convolutions.Conv2DTranspose(3, kernel_size=4),
            convolutions.Conv2DTranspose(3, kernel_size=4, use_bias=False),
        ),
    ):
        plain(x), without(x)
        without.set_weights(plain.get_weights()[:1])
        assert len(without.weights) == 1
        np.testing.assert_array_equal(plain(x), without(x))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "layer",
    [
        lambda dtype: began.conv(4, dtype=dtype),
        lambda dtype: convolutions.Conv2D(4, 5, dtype),
        lambda dtype: convolutions.Conv2DTranspose(3, dtype),
        lambda dtype: convolutions.Conv2DTranspose(5, dtype),
    ],
    ids=["began", "down", "phases", "up"],
)
def test_bias_gradient_of_many_pixels(layer, dtype):
    """bfloat16 has 8 bits: a sum in it stops growing after a few hundred."""
    layer = layer(dtype)
    x = tf.zeros([8, 64, 64, 2])
    layer(x)
    with tf.GradientTape() as tape:
        y = tf.cast(layer(x), "float32")
        loss = tf.reduce_sum(y)
    gradient = tape.gradient(loss, layer.bias.value)
    pixels = np.prod(y.shape[:3])
    np.testing.assert_allclose(gradient, pixels, rtol=1e-2)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_patches_are_what_a_convolution_sees(size):
    x = noise(2, 8, 6, 3)
    np.testing.assert_array_equal(
        convolutions.patches(x, size),
        keras.ops.image.extract_patches(x, size, 2, padding="same"),
    )


@pytest.mark.parametrize(
    "cls, sizes, side, float32, bfloat16",
    [
        ("Conv2D", (3, 3), 4, "convolution", "convolution"),
        ("Conv2D", (3, 5), 8, "", "convolution"),
        ("Conv2D", (3, 5), 16, "", ""),
        ("Conv2DTranspose", (5,), 4, "", "transposed_convolution"),
        ("Conv2DTranspose", (5,), 8, "", ""),
        ("Conv2DTranspose", (3,), 8, *2 * ["convolution_of_phases"]),
    ],
)
def test_other_forms_are_taken_on_this_machine(
    monkeypatch, cls, sizes, side, float32, bfloat16
):
    """Without it every other test here would compare Keras with itself."""
    taken = set()
    for name in (
        "convolution",
        "transposed_convolution",
        "convolution_of_phases",
    ):
        function = getattr(convolutions, name)
        monkeypatch.setattr(
            convolutions,
            name,
            lambda *args, name=name, function=function: (
                taken.add(name) or function(*args)
            ),
        )
    for dtype, wanted in zip(TYPES, (float32, bfloat16), strict=True):
        taken.clear()
        layer = getattr(convolutions, cls)(*sizes, dtype=dtype)
        layer(noise(1, side, side, 2))
        assert taken == ({wanted} if wanted else set())


def test_a_gpu_keeps_the_library(monkeypatch):
    monkeypatch.setattr(
        keras.distribution, "list_devices", lambda kind: [f"{kind}:0"]
    )
    assert not convolutions.on_processor()
