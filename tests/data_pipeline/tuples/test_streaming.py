import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.records import examples
from data_pipeline.records.shard_reader import ShardReader, can_read
from data_pipeline.tuples import streaming
from data_pipeline.tuples.identity_tuples import IdentityTuples

ROOT = Path(__file__).parents[3]


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
    # Whoever is first is chosen anew too; 20 choices of 12 give about 10.
    assert len(set(hashes[:, 0])) > 4


def test_streaming_orders_do_not_depend_on_the_shards_alone(take, skewed):
    """3 shards have 6 orders; the epochs have many more."""
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    _, hashes = take(tuples.batches(16, cache_bytes=0), 20)
    assert len({tuple(epoch) for epoch in hashes}) == 20


def test_streaming_mixes_the_shards(take, skewed):
    """The first half of an epoch comes from every shard.

    By chance it lacks the smallest one, 4 of 16, in 4 % of the epochs.
    """
    tuples = IdentityTuples.open(skewed, "train", 2, seed=4)
    _, hashes = take(tuples.batches(8, cache_bytes=0), 20)
    mixed = [
        all(np.isin(half, i.hashes).any() for i in skewed_indices(skewed))
        for half in hashes[::2]
    ]
    assert mixed[0] and sum(mixed) >= 8


def from_end_to_end(tuples):
    """The same tuples where no index says how long the records are."""
    indices = tuple(
        dataclasses.replace(index, lengths=None, checksums=None)
        for index in tuples.indices
    )
    return dataclasses.replace(tuples, indices=indices)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_shards_read_from_end_to_end_give_the_same_tuples(
    take, skewed, k, monkeypatch
):
    monkeypatch.setattr(streaming, "INTERLEAVED_TUPLES", 2)
    monkeypatch.setattr(streaming, "MIXED_TUPLES", 5)
    tuples = IdentityTuples.open(skewed, "train", k, seed=3)
    for start in (0, 7):
        expected = take(tuples.batches(6, start, cache_bytes=0), 10)
        read = take(from_end_to_end(tuples).batches(6, start, 0), 10)
        for one, same in zip(read, expected, strict=True):
            np.testing.assert_array_equal(one, same)


def test_records_read_at_once_change_nothing_from_end_to_end(
    take, skewed, monkeypatch
):
    tuples = from_end_to_end(IdentityTuples.open(skewed, "train", 2, seed=3))
    images, hashes = take(tuples.batches(6, cache_bytes=0), 10)
    monkeypatch.setattr(streaming, "READ_AT_ONCE", 7)
    same_images, same_hashes = take(tuples.batches(6, cache_bytes=0), 10)
    np.testing.assert_array_equal(same_images, images)
    np.testing.assert_array_equal(same_hashes, hashes)


@pytest.mark.parametrize("start", [0, 5])
def test_workers_read_their_own_tuples_only(take, skewed, start, monkeypatch):
    """3 workers, 2 of 6 replicas each; the shards hold unequal parts."""
    identities = [len(shard.hashes) for shard in skewed_indices(skewed)]
    assert len(set(identities)) > 1
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    images, hashes = take(tuples.batches(12, start, cache_bytes=0), 8)
    read = ShardReader.read
    for worker in range(3):
        numbers = []

        def note(reader, places, numbers=numbers):
            numbers.append(len(places))
            return read(reader, places)

        monkeypatch.setattr(ShardReader, "read", note)
        mine = tuples.batches(
            12, start, 0, num_replicas=6, replicas=(2 * worker, 2 * worker + 1)
        )
        own_images, own_hashes = take(mine, 16)
        own = slice(4 * worker, 4 * worker + 4)
        np.testing.assert_array_equal(own_hashes.reshape(8, 4), hashes[:, own])
        np.testing.assert_array_equal(
            own_images.reshape(8, 4, *images.shape[2:]), images[:, own]
        )
        # Two tuples of two images for each element, and nothing besides.
        assert set(numbers) == {4}


def test_workers_decode_their_own_tuples_only_from_end_to_end(
    take, skewed, monkeypatch
):
    tuples = from_end_to_end(IdentityTuples.open(skewed, "train", 2, seed=3))
    images, hashes = take(tuples.batches(12, 5, cache_bytes=0), 8)
    decode, numbers = examples.decode, []

    def note(serialised, n, side):
        numbers.append(n)
        return decode(serialised, n, side)

    monkeypatch.setattr(examples, "decode", note)
    mine = tuples.batches(12, 5, 0, num_replicas=6, replicas=(3,))
    own_images, own_hashes = take(mine, 8)
    np.testing.assert_array_equal(own_images, images[:, 6:8])
    np.testing.assert_array_equal(own_hashes, hashes[:, 6:8])
    assert numbers == [4]


def test_identities_of_all_workers_are_uniform(take, skewed):
    """Together they have every identity once an epoch."""
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    parts = [
        take(tuples.batches(4, 0, 0, num_replicas=2, replicas=(worker,)), 20)[1]
        for worker in range(2)
    ]
    epochs = np.stack(parts, axis=1).reshape(5, 16)
    for epoch in epochs:
        assert len(set(epoch)) == 16


def skewed_indices(data):
    return [data.index(shard) for shard in data.shards("train")]


def test_changed_record_is_an_error(take, write_data_set, tmp_path):
    """Of the same length, with pixels of another picture."""
    data = write_data_set(tmp_path / "data", [2] * 4, num_shards=1)
    tuples = IdentityTuples.open(data, "train", 2, seed=3)
    (shard,) = data.shards("train")
    content = bytearray(Path(shard).read_bytes())
    start = tuples.indices[0].starts()[5]
    at = content.index(b"IDAT", start) + 20
    content[at] ^= 1
    Path(shard).write_bytes(content)
    with pytest.raises(
        tf.errors.OpError, match=r"Build the data set again.*record=5"
    ):
        take(tuples.batches(4, cache_bytes=0), 1)


def test_program_ends_while_batches_are_read_ahead(skewed):
    """The interpreter and the threads that read do not wait for each other."""
    program = f"""
import tensorflow as tf
from data_pipeline import DataSet, IdentityTuples
data = DataSet.open({skewed.folder!r})
tuples = IdentityTuples.open(data, "train", 2, 0)
iterator = iter(tuples.batches(4, cache_bytes=0))
read = tf.function(
    lambda: tf.while_loop(
        lambda i: i < 300, lambda i: (i + len(next(iterator)) - 1,), [0]
    )
)
read()
"""
    subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60
    )


def test_remote_shards_are_read_from_end_to_end(skewed):
    indices = skewed_indices(skewed)
    assert can_read(skewed.shards("train"), indices)
    assert not can_read(["gs://bucket/train.tfrecord"], indices[:1])
