"""The layers of the discriminators on projected features."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.models.projected_layers import (
    FeatureMixing,
    TupleHead,
    UnitConv2D,
)


def noise(*shape, seed=0):
    return tf.random.stateless_normal(shape, [seed, 1])


def test_a_kernel_of_norm_one():
    layer = UnitConv2D(3)
    x = noise(2, 3, 3, 4)
    first = layer(x)
    layer.kernel.assign(5.0 * layer.kernel)
    np.testing.assert_allclose(layer(x), first, rtol=1e-5)
    unit = layer.kernel / np.linalg.norm(layer.kernel)
    by_hand = np.einsum("nijc,ijco->no", x, unit)
    np.testing.assert_allclose(layer(x)[:, 0, 0], by_hand, rtol=1e-4)


def test_mixing_is_fixed_and_goes_from_coarse_to_fine():
    maps = [
        noise(2, side, side, c) for side, c in ((8, 3), (4, 5), (2, 6), (1, 7))
    ]
    mixing = FeatureMixing(seed=3)
    mixed = mixing(maps)
    assert [m.shape for m in mixed] == [
        (2, 8, 8, 32),
        (2, 4, 4, 32),
        (2, 2, 2, 64),
        (2, 1, 1, 128),
    ]
    assert not mixing.trainable_variables and len(mixing.weights) == 8
    for a, b in zip(mixed, FeatureMixing(seed=3)(maps), strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.abs(mixed[0] - FeatureMixing(seed=4)(maps)[0]).max() > 0.1
    # A coarse map reaches the finer ones, and not the other way.
    maps[1] = maps[1] + 1.0
    moved = [
        np.abs(a - b).max() for a, b in zip(mixed, mixing(maps), strict=True)
    ]
    assert moved[0] > 0.1 and moved[1] > 0.1
    assert moved[2] == moved[3] == 0
    # Numbers of unit variance stay of that size.
    wide = [noise(64, s, s, 200, seed=s) for s in (8, 4, 2, 1)]
    for m in FeatureMixing()(wide):
        assert np.mean(np.square(m)) == pytest.approx(1.0, abs=0.4)


@pytest.mark.parametrize("by_batch", [True, False])
def test_whether_other_tuples_of_a_batch_matter(by_batch):
    """Only by itself must a tuple be scored by itself."""
    head = TupleHead(4, 32, False, None, by_batch)
    maps, others = noise(2, 4, 4, 10), noise(6, 4, 4, 10, seed=1) + 3.0
    together = head(tf.concat([maps, others], axis=0))[:2]
    moved = np.abs(together - head(maps)).max()
    assert moved > 1e-2 if by_batch else moved < 1e-5


def test_the_config_of_the_mixing():
    config = FeatureMixing(seed=5, dtype="mixed_bfloat16").get_config()
    again = FeatureMixing.from_config(config)
    assert (again.seed, again.compute_dtype) == (5, "bfloat16")
