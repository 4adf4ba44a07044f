import numpy as np
import pytest

from data_pipeline import records, streaming
from data_pipeline.pairs import IdentityTuples


@pytest.mark.parametrize(
    ("batch_size", "shuffled"), [(4, 4096), (5, 3), (48, 4096)]
)
def test_streaming_epochs_have_each_identity_once(
    take, skewed, batch_size, shuffled, monkeypatch
):
    monkeypatch.setattr(streaming, "MIXED_TUPLES", shuffled)
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    n = 5 * 16 // batch_size + 1
    _, hashes = take(tuples.batches(batch_size, cache_bytes=0), n)
    epochs = hashes.ravel()[: 5 * 16].reshape(5, 16)
    for epoch in epochs:
        assert len(set(epoch)) == 16


def test_streaming_epochs_have_new_orders(take, write_data_set, tmp_path):
    """Also with one shard, where the order of the shards mixes nothing."""
    data = write_data_set(tmp_path / "data", [2] * 12, num_shards=1)
    tuples = IdentityTuples.open(data, "train", 2, seed=3)
    _, hashes = take(tuples.batches(12, cache_bytes=0), 20)
    assert len({tuple(epoch) for epoch in hashes}) == 20
    # Whoever is first is drawn anew too; 20 draws of 12 give about 10.
    assert len(set(hashes[:, 0])) > 4


def test_streaming_orders_do_not_depend_on_the_shards_alone(take, skewed):
    """3 shards have 6 orders; the epochs have many more."""
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    _, hashes = take(tuples.batches(16, cache_bytes=0), 20)
    assert len({tuple(epoch) for epoch in hashes}) == 20


def test_streaming_mixes_the_shards(take, skewed):
    """The first half of an epoch comes from every shard."""
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    _, hashes = take(tuples.batches(8, cache_bytes=0), 1)
    shards = {records.shard_of(int(h), 3) for h in hashes[0]}
    assert shards == {0, 1, 2}


def test_records_read_at_once_change_nothing(take, skewed, monkeypatch):
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    images, hashes = take(tuples.batches(6, cache_bytes=0), 10)
    monkeypatch.setattr(streaming, "READ_AT_ONCE", 7)
    same_images, same_hashes = take(tuples.batches(6, cache_bytes=0), 10)
    np.testing.assert_array_equal(same_images, images)
    np.testing.assert_array_equal(same_hashes, hashes)
