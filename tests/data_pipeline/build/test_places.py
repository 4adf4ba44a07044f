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


def test_member_that_is_damaged_or_of_another_method(tmp_path):
    path = tmp_path / "x.zip"
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("0", bytes(range(256)) * 9)
        (member,) = zipfile.ZipFile(path).infolist()
        place = (str(path), "zip", 0, member.compress_size)
        if method == zipfile.ZIP_LZMA:
            with pytest.raises(OSError, match="method 14"):
                places.read(place)
            continue
        assert places.read(place) == bytes(range(256)) * 9
        with pytest.raises(OSError, match="cut"):
            places.read((*place[:3], member.compress_size - 9))


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "MAX_BYTES", 1000)
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", bytes(2000))
    (member,) = zipfile.ZipFile(path).infolist()
    with pytest.raises(OSError, match="too large"):
        places.read((str(path), "zip", 0, member.compress_size))
    with pytest.raises(OSError, match="2000 bytes"):
        places.read((str(path), "bytes", 0, 2000))


def test_what_is_dear():
    assert not places.is_dear(None) and not places.is_stream(None)
    assert not places.is_dear(("x", "bytes", 0, 1))
    assert places.is_dear(("x", "column image", 0, 1))
    assert places.is_dear(("x", "stream", 0, 1))
