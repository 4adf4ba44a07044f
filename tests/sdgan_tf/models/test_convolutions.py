"""The DCGAN's layers give what Keras' layers give, in values and gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.models import convolutions

# Sides, kernels and channels that have a form of their own: the last ones of
# `DOWN` and (4, 5) of `UP` in bfloat16 only.
DOWN = [(4, 3, 6), (2, 5, 2), (8, 5, 3)]
UP = [(8, 3), (16, 2), (4, 5), (2, 5)]
TYPES = ["float32", "mixed_bfloat16"]


def twins(ours, library, inputs):
    """Our layer and Keras' in float32, with the same weights."""
    for layer in (ours, library):
        layer(inputs)
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=w.shape) for w in ours.weights]
    ours.set_weights(weights)
    library.set_weights(weights)
    return ours, library


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


def assert_twins(ours, library, x):
    tolerance = {"float32": 1e-5, "bfloat16": 2e-2}[ours.compute_dtype]
    for got, wanted in zip(
        values_and_gradients(ours, x),
        values_and_gradients(library, x),
        strict=True,
    ):
        scale = float(tf.reduce_max(tf.abs(wanted)))
        assert scale > 0
        np.testing.assert_allclose(
            tf.cast(got, "float32"), wanted, rtol=0, atol=tolerance * scale
        )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("side, size, filters", DOWN)
def test_convolution_is_keras(side, size, filters, dtype):
    x = noise(3, side, side, 4)
    options = {"strides": 2, "padding": "same"}
    ours, library = twins(
        convolutions.Conv2D(filters, size, dtype=dtype, **options),
        keras.layers.Conv2D(filters, size, dtype="float32", **options),
        x,
    )
    assert_twins(ours, library, x)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("side, filters", UP)
def test_transposed_convolution_is_keras(side, filters, dtype):
    x = noise(3, side, side, 4)
    options = {"strides": 2, "padding": "same"}
    ours, library = twins(
        convolutions.Conv2DTranspose(filters, 5, dtype=dtype, **options),
        keras.layers.Conv2DTranspose(filters, 5, dtype="float32", **options),
        x,
    )
    assert_twins(ours, library, x)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_patches_are_what_a_convolution_sees(size):
    x = noise(2, 8, 6, 3)
    np.testing.assert_array_equal(
        convolutions.patches(x, size),
        keras.ops.image.extract_patches(x, size, 2, padding="same"),
    )


@pytest.mark.parametrize(
    "cls, filters, size, side, float32, bfloat16",
    [
        ("Conv2D", 3, 3, 4, "convolution", "convolution"),
        ("Conv2D", 3, 5, 8, "", "convolution"),
        ("Conv2D", 3, 5, 16, "", ""),
        ("Conv2DTranspose", 5, 5, 4, "", "transposed_convolution"),
        ("Conv2DTranspose", 5, 5, 8, "", ""),
        ("Conv2DTranspose", 3, 5, 8, *2 * ["convolution_of_phases"]),
    ],
)
def test_other_forms_are_taken_on_this_machine(
    monkeypatch, cls, filters, size, side, float32, bfloat16
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
        layer = getattr(convolutions, cls)(
            filters, size, strides=2, padding="same", dtype=dtype
        )
        layer(noise(1, side, side, 2))
        assert taken == ({wanted} if wanted else set())


def test_a_gpu_keeps_the_library(monkeypatch):
    monkeypatch.setattr(
        keras.distribution, "list_devices", lambda kind: [f"{kind}:0"]
    )
    assert not convolutions.on_processor()
