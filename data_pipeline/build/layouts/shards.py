"""Shards of other programs: files that each hold many photographs."""

import re
from collections.abc import Iterator

from data_pipeline.build import collection_files, listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.names import split_folders, word_of_shard
from data_pipeline.build.listing import Notes
from data_pipeline.build.reading import Reading


def find_shards(
    root: str, how: Reading, notes: Notes, named: str
) -> Iterator[tuple[str, str | None]]:
    """(path, split) of each shard, in the order of their names.

    Args:
        root: A shard, or a folder of them. Folders named as splits are the
            splits. So are shards, where each names a split and not all the
            same: one `train.rec` is a collection, not a split of one.
        how: To read the collection.
        notes: Collects what is skipped.
        named: A regular expression for the end of a shard's name.

    Raises:
        BadCollection: If the root is a file of another name.
    """
    is_shard = re.compile(f".*{named}", re.IGNORECASE).fullmatch
    # A tar is a shard here, although it can be a folder elsewhere.
    if is_shard(root) or not collection_files.is_folder(root):
        if not is_shard(root):
            raise BadCollection(
                f"This layout needs files whose names end in {named!r}. "
                f"Received: input={root!r}"
            )
        yield root, None
        return
    shards, tops, words = [], [], []
    for folder, parts, names in listing.walk(root):
        for name in names:
            if not is_shard(name):
                notes.kinds[listing.kind(name)] += 1
                continue
            shards.append(listing.join(folder, name))
            tops.append(parts[0] if parts else "")
            words.append(word_of_shard(name) or "")
    splits: list[str | None] = [None] * len(shards)
    if how.folder_splits:
        of_folders, of_names = split_folders(tops), split_folders(words)
        splits = [of_folders.get(top) for top in tops]
        if of_folders:
            notes.splits |= of_folders
        elif set(words) == set(of_names) and len({*of_names.values()}) > 1:
            splits = [of_names[word] for word in words]
            notes.splits |= of_names
    yield from zip(shards, splits, strict=True)
