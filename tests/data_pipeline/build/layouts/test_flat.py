"""Tests of the layout `flat`."""

import pytest

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph


def test_flat_without_split_folders(touch, listed, tmp_path):
    touch(tmp_path, "b_7_1.0.png", "a_2_0.82.png", "a_1_0.82.png")
    assert listed("flat", tmp_path) == [
        Photograph(str(tmp_path / "a_1_0.82.png"), "a", "1"),
        Photograph(str(tmp_path / "a_2_0.82.png"), "a", "2"),
        Photograph(str(tmp_path / "b_7_1.0.png"), "b", "7"),
    ]


def test_flat_with_split_folders(touch, listed, tmp_path):
    touch(
        tmp_path,
        "train/a_1_1.png",
        "valid/b_1_1.png",
        "test/c_1_1.png",
        "other/not a name.png",
    )
    assert listed("flat", tmp_path) == [
        Photograph(str(tmp_path / "train/a_1_1.png"), "a", "1", (), "train"),
        Photograph(str(tmp_path / "valid/b_1_1.png"), "b", "1", (), "valid"),
        Photograph(str(tmp_path / "test/c_1_1.png"), "c", "1", (), "test"),
    ]


def test_flat_splits_at_the_last_two_underscores(touch, listed, tmp_path):
    touch(tmp_path, "Zoë_van_Dijk_3_0.5.png")
    (photograph,) = listed("flat", tmp_path)
    assert photograph.identity == "Zoë_van_Dijk"
    assert photograph.observation == "3"


def test_flat_takes_pictures_only(touch, listed, tmp_path):
    touch(tmp_path, "a_1_1.PNG", "a_2_1.Jpeg", "readme.txt", "a_3_1.png.md5")
    assert [p.observation for p in listed("flat", tmp_path)] == ["1", "2"]


@pytest.mark.parametrize("name", ["a.png", "a_1.png", "_1_1.png"])
@pytest.mark.parametrize("folder", ["", "valid/"])
def test_flat_bad_name(touch, listed, tmp_path, folder, name):
    touch(tmp_path, folder + name)
    with pytest.raises(
        BadCollection,
        match=rf"`<IDENTITY>_<OBSERVATION>_<x>\.png`.*Received: .*/{name}",
    ):
        listed("flat", tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "Anna_Smith_0001.jpg",
        "Anna_Smith_2.jpg",
        "Anna_M_Smith.jpg",
        "Anna_1_12345.jpg",
    ],
)
def test_flat_wants_an_aspect_ratio(touch, listed, tmp_path, name):
    touch(tmp_path, name)
    with pytest.raises(
        BadCollection, match=r"--layout=pattern.*Received: .*/A"
    ):
        listed("flat", tmp_path)


def test_flat_counts_what_it_passes_over(touch, listed, tmp_path):
    touch(
        tmp_path,
        "a_1_0.5.png",
        "val/b_1_1.33.png",
        "other/c_1_1.0.png",
        "x.gifv",
    )
    notes = Notes()
    found = listed("flat", tmp_path, notes=notes)
    assert [p.split for p in found] == [None, "valid"]
    assert notes.report(2) == [
        "splits: `val` as valid (--nofolder_splits: by the hash of the "
        "identity)",
        "skipped: 1 file: .gifv 1",
        "skipped: 1 picture in folders that name no split",
    ]


def test_flat_in_one_folder(touch, listed, tmp_path):
    touch(tmp_path, "faces/a_1_1.png", "faces/Training/b_1_1.png", "doc/a.txt")
    found = listed("flat", tmp_path)
    assert [(p.identity, p.split) for p in found] == [
        ("a", None),
        ("b", "train"),
    ]
