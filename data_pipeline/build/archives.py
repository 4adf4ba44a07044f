"""Zip and tar files as folders: what lies in them, and where in the file.

Nothing is unpacked. A path such as `faces.zip/Ada/0.jpg` names a member.
"""

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
from data_pipeline.build.places import STREAMS, decompressed

ENDINGS = (".zip", ".tar", *STREAMS)
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
    members = _zip if path.lower().endswith(".zip") else _tar
    places: dict[str, Place] = {}
    folders: dict[str, tuple[list[str], list[str]]] = {"": ([], [])}
    try:
        for name, place in members(path):
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
            yield (
                member.filename,
                (path, "zip", member.header_offset, member.compress_size),
            )


def _opened_zip(file) -> zipfile.ZipFile:
    if file.size() < SMALLEST_ZIP:  # It would look before the beginning.
        raise zipfile.BadZipFile("File is not a zip file")
    return zipfile.ZipFile(file)


def _tar(path: str) -> Iterator[tuple[str, Place]]:
    is_plain = path.lower().endswith(".tar")
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
