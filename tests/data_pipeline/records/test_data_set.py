"""Tests of the manifest and of damaged data sets."""

import dataclasses
import json
import os
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import records
from data_pipeline.records import pictures
from data_pipeline.tuples.identity_tuples import IdentityTuples


def test_paths():
    path = records.shard_path("d", "valid", 3, 16)
    assert path == os.path.join("d", "valid-00003-of-00016.tfrecord")
    assert records.index_path(path) == os.path.join(
        "d", "valid-00003-of-00016.npz"
    )


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
