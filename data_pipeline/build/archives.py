"""Zip and tar files as folders: what lies in them, and where in the file.

Nothing is unpacked. A path such as `faces.zip/Ada/0.jpg` names a member.
"""

import contextlib
import dataclasses
import functools
import lzma
import posixpath
import re
import tarfile
import zipfile
from collections.abc import Iterator

import tensorflow as tf

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.photograph import Place
from data_pipeline.build.places import (
    decompressed,
    decompressor,
    read_head,
)

# The names of what is read as a folder; how, its first bytes say.
ENDINGS = (
    ".zip",
    ".tar",
    *(".tar.gz", ".tgz"),
    *(".tar.bz2", ".tbz2", ".tbz", ".tb2"),
    *(".tar.xz", ".txz", ".tar.lzma", ".tlz"),
)
ZIP_HEADS = (b"PK\3\4", b"PK\5\6")
ZSTD_HEAD = b"\x28\xb5\x2f\xfd"
TAR_MARK = slice(257, 262), b"ustar"  # Older tars lack it.
ZIP_METHODS = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
)
UTF_8_NAME = 0x800  # The flag of a member of a zip.
_MEMBER = re.compile(
    rf"(.*?(?:{'|'.join(map(re.escape, ENDINGS))}))(?:/(.*))?",
    re.IGNORECASE | re.DOTALL,
)
SMALLEST_ZIP = 22  # Bytes, of one without members.
HELD = 4  # Archives whose contents a process remembers.


@dataclasses.dataclass(frozen=True)
class Archive:
    """The contents of an archive.

    Attributes:
        places: Where each member lies, by its path, in the archive's order.
        folders: The names of the files and of the folders in each folder.
    """

    places: dict[str, Place]
    folders: dict[str, tuple[list[str], list[str]]]


def split(path: str) -> tuple[str, str] | None:
    """(archive, path in it) of an archive or its member; else None."""
    match = _MEMBER.fullmatch(path)
    if not match or not _is_file(match.group(1)):
        return None
    return match.group(1), (match.group(2) or "").strip("/")


@functools.lru_cache(maxsize=1024)
def _is_file(path: str) -> bool:
    return tf.io.gfile.exists(path) and not tf.io.gfile.isdir(path)


def place_of(path: str) -> Place | None:
    """Where a member of an archive lies; None for other files."""
    archive, name = split(path) or (path, "")
    return read(archive).places.get(name) if name else None


@functools.lru_cache(maxsize=HELD)
def read(path: str) -> Archive:
    """Reads what lies in an archive.

    Raises:
        BadCollection: If it is damaged or encrypted.
    """
    places: dict[str, Place] = {}
    folders: dict[str, tuple[list[str], list[str]]] = {"": ([], [])}
    try:
        for name, place in _members(path):
            parts = posixpath.normpath(name.replace("\\", "/")).split("/")
            parts = parts[not parts[0] :]  # Some begin with a slash.
            if ".." in parts:
                continue
            name = "/".join(parts)
            if name not in places:
                _add(folders, parts)
            places[name] = place  # Of members of one name the last counts.
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        lzma.LZMAError,
        EOFError,
        OSError,
        tf.errors.OpError,
        UnicodeError,
    ) as error:
        raise BadCollection(
            f"The archive `{path}` cannot be read: {error}"
        ) from error
    for files, below in folders.values():
        files.sort()
        below.sort()
    return Archive(places, folders)


def _add(folders: dict, parts: list[str]) -> None:
    above = ""
    for n, part in enumerate(parts[:-1]):
        folder = "/".join(parts[: n + 1])
        if folder not in folders:
            folders[folder] = ([], [])
            folders[above][1].append(part)
        above = folder
    folders[above][0].append(parts[-1])


def _members(path: str) -> Iterator[tuple[str, Place]]:
    head = read_head(path)
    if head.startswith(ZSTD_HEAD):
        raise BadCollection(
            f"The archive `{path}` is compressed by zstd: decompress it first "
            "(zstd -d)."
        )
    where, mark = TAR_MARK
    if decompressor(head):
        return _tar(path, is_plain=False)
    if head.startswith(ZIP_HEADS) or (
        # Other programs' zips unpack themselves, and begin with how.
        path.lower().endswith(".zip") and head[where] != mark
    ):
        return _zip(path)
    return _tar(path, is_plain=True)


def _zip(path: str) -> Iterator[tuple[str, Place]]:
    with (
        tf.io.gfile.GFile(path, "rb") as file,
        _opened_zip(file) as archive,
    ):
        for member in archive.infolist():
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                raise BadCollection(
                    f"The archive `{path}` is encrypted: unpack it with its "
                    "password."
                )
            if member.compress_type not in ZIP_METHODS:
                number = member.compress_type
                # Python has the names of all methods, but no public name.
                names: dict[int, str] = getattr(zipfile, "compressor_names", {})
                method = names.get(number, f"method {number}")
                raise BadCollection(
                    f"The archive `{path}` is compressed with {method}, which "
                    "cannot be read: unpack it, or pack it as an ordinary zip. "
                    f"Received: {member.filename!r}"
                )
            yield (
                _name(member),
                (path, "zip", member.header_offset, member.compress_size),
            )


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name: macOS writes UTF-8 and does not say so."""
    if not member.flag_bits & UTF_8_NAME:
        with contextlib.suppress(UnicodeError):
            return member.filename.encode("cp437").decode()
    return member.filename


def _opened_zip(file) -> zipfile.ZipFile:
    if file.size() < SMALLEST_ZIP:  # It would look before the beginning.
        raise zipfile.BadZipFile("File is not a zip file")
    return zipfile.ZipFile(file)


def _tar(path: str, is_plain: bool) -> Iterator[tuple[str, Place]]:
    how = "bytes" if is_plain else "stream"
    with (
        (
            tf.io.gfile.GFile(path, "rb") if is_plain else decompressed(path)
        ) as file,
        tarfile.open(fileobj=file, mode="r:") as archive,
    ):
        for member in archive:
            # It would keep them all.
            archive.members = []  # type: ignore[attr-defined]
            if member.isreg():
                yield member.name, (path, how, member.offset_data, member.size)
