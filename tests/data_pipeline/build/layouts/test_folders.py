"""Tests of the layout `folders`."""

from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph


def test_folders(touch, listed, tmp_path):
    touch(
        tmp_path,
        "Zoë van Dijk/002.jpg",
        "Ada/10.png",
        "Ada/9.webp",
        "Ada/notes.txt",
        "Ada/deeper/1.png",
        "loose.png",
    )
    assert listed("folders", tmp_path) == [
        Photograph(str(tmp_path / "Ada/10.png"), "Ada", "10"),
        Photograph(str(tmp_path / "Ada/9.webp"), "Ada", "9"),
        Photograph(
            str(tmp_path / "Zoë van Dijk/002.jpg"), "Zoë van Dijk", "002"
        ),
    ]


def test_folders_of_splits(touch, listed, shown, tmp_path):
    touch(
        tmp_path / "in",
        "train/Ann/0.png",
        "train/cover.png",
        "Val/Bob/0.png",
        "test/people/Cid/0.png",
        "Dan/0.png",
    )
    notes = Notes()
    assert shown(listed("folders", tmp_path / "in", notes=notes)) == [
        ("Dan/0.png", "Dan", "0", None),
        ("Val/Bob/0.png", "Bob", "0", "valid"),
        ("test/people/Cid/0.png", "Cid", "0", "test"),
        ("train/Ann/0.png", "Ann", "0", "train"),
    ]
    said, line = notes.report(4)
    assert said == (
        "splits: `Val` as valid, `test` as test, `train` as train "
        "(--nofolder_splits: by the hash of the identity)"
    )
    assert line.startswith("skipped: 1 picture directly in folders of spl")


def test_folders_of_splits_that_are_none(touch, listed, shown, tmp_path):
    touch(
        tmp_path / "in",
        "train/Ann/0.png",
        "train/cover.png",
        "val/Ann/1.png",
        "test/0.png",
    )
    found = listed("folders", tmp_path / "in", folder_splits=False)
    assert shown(found) == [
        ("test/0.png", "test", "0", None),
        ("train/Ann/0.png", "Ann", "0", None),
        ("val/Ann/1.png", "Ann", "1", None),
    ]


def test_folders_of_splits_in_one_folder(touch, listed, shown, tmp_path):
    touch(
        tmp_path / "in",
        "faces/v2/training_set/Ann/0.png",
        "faces/v2/eval/Bob/0.png",
        "faces/notes/readme.txt",
    )
    notes = Notes()
    assert shown(listed("folders", tmp_path / "in", notes=notes)) == [
        ("faces/v2/eval/Bob/0.png", "Bob", "0", "test"),
        ("faces/v2/training_set/Ann/0.png", "Ann", "0", "train"),
    ]
    assert notes.splits == {"training_set": "train", "eval": "test"}
    found = listed("folders", tmp_path / "in", identity_depth=3)
    assert [p.identity for p in found] == ["Bob", "Ann"]
    notes = Notes()
    found = listed("folders", tmp_path / "in", notes=notes, folder_splits=False)
    assert {p.split for p in found} == {None} and not notes.splits


def test_people_whose_names_may_be_splits(touch, listed, shown, tmp_path):
    touch(tmp_path / "in", "Ann/0.png", "Dev/0.png")
    assert shown(listed("folders", tmp_path / "in")) == [
        ("Ann/0.png", "Ann", "0", None),
        ("Dev/0.png", "Dev", "0", None),
    ]


def test_folders_of_one_name_in_different_folders_are_two(
    touch, listed, shown, tmp_path
):
    touch(
        tmp_path / "in",
        "shoes/red/0.png",
        "shoes/high/0.png",
        "hats/red/0.png",
        "train/red/0.png",
    )
    assert shown(listed("folders", tmp_path / "in")) == [
        ("hats/red/0.png", "hats/red", "0", None),
        ("shoes/high/0.png", "high", "0", None),
        ("shoes/red/0.png", "shoes/red", "0", None),
        ("train/red/0.png", "red", "0", "train"),
    ]


def test_folders_below_an_identity_are_counted(touch, listed, tmp_path):
    touch(tmp_path / "in", "Ann/0.png", "Ann/red/1.png", "Ann/red/dark/2.png")
    notes = Notes()
    (photograph,) = listed("folders", tmp_path / "in", notes=notes)
    assert photograph.observation == "0"
    assert notes.report(9) == [
        "skipped: 2 pictures in folders below an identity's folder "
        "(--identity_depth=1 takes them)"
    ]


def test_identity_depth(touch, listed, shown, tmp_path):
    touch(
        tmp_path / "in",
        "shoes/cover.png",
        "shoes/nike/0.png",
        "shoes/nike/red/1.png",
        "test/hats/fez/2.png",
    )
    notes = Notes()
    found = listed("folders", tmp_path / "in", notes=notes, identity_depth=2)
    assert shown(found) == [
        ("shoes/nike/0.png", "nike", "0", None),
        ("shoes/nike/red/1.png", "nike", "red/1", None),
        ("test/hats/fez/2.png", "fez", "2", "test"),
    ]
    assert notes.report(9)[1:] == [
        "skipped: 1 picture in folders above those of --identity_depth=2"
    ]
    found = listed("folders", tmp_path / "in", identity_depth=1)
    assert [p.identity for p in found] == ["shoes"] * 3 + ["hats"]
