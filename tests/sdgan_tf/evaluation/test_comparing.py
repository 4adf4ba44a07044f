"""Sets against photographs, and the nearest photographs."""

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import comparing
from sdgan_tf.evaluation.measured_pairs import Measured
from sdgan_tf.evaluation.photograph_pairs import Photographs

RNG = np.random.default_rng(0)


def pairs(within: float, n=400, d=16) -> Measured:
    """Matched pairs of unit vectors that differ by `within`."""
    centre = RNG.normal(size=[n, 1, d])
    vectors = centre + within * RNG.normal(size=[n, 2, d])
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return Measured(vectors, np.ones(n, bool), np.ones([n, 5]))


def test_pair_kernel_sees_how_alike_the_two_are():
    real = pairs(0.5)
    same = comparing.pair_kernel_distance(pairs(0.5), real)
    too_alike = comparing.pair_kernel_distance(pairs(0.0), real)
    too_different = comparing.pair_kernel_distance(pairs(5.0), real)
    assert abs(same) < 0.01 < 0.015 < min(too_alike, too_different)


def test_repeated_real_pairs_count_once():
    real = pairs(0.5, n=50)
    twice = Measured(
        np.concatenate([real.embeddings] * 2),
        np.ones(100, bool),
        np.ones([100, 5]),
    )
    made = pairs(1.0)
    assert comparing.pair_kernel_distance(made, twice) == pytest.approx(
        comparing.pair_kernel_distance(made, real)
    )


def test_scaled_embeddings_have_a_kernel_of_their_cosine():
    a, b = comparing.scaled(np.array([[1.0, 0], [0.6, 0.8]]))
    assert a @ b / 2 == pytest.approx(0.6)


def test_precision_and_recall():
    rng = np.random.default_rng(0)
    real = rng.normal(size=[100, 2])
    # All in one place: each is like a photograph, few photographs are found.
    narrow = comparing.precision_recall(0.05 * rng.normal(size=[100, 2]), real)
    assert narrow["precision"] == 1.0 and narrow["recall"] < 0.1
    low, high = narrow["precision_interval"]
    assert 0.95 < low < high == 1.0
    far = comparing.precision_recall(real + 20, real)
    assert far["precision"] == far["recall"] == 0.0


def test_neighbours_are_the_photographs_themselves(split_data, mean_colour):
    data = DataSet.open(split_data)
    photographs = Photographs.open(data, "train")
    wanted = photographs.read(np.array([3, 20]))
    found = comparing.find_neighbours(
        mean_colour(wanted), data, mean_colour, seed=0
    )
    np.testing.assert_array_equal(found.images["train"], wanted)
    np.testing.assert_allclose(found.distances["train"], 0, atol=1e-4)
    assert (found.distances["test"] > 1).all()
    assert found.searched == {"train": 36, "test": 12}
