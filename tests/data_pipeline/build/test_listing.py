"""Tests of what counts as a picture of a collection."""

import collections
import os

import pytest
from PIL import Image

from data_pipeline.build import listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.listing import Notes


@pytest.mark.parametrize(
    "name",
    [
        "._x.jpg",
        ".DS_Store",
        ".ipynb_checkpoints",
        ".Trash-1000",
        "__MACOSX",
        "@eaDir",
        "$RECYCLE.BIN",
        "Thumbs.db",
        "desktop.ini",
        "System Volume Information",
    ],
)
def test_hidden_names(tmp_path, name):
    assert listing.is_hidden(name)
    (tmp_path / "seen").mkdir()
    (tmp_path / name).mkdir()
    assert listing.scan(str(tmp_path)) == ([], ["seen"])


def test_names_that_are_not_hidden():
    for name in ("a.jpg", "$5", "@anna", "_MACOSX", "x.Trash-1", "Thumbs"):
        assert not listing.is_hidden(name)


def test_a_picture_by_its_name_or_its_head(tmp_path):
    for name, kind in (
        ("jpg", "JPEG"),
        ("x.PNG", "PNG"),
        ("x.jfif", "JPEG"),
        ("x.jpe", "JPEG"),
        ("x.dat", "WEBP"),
        ("x.img", "GIF"),
        ("x.jpg_large", "JPEG"),
    ):
        Image.new("RGB", (8, 8)).save(tmp_path / name, kind)
        assert listing.is_picture(str(tmp_path), name), name
    (tmp_path / "README").write_text("JPEG")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "raw.nef").write_bytes(b"II*\0" + bytes(20))
    for name in ("README", "empty", "raw.nef", "gone"):
        assert not listing.is_picture(str(tmp_path), name), name


def test_what_is_passed_over_is_counted_by_kind(tmp_path):
    for name in ("a.heicx", "b.HEICX", "c.mp4", "README", "x.png"):
        (tmp_path / name).write_bytes(b"")
    notes = Notes()
    names, _ = listing.scan(str(tmp_path))
    assert listing.pictures_in(str(tmp_path), names, notes) == ["x.png"]
    assert notes.report(1) == [
        "skipped: 4 files: .heicx 2, .mp4 1, no ending 1"
    ]


def test_many_kinds_are_cut_short():
    kinds = collections.Counter({f".{n}": 1 for n in range(9)})
    assert listing.name_kinds(kinds).endswith(".7 1, ...")
    assert listing.count_files(collections.Counter({".a": 1})) == "1 file"


def test_folder_that_cannot_be_read(tmp_path, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(
        OSError, match=r"cannot be read: Permission denied\. Received: '.*/x'"
    ):
        listing.scan(str(tmp_path / "x"))


def test_name_that_is_not_utf8(tmp_path):
    os.makedirs(os.fsencode(tmp_path) + b"/caf\xe9")
    with pytest.raises(BadCollection, match="is not UTF-8"):
        listing.scan(str(tmp_path))


def test_links_that_lead_back_are_passed_over(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    os.symlink(tmp_path, tmp_path / "a/b/up")
    os.symlink(tmp_path / "a/b", tmp_path / "other")
    found = [parts for _, parts, _ in listing.walk(str(tmp_path))]
    assert found == [(), ("a",), ("a", "b"), ("other",)]


def test_names_that_are_much_alike_are_reported():
    notes = Notes()
    for name in ("Anna", "anna", "An na", "Bob", "Bob", "ﬁ", "fi"):
        notes.name(name)
    (line,) = notes.report(7)
    assert line.startswith(
        "WARNING: identities whose names differ only by case"
    )
    assert "'An na' and 'Anna' and 'anna'" in line
    assert r"'fi' and '\ufb01'" in line
    assert "Bob" not in line


def test_more_passed_over_than_taken_is_warned_of():
    notes = Notes()
    notes.passed_over["in the attic"] = 3
    assert notes.report(3) == ["skipped: 3 pictures in the attic"]
    assert notes.report(2)[1].startswith("WARNING: more pictures are skipped")


def test_a_pipe_is_not_waited_for(tmp_path):
    """To open one blocks until somebody writes."""
    (tmp_path / "a.png").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.png")
    os.symlink(tmp_path / "pipe.png", tmp_path / "link.png")
    os.symlink(tmp_path / "nothing.png", tmp_path / "dead.png")
    names, folders = listing.scan(str(tmp_path))
    assert (names, folders) == (["a.png", "dead.png"], [])
