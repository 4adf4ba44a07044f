import collections
import itertools
import logging
import os

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import pairs, records
from data_pipeline.pairs import BadDataSet, IdentityTuples

# How the tuples are read: `cache_bytes`.
READERS = pytest.mark.parametrize(
    "cache_bytes", [8e9, 0], ids=["memory", "streaming"]
)
SKEWED = [2, 40, 3, 5, 2, 30, 2, 7, 4, 2, 11, 2, 25, 6, 2, 3]


@pytest.fixture(scope="module")
def skewed(write_data_set, tmp_path_factory):
    """16 identities of 2 to 40 images in 3 shards."""
    folder = tmp_path_factory.mktemp("skewed") / "data"
    return write_data_set(folder, SKEWED, num_shards=3)


@pytest.fixture(scope="module")
def fours(write_data_set, tmp_path_factory):
    """8 identities of 4 images."""
    return write_data_set(tmp_path_factory.mktemp("fours") / "data", [4] * 8)


def take(dataset, n):
    """Images and identities of n elements, stacked."""
    elements = list(dataset.take(n).as_numpy_iterator())
    assert len(elements) == n
    return (
        np.stack([element["images"] for element in elements]),
        np.stack([element["identity"] for element in elements]),
    )


def numbers(images):
    """(identity, image) `[..., k]` of images `[..., k, h, w, c]`."""
    pixels = images[..., 0, 0, :]
    np.testing.assert_array_equal(
        images, np.broadcast_to(pixels[..., None, None, :], images.shape)
    )
    pixels = pixels.astype(int)
    return pixels[..., 0] + 256 * pixels[..., 2], pixels[..., 1]


def chi_square(counts, outcomes):
    """Against a uniform law over that many outcomes."""
    assert len(counts) <= outcomes
    total = sum(counts.values())
    expected = total / outcomes
    squares = sum((n - expected) ** 2 for n in counts.values())
    return (squares + (outcomes - len(counts)) * expected**2) / expected


def assert_same(a, b):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


def differ(a, b):
    return not np.array_equal(a[0], b[0])


@READERS
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_tuples_hold_k_distinct_images_of_one_identity(skewed, k, cache_bytes):
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


def test_identities_are_uniform_in_memory(skewed):
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    _, hashes = take(tuples.batches(400), 20)
    # 15 degrees of freedom: 55 is exceeded with probability 2e-6. By images
    # instead of identities it would be 9,000.
    assert chi_square(collections.Counter(hashes.ravel()), 16) < 55


@pytest.mark.parametrize(
    ("batch_size", "shuffled"), [(4, 4096), (5, 3), (48, 4096)]
)
def test_streaming_epochs_have_each_identity_once(
    skewed, batch_size, shuffled, monkeypatch
):
    monkeypatch.setattr(pairs, "MIXED_TUPLES", shuffled)
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    n = 5 * 16 // batch_size + 1
    _, hashes = take(tuples.batches(batch_size, cache_bytes=0), n)
    epochs = hashes.ravel()[: 5 * 16].reshape(5, 16)
    for epoch in epochs:
        assert len(set(epoch)) == 16


def test_streaming_epochs_have_new_orders(write_data_set, tmp_path):
    """Also with one shard, where the order of the shards mixes nothing."""
    data = write_data_set(tmp_path / "data", [2] * 12, num_shards=1)
    tuples = IdentityTuples.open(data, "train", 2, seed=3)
    _, hashes = take(tuples.batches(12, cache_bytes=0), 20)
    assert len({tuple(epoch) for epoch in hashes}) == 20
    # Whoever is first is drawn anew too; 20 draws of 12 give about 10.
    assert len(set(hashes[:, 0])) > 4


def test_streaming_orders_do_not_depend_on_the_shards_alone(skewed):
    """3 shards have 6 orders; the epochs have many more."""
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    _, hashes = take(tuples.batches(16, cache_bytes=0), 20)
    assert len({tuple(epoch) for epoch in hashes}) == 20


def test_streaming_mixes_the_shards(skewed):
    """The first half of an epoch comes from every shard."""
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    _, hashes = take(tuples.batches(8, cache_bytes=0), 1)
    shards = {records.shard_of(int(h), 3) for h in hashes[0]}
    assert shards == {0, 1, 2}


@READERS
def test_images_and_their_order_are_uniform(fours, cache_bytes):
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


def test_draw_distinct_is_uniform_over_ordered_choices():
    draws = pairs.draw_distinct(
        tf.constant([1, 2], tf.int64),
        tf.fill([24_000], tf.constant(4, tf.int64)),
        3,
    )
    assert draws.shape == (24_000, 3) and draws.dtype == tf.int64
    counts = collections.Counter(map(tuple, draws.numpy().tolist()))
    assert set(counts) == set(itertools.permutations(range(4), 3))
    # 23 degrees of freedom: 70 is exceeded with probability 1e-6.
    assert chi_square(counts, 24) < 70


@pytest.mark.parametrize("k", [1, 2, 5])
def test_draw_distinct_stays_below_each_count(k):
    counts = np.arange(k, k + 1000)
    key = tf.constant([1, 2], tf.int64)
    draws = pairs.draw_distinct(key, tf.constant(counts), k).numpy()
    assert (draws >= 0).all() and (draws < counts[:, None]).all()
    assert all(len(set(draw)) == k for draw in draws)
    assert sorted(draws[0]) == list(range(k))
    # Large counts are used to their end.
    assert (draws / counts[:, None]).max() > 0.99


def test_draw_distinct_of_one_key_is_one_draw():
    counts = tf.fill([50], tf.constant(9, tf.int64))
    one, same, other = (
        pairs.draw_distinct(tf.constant(key, tf.int64), counts, 2).numpy()
        for key in ([1, 2], [1, 2], [1, 3])
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_used_records_are_k_of_each_identity_with_k(rng):
    counts = np.array([3, 1, 2, 7, 0, 4])
    for k in (1, 2, 3):
        used = pairs.used_records(rng, counts, k)
        assert used.shape == (17,) and used.dtype == bool
        parts = np.split(used, np.cumsum(counts)[:-1])
        assert [part.sum() for part in parts] == [
            k if count >= k else 0 for count in counts
        ]


def test_used_records_are_uniform(rng):
    counts = np.array([2, 4, 1])
    used = [pairs.used_records(rng, counts, 2) for _ in range(3000)]
    chosen = collections.Counter(tuple(np.flatnonzero(u[2:6])) for u in used)
    # 5 degrees of freedom: 36 is exceeded with probability 1e-6.
    assert chi_square(chosen, 6) < 36


def test_used_records_of_an_empty_shard(rng):
    empty = np.array([], np.int64)
    assert pairs.used_records(rng, empty, 2).shape == (0,)


# 16 identities: batches of 6 pass an epoch's end within a batch. A draw block
# of 20 tuples holds 3 such batches.
@READERS
@pytest.mark.parametrize("start", [1, 7, 26])
def test_start_batch_is_as_skipped(skewed, cache_bytes, start, monkeypatch):
    monkeypatch.setattr(pairs, "DRAWS_AT_ONCE", 20)
    tuples = IdentityTuples.open(skewed, "train", 2, seed=7)
    whole = take(tuples.batches(6, 0, cache_bytes), start + 5)
    resumed = take(tuples.batches(6, start, cache_bytes), 5)
    assert_same(resumed, [x[start:] for x in whole])
    assert differ([x[:5] for x in whole], resumed)


def test_start_batch_beyond_a_whole_draw_block(skewed):
    tuples = IdentityTuples.open(skewed, "train", 2, seed=7)
    assert pairs.DRAWS_AT_ONCE == 4096
    whole = take(tuples.batches(1024), 7)
    assert_same(take(tuples.batches(1024, 3), 4), [x[3:] for x in whole])
    assert len(np.unique(whole[1], axis=0)) == 7, "Blocks are alike."


@READERS
def test_far_start_is_fast(fours, cache_bytes):
    """To resume at step 10 million must not read 10 million batches."""
    tuples = IdentityTuples.open(fours, "train", 2, seed=7)
    batches = tuples.batches(4, 10_000_001, cache_bytes)
    images, _ = take(batches, 2)
    assert images.shape[0] == 2


@READERS
def test_seeds(skewed, cache_bytes):
    def tuples(seed):
        opened = IdentityTuples.open(skewed, "train", 2, seed)
        return take(opened.batches(8, cache_bytes=cache_bytes), 6)

    one = tuples(1)
    assert_same(one, tuples(1))
    assert differ(one, tuples(2))


@READERS
def test_iterated_again_is_the_same(skewed, cache_bytes):
    batches = IdentityTuples.open(skewed, "train", 2, 1).batches(
        8, cache_bytes=cache_bytes
    )
    assert_same(take(batches, 6), take(batches, 6))


@READERS
def test_global_seed_changes_nothing(skewed, cache_bytes):
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
def test_shares_are_the_parts_of_the_global_batch(skewed, cache_bytes):
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
        tuples.batches(7, cache_bytes=cache_bytes, num_shares=2)


def test_identities_with_fewer_images_are_left_out(skewed, caplog):
    with caplog.at_level(logging.WARNING):
        tuples = IdentityTuples.open(skewed, "train", 5, seed=0)
    assert tuples.num_identities == 7 and tuples.num_left_out == 9
    assert "9 identities of the split `train` have fewer than k=5" in (
        caplog.text
    )
    assert "7 stay" in caplog.text


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
def test_larger_batch_than_identities(write_data_set, tmp_path, cache_bytes):
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
    write_data_set, tmp_path, cache_bytes, damage
):
    data = write_data_set(tmp_path / "data", SKEWED)
    damage(*data.shards("train"))
    with pytest.raises((BadDataSet, tf.errors.OpError)):
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


def test_disagreement_when_streaming_says_what_to_do(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", SKEWED)
    swap_shards_of_equal_counts(*data.shards("train"))
    tuples = IdentityTuples.open(data, "train", 2, seed=0)
    with pytest.raises(
        (BadDataSet, tf.errors.OpError), match="Build the data set again"
    ):
        take(tuples.batches(4, cache_bytes=0), 10)
