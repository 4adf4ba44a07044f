"""DiffAugment changes tuples as defined, and gradients pass through it."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.augmentation import (
    NUMBERS,
    diffaug,
    diffaug_weak,
    mirrored,
    translated,
)

# Brightness, saturation and contrast as they are; no move; the hole outside
# of what is looked at, in the first corner.
SAME = [0.5, 0.5, 0.5, 0.5, 0.5, 0.0, 0.0]


def numbers(**changes):
    places = {
        "brightness": 0,
        "saturation": 1,
        "contrast": 2,
        "up": 3,
        "left": 4,
        "hole_y": 5,
        "hole_x": 6,
    }
    values = np.array(SAME, np.float32)
    for name, value in changes.items():
        values[places[name]] = value
    # Of two images that are altered alike.
    return tf.constant(np.stack([values, values])[None])


def tuples(side=16):
    rng = np.random.default_rng(0)
    return tf.constant(rng.uniform(-1, 1, [1, 2, side, side, 3]), tf.float32)


def seen(x):
    """The picture without the hole of `SAME`, rows and columns 0 to 4."""
    return x.numpy()[:, :, 5:, 5:]


def test_nothing_but_the_hole():
    x = tuples()
    y = diffaug(x, numbers())
    np.testing.assert_allclose(seen(y), seen(x), atol=1e-6)
    assert not y.numpy()[:, :, :5, :5].any()
    np.testing.assert_allclose(y[:, :, 5:], x[:, :, 5:], atol=1e-6)


def test_colours_by_hand():
    x = tuples()
    brighter = diffaug(x, numbers(brightness=0.75))
    np.testing.assert_allclose(seen(brighter), seen(x) + 0.25, atol=1e-6)
    grey = diffaug(x, numbers(saturation=0.0))
    mean = x.numpy().mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(
        seen(grey), np.repeat(mean, 3, axis=-1)[:, :, 5:, 5:], atol=1e-6
    )
    flat = diffaug(x, numbers(contrast=0.0))
    # Each image around its own mean.
    mean = x.numpy().mean(axis=(2, 3, 4), keepdims=True)
    np.testing.assert_allclose(
        seen(flat), ((x - mean) * 0.5 + mean).numpy()[:, :, 5:, 5:], atol=1e-6
    )


def test_moves_by_up_to_an_eighth():
    x = tuples()
    y = diffaug(x, numbers(up=0.99, left=0.0))
    # Up by 2 of 16 pixels, right by 2; edges repeated.
    np.testing.assert_allclose(y[:, :, 5:14, 5:], x[:, :, 7:, 3:14], atol=1e-6)
    np.testing.assert_allclose(y[:, :, 14], y[:, :, 15], atol=1e-6)


def test_the_hole_is_half_a_side():
    y = diffaug(tf.ones([1, 2, 16, 16, 3]), numbers(hole_y=0.5, hole_x=0.5))
    kept = y.numpy()[0, 0, :, :, 0] != 0
    assert not kept[4:13, 4:13].any()
    assert kept.sum() == 16 * 16 - 9 * 9


def test_each_image_is_altered_on_its_own():
    x = tf.repeat(tuples()[:, :1], 2, axis=1)
    x = tf.repeat(x, 2, axis=0)
    rng = np.random.default_rng(1)
    draw = rng.uniform(size=[2, 2, NUMBERS]).astype(np.float32)
    y = diffaug(x, tf.constant(draw)).numpy().reshape(4, 16, 16, 3)
    for one in range(4):
        for other in range(one):
            assert np.abs(y[one] - y[other]).mean() > 0.1
    # Its numbers are its own: the first tuple's second, alone.
    alone = diffaug(x[:1, 1:], tf.constant(draw[:1, 1:]))
    np.testing.assert_array_equal(alone[0, 0], y[1])


def test_gradients_reach_the_images():
    x = tuples()
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(diffaug(x, numbers(up=0.9, brightness=0.1)))
    gradient = tape.gradient(total, x).numpy()
    # Colours keep a picture's sum but for the hole: most pixels weigh 1.
    assert np.median(gradient) == pytest.approx(1.0, abs=0.3)
    assert (gradient != 0).mean() > 0.7


def test_translated_repeats_edges():
    image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
    moved = translated(image, tf.constant([[1, -1]]))
    np.testing.assert_array_equal(
        moved[0, :, :, 0], [[3, 3, 4], [6, 6, 7], [6, 6, 7]]
    )


def test_weak_is_half_as_strong_and_has_no_hole():
    x = tuples()
    np.testing.assert_allclose(diffaug_weak(x, numbers()), x, atol=1e-6)
    brighter = diffaug_weak(x, numbers(brightness=0.75))
    np.testing.assert_allclose(brighter, x + 0.125, atol=1e-6)
    pale = diffaug_weak(x, numbers(saturation=0.0))
    mean = x.numpy().mean(axis=-1, keepdims=True)
    np.testing.assert_allclose(pale, (x + mean) / 2, atol=1e-6)
    flat = diffaug_weak(x, numbers(contrast=0.0))
    mean = x.numpy().mean(axis=(2, 3, 4), keepdims=True)
    np.testing.assert_allclose(flat, (x - mean) * 0.75 + mean, atol=1e-6)
    # A sixteenth of 16 pixels.
    up = diffaug_weak(x, numbers(up=0.99))
    np.testing.assert_allclose(up[:, :, :-1], x[:, :, 1:], atol=1e-6)


def test_mirrored_images_one_by_one():
    x = tuples()
    y = mirrored(x, tf.constant([[0.2, 0.7]])).numpy()
    np.testing.assert_array_equal(y[0, 0], x[0, 0, :, ::-1])
    np.testing.assert_array_equal(y[0, 1], x[0, 1])
