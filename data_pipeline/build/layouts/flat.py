"""The layout `flat`: names like `<IDENTITY>_<OBSERVATION>_<x>.png`."""

import re
from collections.abc import Iterator

from data_pipeline.build import listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.names import split_folders, split_of, stem
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading
from data_pipeline.records.splits import SPLITS

# What `flat` has behind its last underscore: width by height.
ASPECT_RATIO = re.compile(r"(?:0|[1-9]\d?)?\.\d+|1")


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """`<IDENTITY>_<OBSERVATION>_<x>.png`, in `root` or in split folders.

    The stem is split at its last two underscores; x is the aspect ratio that
    the picture once had and is not used. `train/`, `valid/` and `test/` below
    `root` then are the splits.

    Source: the reference code's data layout.
    """
    root, _ = listing.top(root, but=split_of)
    files, subfolders = listing.scan(root)
    splits = split_folders(subfolders)
    places: list[tuple[str, str | None, list[str]]] = [(root, None, files)]
    for name in sorted(subfolders, key=lambda n: (_order(splits.get(n)), n)):
        folder = listing.join(root, name)
        if name not in splits:
            count = listing.count_pictures(folder, Notes())
            if count:
                notes.passed_over["in folders that name no split"] += count
            continue
        split = splits[name] if how.folder_splits else None
        places.append((folder, split, listing.scan(folder)[0]))
        if split:
            notes.splits[name] = split
    for folder, split, names in places:
        for name in listing.pictures_in(folder, names, notes):
            path = listing.join(folder, name)
            parts = stem(path).rsplit("_", 2)
            if (
                len(parts) != 3
                or not parts[0]
                or not ASPECT_RATIO.fullmatch(parts[2])
            ):
                raise BadCollection(
                    "The layout `flat` needs names like "
                    "`<IDENTITY>_<OBSERVATION>_<x>.png`, where x is the aspect "
                    "ratio, like 0.82. For other names, pass --layout=pattern "
                    r"--pattern='(?P<identity>.+)_(?P<observation>\d+)\.\w+' "
                    "or a similar pattern. If each folder is an identity, pass "
                    f"--layout=folders. Received: {path}"
                )
            yield Photograph(path, parts[0], parts[1], split=split)


def _order(split: str | None) -> int:
    order = [*SPLITS, None]
    return order.index(split)
