"""Tests of the indices of shards."""

import os
import zlib

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records


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


def test_an_index_with_a_pickle_is_refused_and_not_loaded(
    write_data_set, tmp_path
):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "ran"), "w")

    data = write_data_set(tmp_path / "data", [2, 3, 4, 2, 5], num_shards=2)
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
