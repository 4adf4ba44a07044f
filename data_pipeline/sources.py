"""Image collections: which photograph shows which identity.

A source lists `Photograph`s from a collection's root. It opens no picture.
"""

import csv
import dataclasses
import glob
import io
import os
import posixpath
from collections.abc import Callable, Iterator

import tensorflow as tf
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from data_pipeline.pictures import CENTER, SUFFIXES
from data_pipeline.records import SPLITS


class BadCollection(ValueError):
    """A collection that cannot be read as the layout says."""


@dataclasses.dataclass(frozen=True, order=True)
class Photograph:
    """One file of a collection.

    Attributes:
        path: Where it lies.
        identity: Whom or what it shows.
        observation: What tells it from the identity's other photographs.
        labels: (name, value) pairs.
        split: Its split where the collection fixes it, else None.
        eyes: (x, y) of the two eyes, once they were looked for.
        pixel_hash: Of what it shows, once that was decoded.
    """

    path: str
    identity: str
    observation: str
    labels: tuple[tuple[str, str], ...] = ()
    split: str | None = None
    eyes: tuple[tuple[float, float], ...] | None = None
    pixel_hash: str | None = None


@dataclasses.dataclass(frozen=True)
class TableColumns:
    """Columns of a `table` collection's CSV."""

    image: str = "image"
    identity: str = "identity"
    labels: tuple[str, ...] = ()


def _pictures(folder: str, *levels: str) -> list[str]:
    """Pictures below `folder`, whose own name may hold wildcards."""
    pattern = FileSystems.join(glob.escape(folder), *levels)
    found = FileSystems.match([pattern])[0].metadata_list
    paths = (metadata.path for metadata in found)
    return sorted(p for p in paths if p.lower().endswith(SUFFIXES))


def _names(folder: str) -> list[str]:
    try:
        return sorted(tf.io.gfile.listdir(folder))
    except UnicodeDecodeError as error:
        raise BadCollection(
            f"A name in the folder `{folder}` is not UTF-8: {error}"
        ) from error


def _stem(path: str) -> str:
    return os.path.splitext(posixpath.basename(path))[0]


def _below(folder: str, name: str, where: str) -> str:
    """A file of a collection, which must lie in the collection's folder.

    A table that someone else made could otherwise name any picture of this
    machine.
    """
    parts = name.replace("\\", "/").split("/")
    outside = os.path.isabs(name) or "://" in name or ".." in parts
    if outside or "\0" in name:
        raise BadCollection(
            f"{where} names a file outside of the collection's folder; paths "
            f"must be relative to it. Received: {name!r}"
        )
    return FileSystems.join(folder, name)


def _read_lines(path: str) -> Iterator[str]:
    stream = FileSystems.open(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    )
    with stream:
        # utf-8-sig: spreadsheets put a byte order mark before the first name.
        lines = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        try:
            yield from lines
        except UnicodeDecodeError as error:
            raise BadCollection(f"`{path}` is not UTF-8: {error}") from error


def flat(root: str, columns: TableColumns) -> Iterator[Photograph]:
    """`<IDENTITY>_<OBSERVATION>_<x>.png`, in `root` or in split folders.

    The stem is split at its last two underscores; x is the aspect ratio that
    the picture once had and is not used. `train/`, `valid/` and `test/` below
    `root` then are the splits.

    Source: the reference code's data layout.
    """
    for split in (None, *SPLITS):
        folder = FileSystems.join(root, split) if split else root
        for path in _pictures(folder, "*"):
            parts = _stem(path).rsplit("_", 2)
            if len(parts) != 3 or not parts[0]:
                raise BadCollection(
                    "The layout `flat` wants names like "
                    f"`<IDENTITY>_<OBSERVATION>_<x>.png`. Received: {path}"
                )
            yield Photograph(path, parts[0], parts[1], split=split)


def folders(root: str, columns: TableColumns) -> Iterator[Photograph]:
    """One folder an identity: LFW, VGGFace2, CASIA-WebFace, catalogues."""
    # Folder by folder: a match of all at once is held in memory.
    for name in _names(root):
        identity = name.rstrip("/")  # Remote folders end in one.
        folder = FileSystems.join(root, identity)
        if not tf.io.gfile.isdir(folder):
            continue
        for picture in _names(folder):
            if picture.lower().endswith(SUFFIXES):
                path = FileSystems.join(folder, picture)
                yield Photograph(path, identity, _stem(path))


def celeba(root: str, columns: TableColumns) -> Iterator[Photograph]:
    """CelebA: `img_align_celeba/` and `identity_CelebA.txt`."""
    images = FileSystems.join(root, "img_align_celeba")
    table = FileSystems.join(root, "identity_CelebA.txt")
    if not FileSystems.exists(table):
        raise BadCollection(
            f"The layout `celeba` needs the file `{table}`, which comes with "
            "CelebA on request."
        )
    for number, line in enumerate(_read_lines(table), start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2:
            raise BadCollection(
                f"`{table}` wants `<file> <identity>` in each line. "
                f"Received: line {number}: {line.strip()!r}"
            )
        name, identity = fields
        path = _below(images, name, f"`{table}` line {number}")
        yield Photograph(path, identity, _stem(name))


def _rows(rows: csv.DictReader, root: str) -> Iterator[dict[str, str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise BadCollection(
            f"`{root}` line {rows.line_num + 1}: {error}"
        ) from error


def table(root: str, columns: TableColumns) -> Iterator[Photograph]:
    """A CSV with a header; pictures lie relative to its folder.

    For Stanford Online Products, Amazon Berkeley Objects, own catalogues.
    """
    folder = posixpath.dirname(root) or "."
    rows = csv.DictReader(_read_lines(root))
    wanted = (columns.image, columns.identity, *columns.labels)
    try:
        given = rows.fieldnames or ()
    except csv.Error as error:
        raise BadCollection(f"`{root}` line 1: {error}") from error
    missing = [name for name in wanted if name not in given]
    if missing:
        raise BadCollection(
            f"`{root}` has no columns {missing}. Set --image_column, "
            f"--identity_column, --label_columns. Received: {rows.fieldnames}"
        )
    for row in _rows(rows, root):
        image, identity = row[columns.image], row[columns.identity]
        if not image or not identity:
            raise BadCollection(
                f"`{root}` line {rows.line_num} has no image or identity."
            )
        labels = tuple((n, row[n] or "") for n in columns.labels)
        path = _below(folder, image, f"`{root}` line {rows.line_num}")
        yield Photograph(path, identity, _stem(image), labels)


@dataclasses.dataclass(frozen=True)
class Layout:
    """A way to lay out a collection.

    Attributes:
        photographs: Lists a collection from its root.
        crop: What its pictures need where the user does not say.
        is_folder: Whether the root is a folder (else a file).
    """

    photographs: Callable[[str, TableColumns], Iterator[Photograph]]
    crop: str = CENTER
    is_folder: bool = True


LAYOUTS = {
    "flat": Layout(flat),
    "folders": Layout(folders),
    # The central 148 of 178x218, relative, so that other sizes work too.
    "celeba": Layout(
        celeba, crop=f"{15 / 178},{35 / 218},{163 / 178},{183 / 218}"
    ),
    "table": Layout(table, is_folder=False),
}
