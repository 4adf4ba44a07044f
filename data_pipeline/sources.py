"""Image collections: which photograph shows which identity.

A source lists `Photograph`s from a collection's root. It opens a picture only
to see by its first bytes that it is one, where its name does not say it.
"""

import collections
import dataclasses
import os
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator

from apache_beam.io.filesystems import FileSystems

from data_pipeline import listing, tables
from data_pipeline.listing import BadCollection, Notes
from data_pipeline.pictures import CENTER

# Folders that fix the split of what lies in them.
SPLIT_FOLDERS = {
    "train": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
}
URL = re.compile(r"(?:https?|ftps?)://|//[\w-]+\.|data:\w+/", re.IGNORECASE)
# What `flat` has behind its last underscore: width by height.
ASPECT_RATIO = re.compile(r"(?:0|[1-9]\d?)?\.\d+|1")
LOOKED_AT = 10_000  # Files, to suggest a layout.
IDENTITY, OBSERVATION, SPLIT = "identity", "observation", "split"


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
        fault: Why it cannot be used, where its collection says so already.
    """

    path: str
    identity: str
    observation: str
    labels: tuple[tuple[str, str], ...] = ()
    split: str | None = None
    eyes: tuple[tuple[float, float], ...] | None = None
    pixel_hash: str | None = None
    fault: str | None = None


@dataclasses.dataclass(frozen=True)
class TableColumns:
    """Columns of a `table` collection's CSV."""

    image: str = "image"
    identity: str = "identity"
    labels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Reading:
    """How a collection is to be read.

    Attributes:
        columns: Of `table`.
        delimiter: Of `table`; None finds it.
        encoding: Of `table`; None finds it.
        image_root: Of `table`: what its paths are relative to; None is its
            own folder.
        pattern: Of `pattern`, a regular expression.
        identity_depth: Of `folders`: which folder of a path, counted from 1,
            names the identity; 0 is the one that holds the picture.
        folder_splits: Whether folders named as splits are the splits.
    """

    columns: TableColumns = dataclasses.field(default_factory=TableColumns)
    delimiter: str | None = None
    encoding: str | None = None
    image_root: str | None = None
    pattern: str | None = None
    identity_depth: int = 0
    folder_splits: bool = True


def _stem(path: str) -> str:
    return os.path.splitext(posixpath.basename(path))[0]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _below(folder: str, name: str, where: str) -> str:
    """A file of a collection, which must lie in the collection's folder.

    A table that someone else made could otherwise name any picture of this
    machine.
    """
    if URL.match(name):
        raise BadCollection(
            f"{where} names a picture on the web, and none is fetched: "
            "download the pictures and name their files. "
            f"Received: {name[:200]!r}"
        )
    if os.path.isabs(name) or "://" in name:
        for root in (folder, os.path.abspath(folder)):
            name = name.removeprefix(root.rstrip("/") + "/")
    parts = name.replace("\\", "/").split("/")
    outside = os.path.isabs(name) or "://" in name or ".." in parts
    if outside or "\0" in name:
        raise BadCollection(
            f"{where} names a file outside of the collection's folder; paths "
            f"must be relative to it (--image_root sets it for a table). "
            f"Received: {name!r}, folder {folder!r}"
        )
    return _existing(folder, name)


def _existing(folder: str, name: str) -> str:
    """The path of a file whose name may be written as another system does.

    Windows writes backslashes, macOS letters and their marks apart.
    """
    likely = name.replace("\\", "/")
    names = dict.fromkeys(
        unicodedata.normalize(form, n) if form else n
        for n in (name, likely)
        for form in (None, "NFC", "NFD")
    )
    likely = FileSystems.join(folder, likely)
    if len(names) == 1:
        return likely
    paths = (FileSystems.join(folder, n) for n in names)
    return next(filter(FileSystems.exists, paths), likely)


def flat(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """`<IDENTITY>_<OBSERVATION>_<x>.png`, in `root` or in split folders.

    The stem is split at its last two underscores; x is the aspect ratio that
    the picture once had and is not used. `train/`, `valid/` and `test/` below
    `root` then are the splits.

    Source: the reference code's data layout.
    """
    files, subfolders = listing.scan(root)
    places = [(root, None, files)]
    for name in sorted(subfolders, key=_order_of_splits):
        folder = listing.join(root, name)
        if name.lower() not in SPLIT_FOLDERS:
            count = listing.count_pictures(folder, Notes())
            if count:
                notes.passed_over["in folders that name no split"] += count
            continue
        split = _split_of(name) if how.folder_splits else None
        places.append((folder, split, listing.scan(folder)[0]))
    for folder, split, names in places:
        for name in listing.pictures_in(folder, names, notes):
            path = listing.join(folder, name)
            parts = _stem(path).rsplit("_", 2)
            if (
                len(parts) != 3
                or not parts[0]
                or not ASPECT_RATIO.fullmatch(parts[2])
            ):
                raise BadCollection(
                    "The layout `flat` wants names like "
                    "`<IDENTITY>_<OBSERVATION>_<x>.png`, where x is the "
                    "aspect ratio, like 0.82. For other names say --layout="
                    r"pattern --pattern='(?P<identity>.+)_(?P<observation>"
                    r"\d+)\.\w+' or so; where a folder is an identity, "
                    f"--layout=folders. Received: {path}"
                )
            yield Photograph(path, parts[0], parts[1], split=split)


def _order_of_splits(name: str):
    order = list(SPLIT_FOLDERS)
    known = name.lower() in order
    return (order.index(name.lower()) if known else len(order)), name


def _split_of(folder: str) -> str | None:
    """The split that a folder is named as."""
    return SPLIT_FOLDERS.get(folder.lower())


@dataclasses.dataclass(frozen=True)
class _Holder:
    """A folder of one identity's pictures.

    Attributes:
        folder: Where it lies.
        key: The names of the folders that lead to the identity's.
        below: The names of the folders that follow.
        split: Its split, if a folder fixes it.
    """

    folder: str
    key: tuple[str, ...]
    below: tuple[str, ...]
    split: str | None


def _holders(root: str, how: Reading, notes: Notes) -> Iterator[_Holder]:
    """Every folder whose pictures are taken; the others are counted."""
    depth = how.identity_depth
    identities = []  # Folders above, whose pictures are those of an identity.
    for folder, parts, files in listing.walk(root):
        found = listing.pictures_in(folder, files, notes)
        if not found:
            continue
        split = _split_of(parts[0]) if parts else None
        # Where no folder has to be a split, it may be an identity.
        if split and len(parts) == 1 and not how.folder_splits:
            alone = listing.count_pictures(folder, Notes()) == len(found)
            split = None if alone else split
        in_split = split is not None
        names = parts[1:] if in_split else parts
        why = None
        if not parts:
            why = "beside the identities' folders"
        elif not names:
            why = (
                "directly in folders of splits, where no folder says whom they "
                "show (where one is an identity, say --nofolder_splits)"
            )
        elif len(names) < depth:
            why = f"in folders above those of --identity_depth={depth}"
        elif not depth:
            while identities and parts[: len(identities[-1])] != identities[-1]:
                identities.pop()
            if identities:
                level = len(identities[-1]) - in_split
                why = (
                    "in folders below an identity's folder "
                    f"(--identity_depth={level} takes them)"
                )
            else:
                identities.append(parts)
        if why:
            notes.passed_over[why] += len(found)
            continue
        if not how.folder_splits:
            split = None
        key = tuple(map(_nfc, names[: depth or None]))
        yield _Holder(folder, key, names[depth:] if depth else (), split)


def folders(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """One folder an identity: LFW, VGGFace2, CASIA-WebFace, catalogues.

    It is the one that directly holds the pictures, at any depth. Where two of
    one name lie in different folders, those are part of the identities' names.
    """
    # The tree is read twice: its pictures at once may be more than memory.
    keys = collections.defaultdict(set)
    for holder in _holders(root, how, notes):
        keys[holder.key[-1]].add(holder.key)
    for holder in _holders(root, how, Notes()):
        alone = len(keys[holder.key[-1]]) == 1
        identity = holder.key[-1] if alone else "/".join(holder.key)
        files, _ = listing.scan(holder.folder)
        for name in listing.pictures_in(holder.folder, files, Notes()):
            path = listing.join(holder.folder, name)
            observation = "/".join((*holder.below, _stem(name)))
            yield Photograph(path, identity, observation, split=holder.split)


def pattern(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """Paths from whose beginning a regular expression tells the identity.

    Its groups are `identity`, `observation`, `split`; others are labels.
    """
    wanted, unlike = re.compile(how.pattern), None
    for folder, parts, files in listing.walk(root):
        for name in listing.pictures_in(folder, files, notes):
            relative = "/".join((*parts, name))
            match = wanted.match(relative)
            told = match.groupdict() if match else {}
            identity = told.pop(IDENTITY, None)
            if not identity:
                unlike = unlike or (
                    f"that --pattern does not match, like {relative}"
                )
                notes.passed_over[unlike] += 1
                continue
            observation = told.pop(OBSERVATION, None)
            split = told.pop(SPLIT, None)
            if split and not _split_of(split):
                raise BadCollection(
                    "The group `split` of --pattern must be one of "
                    f"{sorted(SPLIT_FOLDERS)}. Received: {split!r} of "
                    f"{relative!r}"
                )
            yield Photograph(
                listing.join(folder, name),
                identity,
                observation or os.path.splitext(relative)[0],
                tuple(told.items()),
                _split_of(split) if split else None,
            )


def pattern_labels(pattern: str) -> tuple[str, ...]:
    """The groups of a pattern that become labels."""
    groups = re.compile(pattern).groupindex
    return tuple(g for g in groups if g not in (IDENTITY, OBSERVATION, SPLIT))


def celeba(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """CelebA: `img_align_celeba/` and `identity_CelebA.txt`."""
    images = FileSystems.join(root, "img_align_celeba")
    table = FileSystems.join(root, "identity_CelebA.txt")
    if not FileSystems.exists(table):
        raise BadCollection(
            f"The layout `celeba` needs the file `{table}`, which comes with "
            "CelebA on request."
        )
    for number, line in enumerate(tables.read_lines(table), start=1):
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


def table(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """A CSV with a header; pictures lie relative to its folder.

    For Stanford Online Products, Amazon Berkeley Objects, own catalogues.
    """
    folder = how.image_root or posixpath.dirname(root) or "."
    columns = how.columns
    image_column, identity_column, *label_columns = map(
        tables.trim, (columns.image, columns.identity, *columns.labels)
    )
    wanted = (image_column, identity_column, *label_columns)
    read = tables.Table(root, wanted, how.delimiter, how.encoding)
    notes.lines.append(str(read))
    for line, row in read.rows():
        image, identity = row[image_column], row[identity_column]
        if not image or not identity:
            lacking = "image" if not image else "identity"
            yield Photograph(
                f"{root} line {line}", identity, "", fault=f"no {lacking}"
            )
            continue
        labels = tuple((name, row[name]) for name in label_columns)
        path = _below(folder, image, f"`{root}` line {line}")
        yield Photograph(path, identity, _stem(path), labels)


@dataclasses.dataclass(frozen=True)
class Layout:
    """A way to lay out a collection.

    Attributes:
        photographs: Lists a collection from its root.
        crop: What its pictures need where the user does not say.
        is_folder: Whether the root is a folder (else a file).
    """

    photographs: Callable[[str, Reading, Notes], Iterator[Photograph]]
    crop: str = CENTER
    is_folder: bool = True


LAYOUTS = {
    "flat": Layout(flat),
    "folders": Layout(folders),
    "pattern": Layout(pattern),
    # The central 148 of 178x218, relative, so that other sizes work too.
    "celeba": Layout(
        celeba, crop=f"{15 / 178},{35 / 218},{163 / 178},{183 / 218}"
    ),
    "table": Layout(table, is_folder=False),
}


def list_photographs(
    layout: str, root: str, how: Reading, notes: Notes
) -> Iterator[Photograph]:
    """The photographs of a collection, in the order of their layout.

    Names are composed (NFC), as most systems write them; an empty label is
    none.

    Args:
        layout: A name of `LAYOUTS`.
        root: The collection.
        how: To read it.
        notes: Gets what is to be said of it.

    Raises:
        BadCollection: If it is not as its layout says.
        OSError: If a folder cannot be read.
    """
    for photograph in LAYOUTS[layout].photographs(root, how, notes):
        identity = _nfc(photograph.identity)
        labels = []
        for name, value in photograph.labels:
            if value:
                labels.append((name, _nfc(value)))
            else:
                notes.missing_labels[name] += 1
        if not photograph.fault:
            notes.name(identity)
        yield dataclasses.replace(
            photograph,
            identity=identity,
            observation=_nfc(photograph.observation),
            labels=tuple(labels),
        )


def suggest(root: str, layout: str) -> str:
    """What lies in a folder of which a layout takes no picture."""
    if layout != "celeba" and FileSystems.exists(
        listing.join(root, "identity_CelebA.txt")
    ):
        return "These are the files of --layout=celeba."
    seen, depths, csvs = collections.Counter(), collections.Counter(), []
    for folder, parts, files in listing.walk(root):
        for name in files:
            kind = listing.kind(name)
            if listing.is_picture(folder, name):
                depths[len(parts)] += 1
                continue
            seen[kind] += 1
            if kind == ".csv":
                csvs.append(listing.join(folder, name))
        if sum(depths.values()) + sum(seen.values()) > LOOKED_AT:
            break
    text = []
    for depth, number in sorted(depths.items()):
        where = f"{depth} folder{'s' * (depth > 1)} deep"
        where = where if depth else "in no folder"
        text.append(f"{number:,} pictures lie {where}.")
    if max(depths, default=0) and layout != "folders":
        text.append("Where a folder is an identity, say --layout=folders.")
    elif depths:
        text.append(
            "Where their names tell the identity, say --layout=flat or "
            "--layout=pattern."
        )
    if seen:
        named = ", ".join(
            f"{number:,} file{'s' * (number > 1)} {kind}"
            for kind, number in listing.most_common(seen)
        )
        text.append(f"Here lie {named}.")
    if set(seen) & set(listing.CONTAINERS):
        text.append("Unpack what holds pictures, so that each is a file.")
    if csvs:
        text.append(f"For a CSV say --layout=table --input={csvs[0]}")
    return " ".join(text)
