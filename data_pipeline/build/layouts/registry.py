"""Lists a collection by the name of its layout, or suggests the layout."""

import collections
import dataclasses
import importlib
from collections.abc import Iterable, Iterator

from data_pipeline.build import archives, collection_files, listing
from data_pipeline.build.layouts.names import nfc
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading

LOOKED_AT = 10_000  # Files, to suggest a layout.
# How files that hold many pictures are read.
_AS_FOLDER = "the file itself as --input"
READ_BY = {
    ".parquet": "--layout=parquet",
    ".rec": "--layout=recordio",
    ".idx": "--layout=recordio with the .rec beside it",
    ".tfrecord": "--layout=tfrecord",
    # Extensions with one dot, as `listing.kind` gives them.
    **{end: _AS_FOLDER for end in archives.ENDINGS if end.count(".") == 1},
    **{
        end: f"{_AS_FOLDER}, if it is a .tar{end}"
        for end in (".gz", ".bz2", ".xz", ".lzma")
    },
    ".tar": f"--layout=webdataset, or {_AS_FOLDER} to read it as a folder",
}


def list_photographs(
    layout: str, root: str, how: Reading, notes: Notes
) -> Iterator[Photograph]:
    """The photographs of a collection, in the order of their layout.

    Names are composed (NFC), as most systems write them; an empty label is
    none.

    Args:
        layout: A name of `kinds.LAYOUTS`.
        root: The collection.
        how: To read it.
        notes: Collects remarks on the collection.

    Raises:
        BadCollection: If it is not as its layout says.
        OSError: If a folder cannot be read.
    """
    module = importlib.import_module(f"{__package__}.{layout}")
    for photograph in module.photographs(root, how, notes):
        identity = nfc(photograph.identity)
        labels = []
        for name, value in photograph.labels:
            if value:
                labels.append((name, nfc(value)))
            else:
                notes.missing_labels[name] += 1
        if not photograph.fault:
            notes.name(identity)
        yield dataclasses.replace(
            photograph,
            identity=identity,
            observation=nfc(photograph.observation),
            labels=tuple(labels),
            place=photograph.place or archives.place_of(photograph.path),
        )


def advise(endings: Iterable[str]) -> list[str]:
    """How files of some endings are read, of those that hold pictures."""
    endings = sorted(set(endings) & set(listing.CONTAINERS))
    text = [
        f"For {ending} files, pass {READ_BY[ending]}."
        for ending in endings
        if ending in READ_BY
    ]
    if set(endings) - set(READ_BY):
        text.append("Unpack the archives, so that each picture is a file.")
    return text


def suggest(root: str, layout: str) -> str:
    """Describes a folder of which a layout takes no picture."""
    if layout != "celeba" and collection_files.exists(
        listing.join(root, "identity_CelebA.txt")
    ):
        return "These are the files of --layout=celeba."
    seen: collections.Counter[str] = collections.Counter()
    depths: collections.Counter[int] = collections.Counter()
    csvs = []
    for folder, parts, names in listing.walk(root):
        for name in names:
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
    if not depths and not seen:
        text.append("The folder is empty.")
    for depth, number in sorted(depths.items()):
        where = f"{depth} folder{'s' * (depth > 1)} deep"
        where = where if depth else "in no folder"
        text.append(f"{number:,} pictures lie {where}.")
    if max(depths, default=0) and layout != "folders":
        text.append("If each folder is an identity, pass --layout=folders.")
    elif depths:
        text.append(
            "If their names contain the identity, pass --layout=flat or "
            "--layout=pattern."
        )
    if seen:
        named = ", ".join(
            f"{number:,} file{'s' * (number > 1)} {kind}"
            for kind, number in listing.most_common(seen)
        )
        text.append(f"It contains {named}.")
    if archives.split(root) and set(seen) & set(listing.CONTAINERS):
        text.append(
            "An archive within an archive is not read: unpack the outer one."
        )
    else:
        text += advise(seen)
    if csvs:
        text.append(f"For a CSV, pass --layout=table --input={csvs[0]}")
    return " ".join(text)
