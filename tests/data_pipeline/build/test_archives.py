"""Tests of archives that are read as folders."""

import io
import tarfile
import zipfile

import pytest

from data_pipeline.build import archives, collection_files, listing, places
from data_pipeline.build.errors import BadCollection

MEMBERS = {
    "lfw/Ann/0.jpg": b"a" * 100,
    "lfw/Ann/1.jpg": b"b",
    "lfw/Bob/0.jpg": b"c",
    "../outside.jpg": b"d",
    "/rooted.jpg": b"e",
    "lfw/.hidden/0.jpg": b"f",
}


def write(path):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for n, (name, data) in enumerate(MEMBERS.items()):
                kind = zipfile.ZIP_DEFLATED if n % 2 else zipfile.ZIP_STORED
                archive.writestr(name, data, kind)
        return
    packed = {".tgz": "gz", ".bz2": "bz2", ".tb2": "bz2", ".xz": "xz"}
    with tarfile.open(path, "w:" + packed.get(path.suffix, "")) as archive:
        for name, data in MEMBERS.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


KINDS = pytest.mark.parametrize(
    "name", ["x.zip", "x.tar", "x.tgz", "X.TAR.bz2", "x.tb2", "x.tar.xz"]
)


@KINDS
def test_archives_are_folders(tmp_path, name):
    path = tmp_path / name
    write(path)
    walked = {parts: names for _, parts, names in listing.walk(str(path))}
    assert walked == {
        (): ["rooted.jpg"],
        ("lfw",): [],
        ("lfw", "Ann"): ["0.jpg", "1.jpg"],
        ("lfw", "Bob"): ["0.jpg"],
    }
    for member in ("lfw/Ann/0.jpg", "lfw/Ann/1.jpg", "lfw/Bob/0.jpg"):
        place = archives.place_of(f"{path}/{member}")
        assert places.read(place) == MEMBERS[member]
        assert places.is_stream(place) == (name not in ("x.zip", "x.tar"))


@KINDS
def test_collections_in_archives(tmp_path, name):
    path = tmp_path / name
    write(path)
    assert collection_files.is_folder(str(path)) and collection_files.exists(
        f"{path}/lfw/Ann"
    )
    assert collection_files.is_folder(f"{path}/lfw")
    assert not collection_files.is_folder(f"{path}/lfw/Ann/0.jpg")
    assert not collection_files.exists(f"{path}/lfw/Cid")
    joined = collection_files.join(str(path), "lfw", "Ann", "1.jpg")
    with collection_files.open_bytes(joined) as file:
        assert file.read() == b"b"


def test_a_folder_of_an_archive_s_name(tmp_path):
    (tmp_path / "x.zip").mkdir()
    (tmp_path / "x.zip/0.jpg").write_bytes(b"a")
    assert archives.split(str(tmp_path / "x.zip/0.jpg")) is None
    assert listing.scan(str(tmp_path / "x.zip")) == (["0.jpg"], [])


@KINDS
def test_damaged_archives(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"no archive")
    with pytest.raises(BadCollection, match="cannot be read"):
        archives.read(str(path))


def test_a_short_file_is_no_zip(tmp_path):
    path = tmp_path / "login.zip"
    path.write_bytes(b"<html>")
    with pytest.raises(BadCollection, match="File is not a zip file"):
        archives.read(str(path))


def test_encrypted_archive(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0.jpg", b"a")
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(BadCollection, match="is encrypted"):
        archives.read(str(path))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("x.tar", "x.tar.gz"),  # A browser has decompressed it.
        ("x.tgz", "x.tar"),
        ("x.tar.xz", "x.tgz"),
        ("x.zip", "x.tar"),
        ("x.tar", "x.zip"),
    ],
)
def test_the_ending_decides_nothing(tmp_path, kind, name):
    write(tmp_path / kind)
    path = (tmp_path / kind).rename(tmp_path / ("named_" + name))
    place = archives.place_of(f"{path}/lfw/Ann/1.jpg")
    assert places.read(place) == b"b"


def test_a_zip_that_unpacks_itself(tmp_path):
    write(tmp_path / "x.zip")
    path = tmp_path / "y.zip"
    path.write_bytes(b"MZ" + bytes(600) + (tmp_path / "x.zip").read_bytes())
    for member in ("lfw/Ann/0.jpg", "lfw/Ann/1.jpg"):
        place = archives.place_of(f"{path}/{member}")
        assert places.read(place) == MEMBERS[member]


def test_a_zip_of_a_method_that_is_not_read(tmp_path):
    path = tmp_path / "x.zip"
    write(path)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = 9
    path.write_bytes(data)
    with pytest.raises(BadCollection, match="compressed with deflate64.*Ann/0"):
        archives.read(str(path))


def test_zstd(tmp_path):
    path = tmp_path / "x.tar"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(600))
    with pytest.raises(BadCollection, match=r"by zstd: .*\(zstd -d\)"):
        archives.read(str(path))


def test_names_that_macos_writes(tmp_path):
    """They are UTF-8, and no flag says so; Windows' are of code page 437."""
    path = tmp_path / "x.zip"
    for raw, name in (
        ("Jose\u0301/0.jpg".encode(), "Jose\u0301/0.jpg"),
        ("José/0.jpg".encode("cp437"), "José/0.jpg"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x" * len(raw), b"a")
        data = path.read_bytes().replace(b"x" * len(raw), raw)
        path.write_bytes(data)
        archives.read.cache_clear()
        assert list(archives.read(str(path)).places) == [name]
