"""Names that collections give to their parts."""

import pytest

from data_pipeline.build.layouts.names import (
    split_folders,
    split_of,
    word_of_shard,
)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train-00000-of-00002.parquet", "train"),
        ("validation-00000-of-00001-3f2b9c.parquet", "valid"),
        ("test.parquet", "test"),
        ("imagenet-val-000007.tar", "valid"),
        ("faces_train_07.tar.gz", "train"),
        ("faces_training_07.tar.gz", "train"),
        ("train00.tar", "train"),
        ("dev-0001.tar", "valid"),
        ("my_faces-test.tfrecord-00000-of-00004", "test"),
        ("VALID_1.rec", "valid"),
        ("contest-00001.tar", None),
        ("trainers-00000-of-00002.parquet", None),
        ("0000.parquet", None),
        ("latest.rec", None),
    ],
)
def test_split_of_shard(name, split):
    assert split_of(word_of_shard(name) or "") == split


@pytest.mark.parametrize(
    "splits",
    [
        {"Train": "train", "VAL": "valid", "Test": "test", "Ann": None},
        {"training": "train", "validation": "valid", "testing": "test"},
        {"training_set": "train", "Test set": "test", "valset": "valid"},
        {"train": "train", "dev": "valid", "test": "test"},
        {"train": "train", "Dev": "valid", "Eval": "test"},
        # With a test set, what is evaluated on in between is another.
        {"train": "train", "eval": "valid", "test": "test"},
        {"train": "train", "val": "valid", "evaluation": "test"},
        {"train": "train", "eval": "test"},
        # A person's name, where nothing else is a split.
        {"Ann": None, "Dev": None},
        {"test": "test", "dev": None},
        {"trainer": None, "contest": None, "reset": None, "set": None},
    ],
)
def test_split_folders(splits):
    assert split_folders(splits) == {n: s for n, s in splits.items() if s}
