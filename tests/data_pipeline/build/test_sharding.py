import numpy as np
import pytest

from data_pipeline import records
from data_pipeline.build import picture_counts
from data_pipeline.build.sharding import BalanceShards, balance, shard_of


def held(shards, counts, num_shards):
    return np.bincount(shards, weights=counts, minlength=num_shards).tolist()


def test_balance_by_hand():
    """The largest first, to the shard with least; equal ones by their hash."""
    hashes = np.array([50, 40, 30, 20, 10])
    counts = np.array([3, 9, 2, 3, 4])
    # 9 -> 0, 4 -> 1, 3 (hash 20) -> 2, 3 (hash 50) -> 2, 2 -> 1.
    assert balance(hashes, counts, 3).tolist() == [2, 0, 1, 2, 1]
    assert balance(hashes, counts, 1).tolist() == [0] * 5


def test_shards_are_even_beside_an_identity_of_50000(rng):
    """The large one is less than the mean of 8 shards, 118,750."""
    counts = np.concatenate([[50_000], rng.integers(2, 40, 45_000)])
    hashes = rng.permutation(len(counts))
    loads = np.array(held(balance(hashes, counts, 8), counts, 8))
    assert np.abs(loads / loads.mean() - 1).max() < 0.001


def test_an_identity_larger_than_a_shard_stays_whole(rng):
    """It has a shard to itself, and the others are even."""
    counts = np.array([50_000] + [10] * 4000)
    loads = held(balance(rng.permutation(4001), counts, 5), counts, 5)
    assert loads == [50_000, 10_000, 10_000, 10_000, 10_000]


def test_order_of_the_identities_changes_nothing(rng):
    hashes = rng.choice(10**9, 500, replace=False)
    counts = rng.integers(2, 9, 500)
    order = rng.permutation(500)
    np.testing.assert_array_equal(
        balance(hashes, counts, 7)[order],
        balance(hashes[order], counts[order], 7),
    )


@pytest.mark.parametrize("parts", [1, 3])
def test_combined_of_parts(rng, parts, tmp_path):
    """Each split by itself, whatever workers saw which identities."""
    hashes = rng.integers(-(2**63), 2**63 - 1, 300)
    counts = rng.integers(2, 9, 300)
    names = [records.SPLITS[i % 3] for i in range(300)]
    combine = BalanceShards(records.SPLITS, 4, str(tmp_path))
    accumulators = [combine.create_accumulator() for _ in range(parts)]
    elements = list(zip(names, hashes.tolist(), counts.tolist(), strict=True))
    for i, element in enumerate(elements):
        accumulators[i % parts] = combine.add_input(
            accumulators[i % parts], element
        )
    assigned = combine.extract_output(combine.merge_accumulators(accumulators))
    for number in range(3):
        own = slice(number, None, 3)
        assert [shard_of(int(h), assigned) for h in hashes[own]] == balance(
            hashes[own], counts[own], 4
        ).tolist()
    # How much will be written is known from here on.
    expected = tmp_path / picture_counts.EXPECTED
    assert int(expected.read_text()) == counts.sum()


def test_nothing_to_balance(tmp_path):
    combine = BalanceShards(records.SPLITS, 4, str(tmp_path))
    hashes, shards = combine.extract_output(combine.create_accumulator())
    assert hashes.shape == shards.shape == (0,)
