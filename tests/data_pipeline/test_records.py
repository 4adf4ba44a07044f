import dataclasses
import json
import os
import re
import shutil
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import pictures, records
from data_pipeline.pairs import IdentityTuples


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        # The first 16 digits that `sha256sum` prints, as a signed integer.
        ("1", 7748076420210162913),
        ("Ada Lovelace", 8535449487673758096),
        ("Zoë/李", 6358858741278439632),
        ("", -2039914840885289964),
    ],
)
def test_identity_hash_is_the_start_of_sha256(identity, expected):
    assert records.identity_hash(identity) == expected


@pytest.mark.parametrize(
    ("hashed", "split"),
    [
        (0, "train"),
        (7, "train"),
        (8, "valid"),
        (9, "test"),
        (18, "valid"),
        (-1, "train"),  # 2**64 - 1 ends in 5.
        (-7, "test"),  # 2**64 - 7 ends in 9.
        (-8, "valid"),
    ],
)
def test_split_of_is_the_last_decimal(hashed, split):
    assert records.split_of(hashed) == split


def test_splits_are_80_10_10():
    n = 20_000
    splits = [
        records.split_of(records.identity_hash(f"person {i}")) for i in range(n)
    ]
    for split, share in (("train", 0.8), ("valid", 0.1), ("test", 0.1)):
        deviation = np.sqrt(n * share * (1 - share))
        assert abs(splits.count(split) - n * share) < 4 * deviation, split


def test_paths():
    path = records.shard_path("d", "valid", 3, 16)
    assert path == os.path.join("d", "valid-00003-of-00016.tfrecord")
    assert records.index_path(path) == os.path.join(
        "d", "valid-00003-of-00016.npz"
    )


def test_example_is_parsed_back():
    image = bytes(range(256))
    labels = {"b": 'größe, "1"', "a": ""}
    parsed = tf.io.parse_single_example(
        records.example(image, "Zoë/李", "séance 2", labels), records.FEATURES
    )
    assert set(parsed) == {
        "image",
        "identity",
        "identity_hash",
        "observation",
        "labels",
    }
    assert parsed["image"].numpy() == image
    assert parsed["identity"].numpy().decode() == "Zoë/李"
    assert parsed["identity_hash"].dtype == tf.int64
    assert parsed["identity_hash"].numpy() == 6358858741278439632
    assert parsed["observation"].numpy().decode() == "séance 2"
    assert json.loads(parsed["labels"].numpy()) == labels


def test_same_labels_in_another_order_are_the_same_record():
    a = records.example(b"x", "i", "o", {"a": "1", "b": "2"})
    assert a == records.example(b"x", "i", "o", {"b": "2", "a": "1"})


def up_filtered(png):
    """A file of `to_png` of equal length whose second row is filtered."""
    head = pictures.PNG_HEAD_BYTES
    rows = bytearray(png[head:-20])
    width = struct.unpack(">I", png[16:20])[0]
    rows[1 + 3 * width] = 2
    content = png[41:head] + rows + struct.pack(">I", zlib.adler32(rows))
    checksum = struct.pack(">I", zlib.crc32(b"IDAT" + content))
    return png[:41] + content + checksum + png[-12:]


def test_split_fractions_of_their_own():
    hashes = [records.identity_hash(f"person {i}") for i in range(3000)]
    usual = [records.split_of(h) for h in hashes]
    assert usual == [records.split_of(h, (0.8, 0.1, 0.1)) for h in hashes]
    for fractions in ((0.6, 0.2, 0.2), (0.75, 0.25, 0), (0, 0.5, 0.5)):
        splits = [records.split_of(h, fractions) for h in hashes]
        for split, part in zip(records.SPLITS, fractions, strict=True):
            assert abs(splits.count(split) / 3000 - part) < 0.03
    # What is trained on with fewer was trained on with more.
    fewer = [records.split_of(h, (0.5, 0.25, 0.25)) for h in hashes]
    assert all(
        big == "train"
        for big, small in zip(usual, fewer, strict=True)
        if small == "train"
    )


@pytest.mark.parametrize("side", [4, 32, 128])
@pytest.mark.parametrize("kind", ["stored", "compressed", "mixed", "filtered"])
def test_decode(rng, kind, side):
    """Rows are copied only where they lie in the PNG as they are."""
    pixels = rng.integers(0, 256, [3, side, side, 3], dtype=np.uint8)
    pngs = [pictures.to_png(Image.fromarray(x)) for x in pixels]
    assert all(png.startswith(pictures.png_head(side)) for png in pngs)
    if kind == "filtered":
        pngs[1] = up_filtered(pngs[1])
    for i in {"compressed": range(3), "mixed": [1]}.get(kind, []):
        pngs[i] = tf.io.encode_png(pixels[i]).numpy()
    names = ["a", "b", "a"]
    serialised = [
        records.example(png, name, "0", {})
        for png, name in zip(pngs, names, strict=True)
    ]
    images, hashes = records.decode(tf.constant(serialised), 3, side)
    expected = np.stack([tf.io.decode_png(png) for png in pngs])
    assert images.dtype == tf.uint8
    np.testing.assert_array_equal(images, expected)
    assert np.array_equal(expected, pixels) == (kind != "filtered")
    assert hashes.numpy().tolist() == list(map(records.identity_hash, names))


def test_index_says_where_the_records_lie(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [2, 3, 1], num_shards=1)
    (shard,) = data.shards("train")
    index = data.index(shard)
    with open(shard, "rb") as file:
        content = file.read()
    held = [x.numpy() for x in tf.data.TFRecordDataset(shard)]
    assert len(held) == len(index.lengths) == 6
    for record, start, length, checksum in zip(
        held, index.starts(), index.lengths, index.checksums, strict=True
    ):
        assert content[start : start + length] == record
        assert zlib.crc32(record) == checksum


def test_index_of_an_older_build_is_read(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [2, 3], num_shards=1)
    (shard,) = data.shards("train")
    path = records.index_path(shard)
    with np.load(path) as arrays:
        older = dict(arrays)
    del older["lengths"], older["checksums"]
    np.savez(path, **older)
    index = data.index(shard)
    assert index.lengths is None and index.checksums is None
    assert sorted(index.counts) == [2, 3]


def test_features_have_one_order():
    """A build gives the same bytes, and so the same id, in any process."""
    record = records.example(b"x", "i", "o", {"a": "1"})
    # "identity" is in "identity_hash" too: found with its length before it.
    order = sorted(
        records.FEATURES,
        key=lambda name: record.index(bytes([len(name)]) + name.encode()),
    )
    assert order == [
        "identity_hash",
        "identity",
        "image",
        "labels",
        "observation",
    ]


def test_index_roundtrip(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [4, 1, 7], num_shards=1)
    shard = data.shards("train")[0]
    names = ["Zoë/李", "Ada Lovelace", ""]
    records.write_index(records.index_path(shard), names, [4, 1, 7])
    index = data.index(shard)
    assert index.hashes.dtype == index.counts.dtype == np.int64
    assert index.hashes.tolist() == [
        6358858741278439632,
        8535449487673758096,
        -2039914840885289964,
    ]
    assert index.counts.tolist() == [4, 1, 7]
    with np.load(records.index_path(shard), allow_pickle=False) as arrays:
        assert [name.decode() for name in arrays["names"]] == names


def test_index_of_an_empty_shard(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [2])
    index = data.index(data.shards("valid")[0])
    assert index.hashes.shape == index.counts.shape == (0,)
    assert index.hashes.dtype == index.counts.dtype == np.int64


def test_open_gives_what_the_manifest_says(write_data_set, tmp_path):
    folder = tmp_path / "data"
    write_data_set(folder, [2], num_shards=3, image_size=8)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"label_names": ["age", "hat"], "build_id": "abc"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert records.DataSet.open(str(folder)) == records.DataSet(
        str(folder), 8, 3, "abc", ("age", "hat")
    )


def test_open_without_manifest_says_how_to_build(tmp_path):
    with pytest.raises(
        FileNotFoundError,
        match=r"No `manifest.json` in `data_dir`.*build_records.*Received: "
        r"data_dir=",
    ):
        records.DataSet.open(str(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"format_version": 1, "image_size": 64,',
        "[]",
        "null",
        "{}",
        '{"format_version": 1, "image_size": 64}',
    ],
)
def test_open_broken_manifest(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(
        ValueError, match=r"is not a manifest of format 1 .*Build the data set"
    ):
        records.DataSet.open(str(tmp_path))


def test_open_other_format_version(write_data_set, tmp_path):
    folder = tmp_path / "data"
    write_data_set(folder, [2])
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(
        json.dumps(manifest | {"format_version": 2})
    )
    with pytest.raises(ValueError, match=r"format 1 .*format version 2"):
        records.DataSet.open(str(folder))


def test_missing_shard_is_named(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [2, 3])
    assert len(data.shards("train")) == 2
    os.remove(data.shards("train")[1])
    with pytest.raises(
        FileNotFoundError, match=r"missing: .*train-00001-of-00002.tfrecord"
    ):
        data.shards("train")


def test_unknown_split(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [2])
    with pytest.raises(ValueError, match=r"`split` must be.*split='dev'"):
        data.shards("dev")


@pytest.fixture
def two_shards(write_data_set, tmp_path):
    return write_data_set(tmp_path / "data", [9, 5, 7])


def test_any_flipped_bit_of_a_shard_is_found_and_named(two_shards):
    data = two_shards
    assert data.damage() == []
    shard = max(data.shards("train"), key=os.path.getsize)
    with open(shard, "rb") as file:
        whole = file.read()
    rng = np.random.default_rng(0)
    for bit in rng.choice(8 * len(whole), 25, replace=False):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        with open(shard, "wb") as file:
            file.write(content)
        (found,) = data.damage()
        assert re.fullmatch(
            rf"{shard} \((corrupted|truncated) record at \d+\)", found
        )


@pytest.mark.parametrize("cut", [1, 20, 1000])
def test_a_cut_shard_is_found_and_named(two_shards, cut):
    data = two_shards
    shard = max(data.shards("train"), key=os.path.getsize)
    os.truncate(shard, os.path.getsize(shard) - cut)
    (found,) = data.damage()
    assert found.startswith(f"{shard} (truncated record at ")


def test_a_manifest_and_shards_of_different_builds(
    tmp_path, build, save_picture
):
    """Everything is alike but the pictures: counts and sizes agree."""
    for name, colour in (("one", "red"), ("two", "blue")):
        for n in range(2):
            save_picture(
                tmp_path / name / "a" / f"{n}.png", colour, (40, 40 + n)
            )
        build("folders", tmp_path / name, tmp_path / f"built_{name}")
    one, two = tmp_path / "built_one", tmp_path / "built_two"
    shutil.copy(one / records.MANIFEST, two / records.MANIFEST)
    data = records.DataSet.open(str(two))
    with pytest.raises(
        records.BadDataSet, match="manifest of .* and the shard .* different"
    ):
        for split in records.SPLITS:
            for shard in data.shards(split):
                data.index(shard)
    whole = records.DataSet.open(str(one))
    assert all(whole.index(s).content for s in whole.shards("train"))


@pytest.mark.parametrize("cache_bytes", [0, 8e9], ids=["streamed", "held"])
def test_a_shard_of_another_build_beside_its_own_index(
    write_data_set, tmp_path, cache_bytes
):
    """Only its pixels are others: all lengths and identities agree."""
    data = write_data_set(tmp_path / "data", [3] * 8)
    shard = data.shards("train")[0]
    whole = [
        tf.train.Example.FromString(record)
        for record in tf.data.TFRecordDataset(shard).as_numpy_iterator()
    ]
    with tf.io.TFRecordWriter(shard) as writer:
        for example in whole:
            (png,) = example.features.feature["image"].bytes_list.value
            darker = 255 - tf.io.decode_png(png)
            example.features.feature["image"].bytes_list.value[0] = (
                pictures.to_png(Image.fromarray(darker.numpy()))
            )
            writer.write(example.SerializeToString(deterministic=True))
    assert data.damage() == []
    tuples = IdentityTuples.open(data, "train", 2, 0)
    with pytest.raises(
        (records.BadDataSet, tf.errors.OpError),
        match="shards do not hold what their index says",
    ):
        list(tuples.batches(4, cache_bytes=cache_bytes).take(8))


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"lengths": np.array([5], np.int32)}, "lengths of shape"),
        ({"lengths": np.array([-1] * 4, np.int32)}, "impossible lengths"),
        ({"lengths": np.array(["a"] * 4)}, "lengths of type"),
        ({"checksums": np.array([1] * 4, np.float32)}, "checksums of type"),
        ({"checksums": np.array([1] * 5, np.uint32)}, "checksums of shape"),
    ],
)
def test_an_index_that_contradicts_itself(
    write_data_set, tmp_path, changes, reason
):
    data = write_data_set(tmp_path / "data", [4], num_shards=1)
    shard = data.shards("train")[0]
    path = records.index_path(shard)
    with np.load(path) as arrays:
        held = dict(arrays)
    np.savez(path, **(held | changes))
    with pytest.raises(records.BadDataSet, match=f"cannot be read.*{reason}"):
        data.index(shard)


def test_an_index_without_names(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [4], num_shards=1)
    shard = data.shards("train")[0]
    path = records.index_path(shard)
    with np.load(path) as arrays:
        held = dict(arrays)
    del held["names"]
    np.savez(path, **held)
    with pytest.raises(records.BadDataSet, match="cannot be read.*names"):
        data.names(shard)


@pytest.mark.parametrize("cache_bytes", [0, 8e9], ids=["streamed", "held"])
def test_a_manifest_of_another_size(write_data_set, tmp_path, cache_bytes):
    data = write_data_set(tmp_path / "data", [3] * 4, image_size=8)
    data = dataclasses.replace(data, image_size=16)
    tuples = IdentityTuples.open(data, "train", 2, 0)
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match="shards do not hold what the manifest says",
    ):
        list(tuples.batches(2, cache_bytes=cache_bytes).take(1))


def test_an_index_with_a_pickle_is_refused_and_not_loaded(two_shards, tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    data = two_shards
    shard = data.shards("train")[0]
    np.savez(
        records.index_path(shard),
        hashes=np.array([Evil()], object),
        counts=np.array([1]),
        shard_bytes=np.int64(os.path.getsize(shard)),
    )
    with pytest.raises(records.BadDataSet, match="allow_pickle=False"):
        data.index(shard)
    assert not (tmp_path / "ran").exists()
