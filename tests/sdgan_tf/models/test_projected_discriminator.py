"""The random mixing and the heads of projected features."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.models.layers import GroupedBatchNormalization
from sdgan_tf.models.projected_discriminator import (
    ProjectedDiscriminator,
    ScaleDiscriminator,
    neighbours,
    spread,
)
from sdgan_tf.models.projected_layers import OwnNormalization


def noise(*shape, seed=0):
    return tf.random.stateless_normal(shape, [seed, 1])


def parameters(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def test_neighbours():
    np.testing.assert_array_equal(neighbours(np.arange(4)), [1, 0, 3, 2])
    np.testing.assert_array_equal(neighbours(np.arange(5)), [1, 0, 3, 2, 0])


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("halvings", [0, 1, 2])
def test_batches_are_scored_as_if_alone(k, halvings):
    scale = ScaleDiscriminator(8, halvings, 12, k)
    real, fake = noise(4 * k, 8, 8, 5), noise(4 * k, 8, 8, 5, seed=1) + 1.0
    places, tuples, unmatched = scale(
        tf.concat([real, fake], axis=0), num_batches=2
    )
    assert tuples.shape == (2, 4, 1) and places.shape[0] == 8 * k
    assert unmatched is None
    for n, alone in enumerate((real, fake)):
        of_places, of_tuples, _ = scale(alone)
        np.testing.assert_allclose(
            places[n * 4 * k : (n + 1) * 4 * k], of_places, atol=1e-4
        )
        np.testing.assert_allclose(tuples[n], of_tuples[0], atol=1e-4)


@pytest.mark.parametrize("unmatched", [False, True])
@pytest.mark.parametrize("k", [2, 3])
def test_mismatched_tuples_end_with_the_neighbours_last_image(k, unmatched):
    scale = ScaleDiscriminator(4, 0, 12, k, unmatched=unmatched)
    real, fake = noise(4, k, 4, 4, 5), noise(4, k, 4, 4, 5, seed=1)
    changed = tf.concat(
        [real[:, :-1], tf.gather(real, [1, 0, 3, 2])[:, -1:]], axis=1
    )
    flat = [tf.reshape(x, [-1, 4, 4, 5]) for x in (real, fake, changed)]
    _, tuples, _ = scale(
        tf.concat(flat[:2], axis=0), num_batches=2, mismatch=True
    )
    assert tuples.shape == (3, 4, 1)
    for n in range(3):
        # The same images in another order: their statistics are the same.
        _, alone, _ = scale(flat[n])
        np.testing.assert_allclose(tuples[n], alone[0], atol=1e-4)


def test_heads_of_their_own_score_mismatched_tuples():
    scale = ScaleDiscriminator(4, 0, 12, 2, 1, unmatched=True)
    real, fake = noise(4, 2, 4, 4, 5), noise(4, 2, 4, 4, 5, seed=1)
    flat = [tf.reshape(x, [-1, 4, 4, 5]) for x in (real, fake)]
    _, _, found = scale(tf.concat(flat, axis=0), num_batches=2)
    assert found.shape == (2, 4, 1)
    # Each batch's neighbours are its own, and the head is another one: the
    # usual head, with its weights, gives the same for changed tuples.
    (head,), (own,) = scale.heads, scale.unmatched_heads
    for ours, theirs in zip(own.weights, head.weights, strict=True):
        theirs.assign(ours)
    for n, tuples in enumerate((real, fake)):
        changed = tf.concat(
            [tuples[:, :1], tf.gather(tuples, [1, 0, 3, 2])[:, 1:]], axis=1
        )
        _, alone, _ = scale(tf.reshape(changed, [-1, 4, 4, 5]))
        np.testing.assert_allclose(found[n], alone[0], atol=1e-4)


def test_each_kind_of_tuple_has_a_head():
    scale = ScaleDiscriminator(4, 0, 12, 2, kinds=3)
    images = noise(6, 2, 4, 4, 5)
    flat = tf.reshape(images, [-1, 4, 4, 5])
    _, before, _ = scale(flat, mismatch=True)
    assert before.shape == (2, 2, 3)
    # Mismatched within the kind: tuple 0 takes the last image of tuple 3.
    changed = tf.concat(
        [images[:, :1], tf.gather(images, [3, 4, 5, 0, 1, 2])[:, 1:]], axis=1
    )
    _, alone, _ = scale(tf.reshape(changed, [-1, 4, 4, 5]))
    np.testing.assert_allclose(before[1], alone[0], atol=1e-4)
    bias = scale.heads[1].logit.bias
    bias.assign(bias + 2.0)
    _, after, _ = scale(flat)
    np.testing.assert_allclose(
        after[0] - before[0], np.tile([0.0, 2.0, 0.0], (2, 1)), atol=1e-5
    )


def test_heads_that_score_tuples_by_themselves():
    scale = ScaleDiscriminator(4, 0, 32, tuples_by_batch=False)
    for head in scale.heads:
        assert isinstance(head.collate.norm, OwnNormalization)
    # The towers' statistics are the batch's in any case.
    assert isinstance(scale.tower[0].norm, GroupedBatchNormalization)
    x = 5.0 + 3.0 * noise(3, 2, 2, 32)
    y = np.reshape(scale.heads[0].collate.norm(x), [3, 4, 2, 16])
    np.testing.assert_allclose(y.mean(axis=(1, 3)), 0.0, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=(1, 3)), 1.0, atol=1e-2)


def test_spread_is_the_variance_over_the_tuple():
    a, b, c = (np.float32([[[[x, -x]]]]) for x in (1.0, 4.0, 1.0))
    np.testing.assert_allclose(spread([a, b]), [[[[4.5, 4.5]]]])
    np.testing.assert_allclose(spread([a, b, c]), [[[[3.0, 3.0]]]])


@pytest.mark.parametrize("k", [2, 3])
def test_heads_of_tuples_see_how_far_images_lie_apart(k):
    scale = ScaleDiscriminator(3, 0, 8, k, spreads=True)
    maps = noise(4 * k, 3, 3, 5)
    seen = []
    scale.heads[0].call = lambda x, num_batches: seen.append(x) or x[:, 0, 0, 0]
    scale(maps, mismatch=True)
    inputs = seen[
        -1
    ].numpy()  # Keras builds the layer by a symbolic call first.
    assert inputs.shape == (8, 3, 3, (k + 1) * 8)
    own = np.reshape(inputs[..., : k * 8], [8, 3, 3, k, 8])
    np.testing.assert_allclose(
        inputs[..., k * 8 :], own.var(axis=3, ddof=1), rtol=1e-4, atol=1e-6
    )
    # The last image of mismatched tuples is another's, so their spread too.
    np.testing.assert_array_equal(
        own[4:, :, :, -1], own[[1, 0, 3, 2], ..., -1, :]
    )


def test_the_images_themselves_are_a_scale():
    d = ProjectedDiscriminator(
        96, 4, pixels=32, tuples_by_batch=False, spreads=True
    )
    images = noise(4, 32, 32, 3)
    maps = [noise(4, 96 // n, 96 // n, 5) for n in (4, 8, 16, 32)]
    before = d([*d.mixing(maps), images])
    assert len(before) == 5
    # 8 x 8 places of 4 x 4 pixels, halved once: the head sees 4 x 4 of them.
    assert before[4][0].shape == (4, 1, 1) and before[4][1].shape == (1, 2, 1)
    after = d([*d.mixing(maps), -images])
    for scale, (a, b) in enumerate(zip(before, after, strict=True)):
        assert (np.abs(a[0] - b[0]).max() > 1e-3) == (scale == 4)
    again = ProjectedDiscriminator.from_config(d.get_config())
    assert again.get_config() == d.get_config()
    assert again.pixels == 32 and not again.tuples_by_batch
    assert again.spreads


@pytest.mark.parametrize("side", [96, 128, 192])
def test_discriminator_of_four_scales(side):
    d = ProjectedDiscriminator(side, 2)
    maps = d.mixing([noise(4, side // n, side // n, 5) for n in (4, 8, 16, 32)])
    logits = d(maps)
    assert len(logits) == 4
    for places, tuples, _ in logits:
        assert places.dtype == tuples.dtype == tf.float32
        assert places.shape[0] == 4 and tuples.shape == (1, 2, 1)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_config_roundtrip(dtype):
    d = ProjectedDiscriminator(96, 2, kinds=3, seed=5, dtype=dtype, name="mine")
    config = d.get_config()
    again = ProjectedDiscriminator.from_config(config)
    assert again.get_config() == config
    assert again.compute_dtype == dtype.removeprefix("mixed_")
    assert (again.mixing.seed, again.mixing.compute_dtype) == (
        5,
        again.compute_dtype,
    )


def test_parameters_of_the_discriminators():
    """About 5 million, as the prototype's."""
    d = ProjectedDiscriminator(96, 32)
    d(d.mixing([noise(2, 96 // n, 96 // n, 8) for n in (4, 8, 16, 32)]))
    wide, narrow = 16 * 32 * 96 + 16 * 96 * 192, 16 * 32 * 192
    towers = wide + narrow + 9 * 64 * 192 + 9 * 128 * 192
    norms = 2 * (96 + 192 + 192 + 192 + 192)
    single = 3 * (16 * 192 + 1) + 9 * 192 + 1
    heads = 3 * 16 * 384 * 192 + 9 * 384 * 192
    heads += 4 * (2 * 192 + 9 * 192 + 1)
    assert parameters(d) == towers + norms + single + heads
