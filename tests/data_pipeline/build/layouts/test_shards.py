"""Which files are shards, and which split each is of."""

import pytest

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.shards import find_shards
from data_pipeline.build.listing import Notes
from data_pipeline.build.reading import Reading

HUGGING_FACE = (
    "data/train-00000-of-00002.parquet",
    "data/train-00001-of-00002.parquet",
    "data/validation-00000-of-00001.parquet",
    "data/test-00000-of-00001.parquet",
)


@pytest.fixture
def splits_of(tmp_path, touch):
    """`splits_of(*names, **how)`: the split by the name, and what is said."""

    def splits_of(*names, **how):
        touch(tmp_path / "in", *names)
        notes = Notes()
        found = find_shards(
            str(tmp_path / "in"), Reading(**how), notes, r"\.(?:parquet|tar)"
        )
        return {p.split("/in/")[1]: s for p, s in found}, notes.report(1)

    return splits_of


def test_names_of_hugging_face(splits_of):
    found, said = splits_of(*HUGGING_FACE, "README.md")
    splits = ["train", "train", "valid", "test"]
    assert found == dict(zip(HUGGING_FACE, splits, strict=True))
    assert said[0].startswith(
        "splits: `test` as test, `train` as train, `validation` as valid ("
    )
    assert any(".md 1" in line for line in said)


def test_told_otherwise(splits_of):
    found, said = splits_of(*HUGGING_FACE, folder_splits=False)
    assert set(found.values()) == {None} and not said


@pytest.mark.parametrize(
    "names",
    [
        # All of one: it is the whole collection.
        ("train-0.tar", "train-1.tar"),
        # One that names none: nobody meant the others so.
        ("train-0.tar", "test-0.tar", "more.tar"),
    ],
)
def test_names_that_fix_no_split(splits_of, names):
    found, said = splits_of(*names)
    assert set(found.values()) == {None} and not said


def test_folders_go_before_names(splits_of):
    found, _ = splits_of("train/test-0.tar", "test/train-0.tar")
    assert found == {"train/test-0.tar": "train", "test/train-0.tar": "test"}


def test_one_shard_is_a_collection(tmp_path, touch):
    touch(tmp_path, "train-0.tar", "x.zip")
    notes = Notes()
    path = str(tmp_path / "train-0.tar")
    assert list(find_shards(path, Reading(), notes, r"\.tar")) == [(path, None)]
    with pytest.raises(BadCollection, match="names end in"):
        list(find_shards(str(tmp_path / "y.zip"), Reading(), notes, r"\.tar"))
