"""The layout `folders`: one folder an identity."""

import collections
import dataclasses
from collections.abc import Iterator

from data_pipeline.build import listing
from data_pipeline.build.layouts.names import (
    nfc,
    split_folders,
    split_of,
    stem,
)
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading


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
    identities: list[
        str
    ] = []  # Folders above, whose pictures are those of an identity.
    top, above = listing.top(root, but=split_of)
    level = len(above)  # Of the folders that may be splits.
    splits = split_folders(listing.scan(top)[1])
    for folder, parts, files in listing.walk(root):
        found = listing.pictures_in(folder, files, notes)
        if not found:
            continue
        split = splits.get(parts[level]) if len(parts) > level else None
        # Where no folder has to be a split, it may be an identity.
        if split and len(parts) == level + 1 and not how.folder_splits:
            alone = listing.count_pictures(folder, Notes()) == len(found)
            split = None if alone else split
        in_split = split is not None
        names = parts[:level] + parts[level + in_split :]
        why = None
        if not parts:
            why = "beside the identities' folders"
        elif in_split and len(parts) == level + 1:
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
                fits = len(identities[-1]) - in_split
                why = (
                    "in folders below an identity's folder "
                    f"(--identity_depth={fits} takes them)"
                )
            else:
                identities.append(parts)
        if why:
            notes.passed_over[why] += len(found)
            continue
        if split and how.folder_splits:
            notes.splits[parts[level]] = split
        else:
            split = None
        key = tuple(map(nfc, names[: depth or None]))
        yield _Holder(folder, key, names[depth:] if depth else (), split)


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """One folder an identity: LFW, VGGFace2, CASIA-WebFace, catalogues.

    It is the one that directly holds the pictures, at any depth. Where two of
    one name lie in different folders, those are part of the identities' names.
    Folders may be splits, see `names.split_folders`: where the tree branches.
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
            observation = "/".join((*holder.below, stem(name)))
            yield Photograph(path, identity, observation, split=holder.split)
