"""Tests of the layout `recordio`, and of the format."""

import os
import struct
from pathlib import Path

import pytest

from data_pipeline.build import places
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.listing import Notes

MAGIC = struct.pack("<I", 0xCED7230A)


def record(labels, picture, number=0):
    """As MXNet packs it: one label in the header, or several behind it."""
    flag = 0 if isinstance(labels, float) else len(labels)
    header = struct.pack("<IfQQ", flag, 0.0 if flag else labels, number, 0)
    if flag:
        header += struct.pack(f"<{flag}f", *labels)
    data = header + picture
    parts = data.split(MAGIC)
    kinds = [0] if len(parts) == 1 else [1, *[2] * (len(parts) - 2), 3]
    return b"".join(
        MAGIC
        + struct.pack("<I", kind << 29 | len(part))
        + part
        + b"\0" * (-len(part) % 4)
        for kind, part in zip(kinds, parts, strict=True)
    )


def test_faces_of_insightface(tmp_path, listed):
    """Record 0 says where the identities' records begin and end."""
    (tmp_path / "train.rec").write_bytes(
        record((4.0, 6.0), b"")
        + record(0.0, b"picture a", 1)
        + record((7.0, 1.5), b"picture b!", 2)
        + record(0.5, b"picture c", 3)
        + record((1.0, 3.0), b"", 4)
        + record((3.0, 4.0), b"", 5)
    )
    (tmp_path / "train.idx").write_text("0\t0\n")
    notes = Notes()
    found = listed("recordio", tmp_path, notes=notes)
    assert [(p.identity, p.observation) for p in found] == [
        ("0", "1"),
        ("7", "2"),
        ("0.5", "3"),
    ]
    assert [places.read(p.place) for p in found] == [
        b"picture a",
        b"picture b!",
        b"picture c",
    ]
    assert notes.report(3) == ["skipped: 3 records without picture"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_picture_that_holds_the_magic_number(tmp_path, listed, count):
    """MXNet cuts it there into parts."""
    picture = MAGIC.join([b"abc", b"defgh", b"", b"i"][: count + 1])
    path = tmp_path / "x.rec"
    path.write_bytes(record(3.0, picture) + record(4.0, b"next"))
    first, second = listed("recordio", path)
    assert places.read(first.place) == picture
    assert places.read(second.place) == b"next"


@pytest.mark.parametrize(
    "data",
    [b"no record at all", record(1.0, b"picture")[:-9], MAGIC],
    ids=["other", "cut", "head"],
)
def test_damage_is_named(tmp_path, listed, data):
    path = tmp_path / "x.rec"
    path.write_bytes(record(1.0, b"good") + data)
    with pytest.raises((BadCollection, OSError), match="record|cut"):
        for photograph in listed("recordio", path):
            places.read(photograph.place)


def test_other_files(tmp_path, listed):
    (tmp_path / "faces.csv").write_text("image")
    with pytest.raises(BadCollection, match="whose names end in"):
        listed("recordio", tmp_path / "faces.csv")
    assert listed("recordio", tmp_path) == []


@pytest.mark.parametrize("index", [True, False])
def test_real_file(tmp_path, listed, index):
    given = os.environ.get("SDGAN_TEST_DATA")
    if not given:
        pytest.skip("SDGAN_TEST_DATA names no folder.")
    folder = Path(given) / "formats/recordio_popkorn"
    (tmp_path / "train.rec").write_bytes((folder / "train.rec").read_bytes())
    if index:
        (tmp_path / "train.idx").write_text((folder / "train.idx").read_text())
    found = listed("recordio", tmp_path)
    assert [p.identity for p in found] == list("01110100")
    for photograph in found:
        data = places.read(photograph.place)
        assert data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9")
