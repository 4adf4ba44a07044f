"""Pairs of photographs, and the photographs at their positions."""

import numpy as np
import pytest

from data_pipeline import records
from data_pipeline.records import BadDataSet, DataSet
from sdgan_tf.evaluation.photograph_pairs import (
    ENOUGH_IDENTITIES,
    Photographs,
    check_splits_are_disjoint,
)
from sdgan_tf.evaluation.verifier_training import train_verifier


@pytest.fixture
def uneven(make_splits):
    data = make_splits("uneven", {"test": {"a": 2, "b": 5, "c": 1, "d": 3}})
    return Photographs.open(DataSet.open(data), "test")


def test_pairs_are_balanced_and_of_the_right_kind(uneven):
    pairs = uneven.pairs(1001, seed=0)
    first, second = pairs.positions.T
    assert pairs.matched.sum() == 500 and pairs.matched[:500].all()
    a, b = pairs.identities.T
    np.testing.assert_array_equal(a == b, pairs.matched)
    np.testing.assert_array_equal(uneven.identities[first], a)
    np.testing.assert_array_equal(uneven.identities[second], b)
    assert (first != second).all()
    # "c" has one photograph and is left out.
    assert records.identity_hash("c") not in pairs.identities
    assert pairs.num_identities == 3


def test_identities_and_photographs_are_uniform(uneven):
    pairs = uneven.pairs(6000, seed=1)
    counts = np.unique(pairs.identities[pairs.matched], return_counts=True)[1]
    np.testing.assert_allclose(counts / counts.sum(), 1 / 3, atol=0.03)
    b = records.identity_hash("b")
    of_b = pairs.positions[pairs.matched & (pairs.identities[:, 0] == b)]
    used = np.unique(of_b, return_counts=True)[1]
    assert len(used) == 5
    np.testing.assert_allclose(used / used.sum(), 1 / 5, atol=0.03)
    assert pairs.distinct_matched == uneven.possible_matched == 1 + 10 + 3


def test_pairs_follow_the_seed(uneven):
    again = uneven.pairs(50, 3).positions
    np.testing.assert_array_equal(uneven.pairs(50, 3).positions, again)
    assert (uneven.pairs(50, 4).positions != again).any()


def test_read_gives_what_is_at_the_positions(uneven):
    everything = uneven.read(np.arange(11))
    assert everything.shape == (11, 32, 32, 3)
    assert everything.dtype == np.uint8
    np.testing.assert_array_equal(
        uneven.read(np.array([2, 7])), everything[[2, 7]]
    )


def test_too_few_identities(make_splits):
    data = DataSet.open(make_splits("few", {"test": {"a": 3, "b": 1}}))
    with pytest.raises(BadDataSet, match="two identities of two .* it has 1"):
        Photographs.open(data, "test").pairs(10, 0)


def test_too_few_identities_says_how_to_get_them(tiny_data):
    """All 24 identities of the data set are for training."""
    wanted = (
        r"`valid` needs .* has 0\. Of the 24 such .*0\.1,0\.1\) 50 are enough"
        r".*`split_fractions`, such as 0\.4,0\.3,0\.3\. Received: data_dir="
    )
    with pytest.raises(BadDataSet, match=wanted):
        Photographs.open(DataSet.open(tiny_data), "valid").pairs(10, 0)
    with pytest.raises(BadDataSet, match=wanted):
        train_verifier(tiny_data, "none")


def test_enough_identities_are_enough():
    """By the hashes that split a data set, one in ten."""
    few = [
        sum(
            records.identity_hash(f"{n} of {name}") % 10 == 0
            for n in range(ENOUGH_IDENTITIES)
        )
        < 2
        for name in range(1000)
    ]
    assert sum(few) < 50


def test_too_few_pairs(uneven):
    with pytest.raises(ValueError, match="at least 2"):
        uneven.pairs(1, 0)


def test_identities_in_two_splits(make_splits, split_data):
    check_splits_are_disjoint(DataSet.open(split_data))
    data = make_splits("leak", {"train": {"a": 2}, "test": {"a": 2, "b": 2}})
    with pytest.raises(
        BadDataSet, match="1 identities are in both .*train.*test"
    ):
        check_splits_are_disjoint(DataSet.open(data))
