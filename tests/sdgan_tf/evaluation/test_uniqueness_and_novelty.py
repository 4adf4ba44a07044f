"""Templates, distinct identities and new ones, by hand."""

import numpy as np
import pytest

from sdgan_tf.evaluation import uniqueness_and_novelty


def line(*places: float) -> np.ndarray:
    return np.array(places)[:, None]


def test_templates_by_hand():
    embeddings = np.array([[1.0, 0], [0, 1], [0, 2], [0, -1], [0.6, 0.8]])
    found = uniqueness_and_novelty.templates(embeddings, np.array([2, 1, 1, 1]))
    root = 0.5**0.5
    np.testing.assert_allclose(
        found, [[root, root], [0, 1], [0, -1], [0.6, 0.8]], atol=1e-6
    )
    assert found.dtype == np.float32


def test_distinct_by_hand(monkeypatch):
    # 0.5 is 0 again; 1.2 is not, and 2.0 is 1.2 again. tau itself is not apart.
    embeddings = line(0, 0.5, 1.2, 2.0, 9.0, -1.0)
    for chunk in (1, 2, 4, 512):
        monkeypatch.setattr(uniqueness_and_novelty, "CHUNK", chunk)
        found = uniqueness_and_novelty.distinct(embeddings, 1.0)
        assert found.tolist() == [0, 2, 4]


def test_uniqueness_by_hand():
    # Two hundreds: all apart, and 25 that come four times.
    embeddings = np.concatenate(
        [line(*range(100)), line(*np.repeat(1000 + np.arange(25), 4)), line(0)]
    )
    found = uniqueness_and_novelty.uniqueness(
        embeddings, 0.5, samples=200, seed=0
    )
    assert found["sampled_identities"] == 201
    assert found["distinct_identities"] == 125
    assert found["uniqueness"] == pytest.approx((1.0 + 0.25) / 2)
    assert found["uniqueness_interval"] == [0.25, 1.0]


def test_uniqueness_of_too_few_has_no_share():
    found = uniqueness_and_novelty.uniqueness(line(*range(199)), 0.5, 10, 0)
    assert found == {"sampled_identities": 199, "distinct_identities": 199}


def test_calibrated_novelty_by_hand():
    # 5 % of the test identities lie within 0.05 of a training identity.
    real = np.linspace(0, 1, 101)
    made = np.array([0.01, 0.04, 0.06, 0.5])
    found = uniqueness_and_novelty.calibrated_novelty(made, real, 200, 0)
    assert found["novelty_fpir5"] == 0.5
    low, high = found["novelty_fpir5_interval"]
    assert 0 <= low < 0.5 < high <= 1
    same = uniqueness_and_novelty.calibrated_novelty(real, real, 10, 0)
    assert same["novelty_fpir5"] == pytest.approx(0.95, abs=0.01)
    assert (
        uniqueness_and_novelty.calibrated_novelty(made, real[:99], 10, 0) == {}
    )


def test_novelty_by_hand():
    # The distance of tau is one identity.
    found = uniqueness_and_novelty.novelty(np.array([0.5, 1.0, 1.1, 2.0]), 1.0)
    assert found["novelty"] == 0.5
    low, high = found["novelty_interval"]
    assert low == pytest.approx(1 - high) and 0.1 < low < 0.2
