"""Fractions of variance and observations matched, on grids made by hand."""

import numpy as np
import pytest

from sdgan_tf.evaluation import grids

RNG = np.random.default_rng(0)


def effects(a, b, rows, columns, noise, d=3):
    """A grid `[a, b, d]` of independent effects of known deviations."""
    return (
        rows * RNG.normal(size=[a, 1, d])
        + columns * RNG.normal(size=[1, b, d])
        + noise * RNG.normal(size=[a, b, d])
    )


def test_shares_by_hand():
    # Rows 0 and 2, columns 0 and 4, no interaction: variances 2 and 8.
    values = np.array([[0.0, 4.0], [2.0, 6.0]])[:, :, None]
    fractions = grids.variance_fractions(values)
    assert (fractions.z_i, fractions.z_o) == pytest.approx((0.2, 0.8))
    assert fractions.both == pytest.approx(0.0, abs=1e-12)


def test_shares_of_known_variances():
    # 4, 1 and 2.25 of 7.25.
    fractions = grids.variance_fractions(effects(300, 300, 2.0, 1.0, 1.5, d=20))
    assert fractions.z_i == pytest.approx(4 / 7.25, abs=0.03)
    assert fractions.z_o == pytest.approx(1 / 7.25, abs=0.03)
    assert fractions.both == pytest.approx(2.25 / 7.25, abs=0.03)


def test_noise_alone_is_no_code_s():
    """Means of few cells vary too: without the correction z_i would gain."""
    found = [
        grids.variance_fractions(effects(8, 4, 0, 0, 1, d=50))
        for _ in range(20)
    ]
    assert np.mean([f.both for f in found]) > 0.93


def test_what_never_changes_is_nobody_s():
    fractions = grids.variance_fractions(np.full([4, 5, 1], 0.3))
    assert (fractions.z_i, fractions.z_o, fractions.both) == (0.0, 0.0, 1.0)


def test_observation_auc():
    same_for_all = effects(12, 10, 5.0, 1.0, 0.05)
    assert grids.observation_auc(same_for_all) > 0.99
    for_each_another = effects(30, 20, 5.0, 0.0, 1.0)
    assert grids.observation_auc(for_each_another) == pytest.approx(
        0.5, abs=0.03
    )
    # The identity's own part is taken out, however strong.
    some = grids.observation_auc(effects(30, 20, 0.0, 1.0, 1.0))
    assert 0.55 < some < 0.95


def test_observation_auc_without_effect():
    only_identity = np.repeat(RNG.normal(size=[5, 1, 3]), 4, axis=1)
    assert grids.observation_auc(only_identity) == 0.5


def test_coarse_pixels():
    image = np.zeros([1, 2, 16, 16, 3], np.uint8)
    image[0, 1, 2:4, 0:2, 1] = [[10, 20], [30, 40]]
    coarse = grids.coarse_pixels(image)
    assert coarse.shape == (1, 2, 192)
    assert coarse[0, 1].reshape(8, 8, 3)[1, 0, 1] == 25
    assert coarse.sum() == 25
