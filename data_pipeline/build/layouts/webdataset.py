"""The layout `webdataset`: tars in which files of one name are one sample.

A sample's picture is the file that is one, or the one that `--image_column`
names by its ending. `--identity_column` and `--label_columns` name other
endings (`cls`, `txt`) or fields of its `.json`; without any, the identity is
`identity` of the `.json`, or else the `.cls`.
"""

import json
import posixpath
from collections.abc import Iterator

from data_pipeline.build import archives, listing, places
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.shards import find_shards
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph, Place
from data_pipeline.build.reading import IDENTITY, Reading, TableColumns
from data_pipeline.records import pictures

NAMED = r"\.(?:tar(?:\.gz|\.bz2|\.xz|\.lzma)?|tgz|tbz2?|tb2|txz|tlz)"
TEXTS = ("cls", "cls2", "txt", "id", "text", "class", "identity", "label")
MAX_BYTES = 1 << 20  # Of a text or a JSON file.


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """The samples of each tar."""
    for path, split in find_shards(root, how, notes, NAMED):
        found = archives.read(path).places
        for key, members in _samples(found):
            yield _photograph(path, split, how.columns, key, members)


def _samples(found: dict[str, Place]) -> Iterator[tuple[str, dict]]:
    """(key, place by ending) of the samples, whose files lie together."""
    held = ""
    members: dict[str, Place] = {}
    for path, place in found.items():
        folder, name = posixpath.split(path)
        if any(map(listing.is_hidden, path.split("/"))):
            continue
        stem, _, ending = name.partition(".")
        key = posixpath.join(folder, stem)
        if members and key != held:
            yield held, members
            members = {}
        held = key
        members[ending.lower()] = place
    if members:
        yield held, members


def _photograph(
    path: str, split, columns: TableColumns, key: str, members: dict[str, Place]
) -> Photograph:
    fault = None
    found = [m for m in members if f".{m}".endswith(pictures.SUFFIXES)]
    if columns.image in members:
        found = [columns.image]
    if len(found) > 1:
        raise BadCollection(
            f"The sample {key!r} of `{path}` has several pictures: select "
            f"one with --image_column. Received: {found}"
        )
    fields = _fields(members, path, key)
    identity = fields.get(columns.identity, "")
    if columns.identity == IDENTITY and not identity:
        identity = fields.get("cls", "")
    if not found or not identity:
        fault = "no picture" if not found else "no identity"
        fault += f" in the sample, which has {sorted({*members, *fields})}"
    return Photograph(
        f"{path}/{key}",
        identity,
        key,
        tuple((name, fields.get(name, "")) for name in columns.labels),
        split,
        fault=fault,
        place=members[found[0]] if found else None,
    )


def _fields(members: dict[str, Place], path: str, key: str) -> dict[str, str]:
    """The texts of a sample, and the fields of its JSON."""
    fields = {}
    for ending, place in members.items():
        if ending not in (*TEXTS, "json") or place[3] > MAX_BYTES:
            continue
        try:
            text = places.read(place).decode("utf-8-sig")
            if ending != "json":
                fields[ending] = text.strip()
                continue
            held = json.loads(text)
        except (OSError, ValueError, RecursionError) as error:
            raise BadCollection(
                f"`{path}`: {key}.{ending} cannot be read: {error}"
            ) from error
        if not isinstance(held, dict):
            fields.setdefault("cls", str(held))
            continue
        for name, value in held.items():
            if isinstance(value, str | int | float):
                fields[name] = str(value).strip()
    return fields
