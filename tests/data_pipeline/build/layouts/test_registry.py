"""Tests of what all layouts have in common."""

import os

import pytest

from data_pipeline.build.layouts import registry
from data_pipeline.build.listing import Notes


@pytest.mark.parametrize("layout", ["flat", "folders"])
def test_empty_folder_lists_nothing(listed, tmp_path, layout):
    assert listed(layout, tmp_path) == []


@pytest.mark.parametrize("name", ["lfw [1]", "what?", "a*b", "C++ (x)"])
def test_root_with_wildcard_characters(touch, listed, tmp_path, name):
    touch(tmp_path, f"{name}/Ada/1.png", f"{name}/Bob_2_1.png")
    # What the name would match if it were a pattern.
    touch(tmp_path, "lfw 1/Eve/1.png", "whatx/Eve/1.png", "axb/Eve/1.png")
    assert [p.identity for p in listed("folders", tmp_path / name)] == ["Ada"]
    assert [p.identity for p in listed("flat", tmp_path / name)] == ["Bob"]


def test_root_with_trailing_slash(touch, listed, tmp_path):
    touch(tmp_path, "Ada/1.png", "Bob_2_1.png")
    assert [p.identity for p in listed("folders", f"{tmp_path}/")] == ["Ada"]
    assert [p.identity for p in listed("flat", f"{tmp_path}/")] == ["Bob"]


@pytest.mark.parametrize("layout", ["folders", "pattern", "flat"])
def test_hidden_files_and_folders_never_count(touch, listed, tmp_path, layout):
    touch(tmp_path, "Ann/a_1_0.5.png", "a_1_0.5.png")
    how = {"pattern": r"(Ann/)?(?P<identity>a)_"} if layout == "pattern" else {}
    before = listed(layout, tmp_path, **how)
    touch(
        tmp_path,
        "Ann/._a_1_0.5.png",
        "._a_1_0.5.png",
        ".ipynb_checkpoints/a_1_0.5.png",
        "Ann/.ipynb_checkpoints/a_1_0.5.png",
        "__MACOSX/Ann/a_1_0.5.png",
        "Ann/@eaDir/a_1_0.5.png/SYNOPHOTO.jpg",
        ".Trash-1000/files/Ann/a_1_0.5.png",
        "$RECYCLE.BIN/x/0.png",
        "Thumbs.db",
    )
    notes = Notes()
    assert before and listed(layout, tmp_path, notes=notes, **how) == before
    assert not notes.kinds


def test_names_are_composed(touch, listed, tmp_path):
    touch(
        tmp_path / "in",
        "Jos\u00e9/0.png",
        "Jose\u0301/1.png",
        "A/\u0041\u030a.png",
    )
    found = listed("folders", tmp_path / "in")
    assert [(p.identity, p.observation) for p in found] == [
        ("A", "\u00c5"),
        ("Jos\u00e9", "1"),
        ("Jos\u00e9", "0"),
    ]


def test_suggestions(touch, tmp_path):
    def suggest(layout, *names):
        folder = tmp_path / str(len(os.listdir(tmp_path)))
        touch(folder, *names)
        return registry.suggest(str(folder), layout)

    assert "--layout=celeba" in suggest("folders", "identity_CelebA.txt")
    assert "--layout=folders" in suggest("flat", "Ann/0.png")
    assert "--layout=pattern" in suggest("folders", "Ann_0.png")
    assert "--layout=table --input=" in suggest("folders", "shop.csv", "0.png")
    text = suggest("folders", "a/x.parquet", "a/y.rec", "a/z.rec", "r.txt")
    assert "2 files .rec, 1 file .parquet, 1 file .txt. For .parquet " in text
    assert (
        "files, pass --layout=parquet. For .rec files, pass --layout=recordio."
        in text
    )
    assert "Unpack the archives" in suggest("folders", "a/x.7z")
