import collections
import logging
import os

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records
from data_pipeline.records.errors import BadDataSet
from data_pipeline.tuples import memory, streaming
from data_pipeline.tuples.identity_tuples import IdentityTuples

# How the tuples are read: `cache_bytes`.
READERS = pytest.mark.parametrize(
    "cache_bytes", [8e9, 0], ids=["memory", "streaming"]
)
# The images of the identities of `skewed`.
SKEWED = [2, 40, 3, 5, 2, 30, 2, 7, 4, 2, 11, 2, 25, 6, 2, 3]


@pytest.fixture(scope="module")
def fours(write_data_set, tmp_path_factory):
    """8 identities of 4 images."""
    return write_data_set(tmp_path_factory.mktemp("fours") / "data", [4] * 8)


def numbers(images):
    """(identity, image) `[..., k]` of images `[..., k, h, w, c]`."""
    pixels = images[..., 0, 0, :]
    np.testing.assert_array_equal(
        images, np.broadcast_to(pixels[..., None, None, :], images.shape)
    )
    pixels = pixels.astype(int)
    return pixels[..., 0] + 256 * pixels[..., 2], pixels[..., 1]


def assert_same(a, b):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


def differ(a, b):
    return not np.array_equal(a[0], b[0])


@READERS
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_tuples_hold_k_distinct_images_of_one_identity(
    take, skewed, k, cache_bytes
):
    tuples = IdentityTuples.open(skewed, "train", k, seed=1)
    batches = tuples.batches(6, cache_bytes=cache_bytes)
    assert batches.element_spec["images"].shape.as_list() == [6, k, 4, 4, 3]
    images, hashes = take(batches, 20)
    assert images.shape == (20, 6, k, 4, 4, 3) and images.dtype == np.uint8
    assert hashes.shape == (20, 6) and hashes.dtype == np.int64
    identities, chosen = numbers(images)
    for identity, image, hashed in zip(
        identities.reshape(-1, k),
        chosen.reshape(-1, k),
        hashes.ravel(),
        strict=True,
    ):
        assert len(set(identity)) == 1
        assert len(set(image)) == k
        assert image.max() < SKEWED[identity[0]]
        assert hashed == records.identity_hash(f"identity {identity[0]}")
    # Those with fewer images never come, all others do.
    assert set(identities.ravel()) == {
        i for i, count in enumerate(SKEWED) if count >= k
    }


@READERS
def test_images_and_their_order_are_uniform(
    chi_square, take, fours, cache_bytes
):
    tuples = IdentityTuples.open(fours, "train", 2, seed=5)
    images, _ = take(tuples.batches(24, cache_bytes=cache_bytes), 100)
    identities, chosen = numbers(images)
    ordered = collections.Counter(map(tuple, chosen.reshape(-1, 2)))
    # 11 degrees of freedom: 48 is exceeded with probability 1e-6.
    assert chi_square(ordered, 12) < 48
    # One identity's alone: about 300 tuples, or just 300 when streaming.
    own = chosen[identities[..., 0] == 3]
    assert len(own) > 200
    assert chi_square(collections.Counter(map(tuple, own)), 12) < 48


# 16 identities: batches of 6 pass an epoch's end within a batch. A draw block
# of 20 tuples holds 3 such batches, an epoch 4 blocks that are mixed.
@READERS
@pytest.mark.parametrize("start", [1, 7, 26])
def test_start_batch_is_as_skipped(
    take, skewed, cache_bytes, start, monkeypatch
):
    monkeypatch.setattr(memory, "SAMPLED_AT_ONCE", 20)
    monkeypatch.setattr(streaming, "INTERLEAVED_TUPLES", 2)
    monkeypatch.setattr(streaming, "MIXED_TUPLES", 5)
    tuples = IdentityTuples.open(skewed, "train", 2, seed=7)
    whole = take(tuples.batches(6, 0, cache_bytes), start + 5)
    resumed = take(tuples.batches(6, start, cache_bytes), 5)
    assert_same(resumed, [x[start:] for x in whole])
    assert differ([x[:5] for x in whole], resumed)


@READERS
def test_far_start_is_fast(take, fours, cache_bytes):
    """To resume at step 10 million must not read 10 million batches."""
    tuples = IdentityTuples.open(fours, "train", 2, seed=7)
    batches = tuples.batches(4, 10_000_001, cache_bytes)
    images, _ = take(batches, 2)
    assert images.shape[0] == 2


@READERS
def test_seeds(take, skewed, cache_bytes):
    def tuples(seed):
        opened = IdentityTuples.open(skewed, "train", 2, seed)
        return take(opened.batches(8, cache_bytes=cache_bytes), 6)

    one = tuples(1)
    assert_same(one, tuples(1))
    assert differ(one, tuples(2))


@READERS
def test_iterated_again_is_the_same(take, skewed, cache_bytes):
    batches = IdentityTuples.open(skewed, "train", 2, 1).batches(
        8, cache_bytes=cache_bytes
    )
    assert_same(take(batches, 6), take(batches, 6))


@READERS
def test_global_seed_changes_nothing(take, skewed, cache_bytes):
    def tuples():
        opened = IdentityTuples.open(skewed, "train", 2, 11)
        return take(opened.batches(8, cache_bytes=cache_bytes), 6)

    without = tuples()
    try:
        tf.random.set_seed(123)
        first = tuples()
        tf.random.set_seed(124)
        second = tuples()
    finally:
        tf.random.set_seed(None)
    assert_same(first, second)
    assert_same(first, without)


@READERS
def test_shares_are_the_parts_of_the_global_batch(take, skewed, cache_bytes):
    start = 5
    tuples = IdentityTuples.open(skewed, "train", 2, seed=7)
    images, hashes = take(tuples.batches(6, start, cache_bytes), 4)

    both = take(tuples.batches(6, start, cache_bytes, 2, (0, 1)), 8)
    assert both[0].shape == (8, 3, 2, 4, 4, 3) and both[1].shape == (8, 3)
    np.testing.assert_array_equal(both[0].reshape(images.shape), images)
    np.testing.assert_array_equal(both[1].reshape(hashes.shape), hashes)

    second = take(tuples.batches(6, start, cache_bytes, 2, (1,)), 4)
    assert_same(second, (images[:, 3:], hashes[:, 3:]))

    turned = take(tuples.batches(6, start, cache_bytes, 3, (2, 0)), 2)
    assert_same(
        turned,
        (
            np.stack([images[0, 4:], images[0, :2]]),
            np.stack([hashes[0, 4:], hashes[0, :2]]),
        ),
    )


@READERS
def test_batch_that_cannot_be_shared(skewed, cache_bytes):
    tuples = IdentityTuples.open(skewed, "train", 2, seed=7)
    with pytest.raises(
        ValueError,
        match="`batch_size` must be a multiple.*batch_size=7, replicas=2",
    ):
        tuples.batches(7, cache_bytes=cache_bytes, num_replicas=2)


def test_identities_with_fewer_images_are_left_out(skewed, caplog):
    with caplog.at_level(logging.WARNING):
        tuples = IdentityTuples.open(skewed, "train", 5, seed=0)
    assert tuples.num_identities == 7 and tuples.num_left_out == 9
    assert "9 identities of the split `train` have fewer than k=5" in (
        caplog.text
    )
    assert "7 remain" in caplog.text


def test_none_left_out_warns_of_nothing(skewed, caplog):
    with caplog.at_level(logging.WARNING):
        tuples = IdentityTuples.open(skewed, "train", 2, seed=0)
    assert tuples.num_identities == 16 and tuples.num_left_out == 0
    assert sorted(tuples.counts) == sorted(SKEWED)
    assert tuples.decoded_bytes == sum(SKEWED) * 4 * 4 * 3
    assert not caplog.records


@pytest.mark.parametrize(("split", "k"), [("train", 41), ("valid", 1)])
def test_no_identity_left(skewed, split, k):
    with pytest.raises(
        BadDataSet,
        match=rf"No identity of the split `{split}` has k={k} images.*data_dir",
    ):
        IdentityTuples.open(skewed, split, k, seed=0)


@READERS
def test_larger_batch_than_identities(
    take, write_data_set, tmp_path, cache_bytes
):
    data = write_data_set(tmp_path / "data", [2, 5, 3])
    tuples = IdentityTuples.open(data, "train", 2, seed=0)
    images, _ = take(tuples.batches(16, cache_bytes=cache_bytes), 6)
    identities, chosen = numbers(images)
    assert set(identities.ravel()) == {0, 1, 2}
    assert (identities[..., 0] == identities[..., 1]).all()
    assert (chosen[..., 0] != chosen[..., 1]).all()


def swap_indices(first, second):
    first, second = records.index_path(first), records.index_path(second)
    os.rename(first, first + ".kept")
    os.rename(second, first)
    os.rename(first + ".kept", second)


def swap_shards_of_equal_counts(first, second):
    """Same counts, other identities: only the hashes tell."""
    # Positive hashes take as many bytes as one another, negative ones do not.
    positive = [n for n in "abcdefghijklmnop" if records.identity_hash(n) > 0]
    for path, names in ((first, positive[:3]), (second, positive[3:6])):
        with tf.io.TFRecordWriter(path) as writer:
            pixel = tf.io.encode_png(np.zeros([4, 4, 3], np.uint8)).numpy()
            for name in names:
                for j in range(2):
                    writer.write(records.example(pixel, name, str(j), {}))
        records.write_index(records.index_path(path), names, [2, 2, 2])
    swap_indices(first, second)


def cut_bytes(first, second):
    with open(first, "rb+") as file:
        file.truncate(os.path.getsize(first) - 20)


def rewrite(path, change):
    held = [x.numpy() for x in tf.data.TFRecordDataset(path)]
    with tf.io.TFRecordWriter(path) as writer:
        for record in change(held):
            writer.write(record)


def drop_last(first, second):
    rewrite(first, lambda held: held[:-1])


def drop_last_identity(first, second):
    with np.load(records.index_path(first)) as arrays:
        count = arrays["counts"][-1]
    rewrite(first, lambda held: held[:-count])


def drop_all(first, second):
    rewrite(first, lambda held: [])


def add_one(first, second):
    rewrite(first, lambda held: [*held, held[-1]])


@READERS
@pytest.mark.parametrize(
    "damage",
    [
        swap_indices,
        swap_shards_of_equal_counts,
        cut_bytes,
        drop_last,
        drop_last_identity,
        drop_all,
        add_one,
    ],
)
def test_shard_and_index_that_do_not_agree(
    take, write_data_set, tmp_path, cache_bytes, damage
):
    data = write_data_set(tmp_path / "data", SKEWED)
    damage(*data.shards("train"))
    with pytest.raises(
        (BadDataSet, tf.errors.OpError),
        match="The shards? .* Build the data set again|do not hold what",
    ):
        tuples = IdentityTuples.open(data, "train", 2, seed=0)
        # Two epochs and more.
        take(tuples.batches(4, cache_bytes=cache_bytes), 10)


def test_disagreement_in_memory_says_what_to_do(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", SKEWED)
    swap_shards_of_equal_counts(*data.shards("train"))
    tuples = IdentityTuples.open(data, "train", 2, seed=0)
    with pytest.raises(
        BadDataSet,
        match=r"shards do not hold what their index says.*Build the data set "
        r"again.*data_dir=.*split='train'",
    ):
        tuples.batches(4)


def test_cut_shard_is_named(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", SKEWED)
    cut_bytes(*data.shards("train"))
    with pytest.raises(BadDataSet, match="train-00000-of-00002.tfrecord` has"):
        IdentityTuples.open(data, "train", 2, seed=0)


def test_disagreement_when_streaming_says_what_to_do(
    take, write_data_set, tmp_path
):
    data = write_data_set(tmp_path / "data", SKEWED)
    swap_shards_of_equal_counts(*data.shards("train"))
    tuples = IdentityTuples.open(data, "train", 2, seed=0)
    with pytest.raises(
        (BadDataSet, tf.errors.OpError), match="Build the data set again"
    ):
        take(tuples.batches(4, cache_bytes=0), 10)


@READERS
def test_rows_number_the_identities_that_are_drawn(skewed, cache_bytes):
    """By names, of those with enough images, in both ways to read."""
    tuples = IdentityTuples.open(skewed, "train", 3, seed=1)
    names = tuples.names()
    assert len(names) == len(set(names)) == sum(n >= 3 for n in SKEWED)
    for batch in tuples.batches(8, cache_bytes=cache_bytes).take(10):
        for row, hashed in zip(batch["row"], batch["identity"], strict=True):
            assert records.identity_hash(names[row]) == hashed


def test_the_first_photograph_of_the_first_rows(skewed):
    tuples = IdentityTuples.open(skewed, "train", 3, seed=1)
    identities, images = numbers(tuples.photographs(5)[:, None])
    assert images.ravel().tolist() == [0] * 5
    owners = {}
    for batch in tuples.batches(8, cache_bytes=8e9).take(40):
        seen, _ = numbers(batch["images"].numpy())
        owners |= dict(zip(batch["row"].numpy(), seen[:, 0], strict=True))
    assert [owners[row] for row in range(5)] == identities.ravel().tolist()


def test_pairs_of_a_single_identity_are_warned_of(
    write_data_set, tmp_path, caplog
):
    data = write_data_set(tmp_path / "one", [5, 1, 1])
    IdentityTuples.open(data, "train", 2, seed=0)
    assert "has only one identity with k=2 images" in caplog.text
    caplog.clear()
    data = write_data_set(tmp_path / "two", [5, 2])
    IdentityTuples.open(data, "train", 2, seed=0)
    assert not caplog.text
