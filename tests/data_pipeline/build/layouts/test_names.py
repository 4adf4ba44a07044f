"""Names that collections give to their parts."""

import pytest

from data_pipeline.build.layouts.names import split_of_shard


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train-00000-of-00002.parquet", "train"),
        ("validation-00000-of-00001-3f2b9c.parquet", "valid"),
        ("test.parquet", "test"),
        ("imagenet-val-000007.tar", "valid"),
        ("faces_train_07.tar.gz", "train"),
        ("train00.tar", "train"),
        ("my_faces-test.tfrecord-00000-of-00004", "test"),
        ("VALID_1.rec", "valid"),
        ("contest-00001.tar", None),
        ("trainers-00000-of-00002.parquet", None),
        ("0000.parquet", None),
        ("latest.rec", None),
    ],
)
def test_split_of_shard(name, split):
    assert split_of_shard(name) == split
