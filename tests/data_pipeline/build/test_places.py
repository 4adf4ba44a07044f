"""Tests of pictures within other files."""

import zipfile

import pytest

from data_pipeline.build import places


def test_bytes_of_a_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    assert places.read((str(path), "bytes", 3, 4)) == b"3456"
    with pytest.raises(OSError, match="is truncated"):
        places.read((str(path), "bytes", 8, 4))


@pytest.mark.parametrize("how", ["bytes", "zip", "record", "column image"])
def test_file_that_is_gone(how):
    with pytest.raises(OSError):
        places.read(("gone", how, 0, 1))


METHODS = [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def write_zip(path, method, data):
    """Two members: the place of the second, and where it lies."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("first", b"another")
        archive.writestr("0", data)
    _, member = zipfile.ZipFile(path).infolist()
    offset = member.header_offset
    return (str(path), "zip", offset, member.compress_size), offset


@pytest.mark.parametrize("method", METHODS)
def test_member_that_is_damaged(tmp_path, method):
    data = bytes(range(256)) * 9
    place, offset = write_zip(tmp_path / "x.zip", method, data)
    assert places.read(place) == data
    damaged = bytearray((tmp_path / "x.zip").read_bytes())
    damaged[offset + 35 : offset + 75] = b"\xff" * 40
    (tmp_path / "y.zip").write_bytes(damaged)
    with pytest.raises(OSError, match="it is damaged: "):
        places.read((str(tmp_path / "y.zip"), *place[1:]))


def test_member_that_is_cut(tmp_path):
    place, _ = write_zip(tmp_path / "x.zip", METHODS[0], bytes(range(99)))
    *place, size = place
    with pytest.raises(OSError, match="cut"):
        places.read((*place, size - 9))


@pytest.mark.parametrize("method", METHODS)
def test_a_bomb_is_refused(tmp_path, monkeypatch, method):
    monkeypatch.setattr(places, "MAX_BYTES", 1000)
    path = tmp_path / "x.zip"
    place, _ = write_zip(path, method, bytes(2000))
    with pytest.raises(OSError, match="too large"):
        places.read(place)
    with pytest.raises(OSError, match="2000 bytes"):
        places.read((str(path), "bytes", 0, 2000))


def test_what_is_dear():
    assert not places.is_dear(None) and not places.is_stream(None)
    assert not places.is_dear(("x", "bytes", 0, 1))
    assert places.is_dear(("x", "column image", 0, 1))
    assert places.is_dear(("x", "stream", 0, 1))
