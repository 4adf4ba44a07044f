"""Tests of the layout `webdataset`."""

import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from data_pipeline.build import places
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.reading import TableColumns


def write(path, files, mode="w"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_classes_and_fields(tmp_path, listed, mode):
    name = "a.tar" if mode == "w" else "a.tar.gz"
    write(
        tmp_path / "train" / name,
        {
            "x/0.jpg": b"picture 0",
            "x/0.cls": b"12\n",
            "x/1.JPG": b"picture 1",
            "x/1.json": json.dumps({"identity": "Ann", "age": 30}).encode(),
            "x/._1.jpg": b"of macOS",
            "2.png": b"picture 2",
        },
        mode,
    )
    columns = TableColumns(labels=("age",))
    found = listed("webdataset", tmp_path, columns)
    assert [(p.identity, p.observation, p.labels) for p in found] == [
        ("12", "x/0", ()),
        ("Ann", "x/1", (("age", "30"),)),
        ("", "2", ()),
    ]
    assert [p.split for p in found] == ["train"] * 3
    assert found[2].fault.startswith("no identity in the sample")
    assert [places.read(p.place) for p in found] == [
        b"picture 0",
        b"picture 1",
        b"picture 2",
    ]


def test_one_of_several_pictures(tmp_path, listed):
    path = tmp_path / "x.tar"
    write(path, {"0.a.png": b"a", "0.b.png": b"b", "0.txt": b"Bob"})
    with pytest.raises(BadCollection, match="'a.png', 'b.png'"):
        listed("webdataset", path)
    (photograph,) = listed("webdataset", path, TableColumns("b.png", "txt"))
    assert places.read(photograph.place) == b"b"
    assert photograph.identity == "Bob"


def test_bad_json_is_named(tmp_path, listed):
    write(tmp_path / "x.tar", {"0.jpg": b"a", "0.json": b"{"})
    with pytest.raises(BadCollection, match="0.json cannot be read"):
        listed("webdataset", tmp_path)


def test_real_files(listed):
    given = os.environ.get("SDGAN_TEST_DATA")
    if not given:
        pytest.skip("SDGAN_TEST_DATA names no folder.")
    folder = Path(given) / "formats/webdataset"
    found = listed("webdataset", folder / "kamildre_000000.tar")
    assert len(found) == 3
    for photograph in found:
        assert places.read(photograph.place).startswith(b"\x89PNG")
    # Their names alone tell these: a layout that reads folders takes them.
    pattern = r"(?P<identity>\d+)_(?P<observation>\d+)"
    found = listed("pattern", folder / "clip_image1.tar", pattern=pattern)
    assert [p.identity for p in found] == ["123", "208", "321", "389"]
    for photograph in found:
        assert places.read(photograph.place).startswith(b"\xff\xd8")
