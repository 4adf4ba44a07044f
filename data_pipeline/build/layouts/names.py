"""Names that collections give to files, folders and identities."""

import os
import posixpath
import re
import unicodedata
from collections.abc import Iterable

from data_pipeline.build import collection_files
from data_pipeline.build.errors import BadCollection

# What fixes the split of what lies in a folder or shard of that name.
SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
    "testing": "test",
}
# Likewise, but beside training data alone: Dev is a name of people too.
BESIDE_TRAINING = {"dev": "valid", "eval": "test", "evaluation": "test"}
# A split's name as a word of its own, which a number may follow.
_SHARD = re.compile(
    rf"(?:.*[-_.])?({'|'.join(SPLIT_FOLDERS | BESIDE_TRAINING)})"
    r"(?:[-_.]?\d+(?:[-_]of[-_]\d+)?)?(?:[-.].*)?",
    re.IGNORECASE,
)
_SET = re.compile(r"[-_ ]?set")  # `training_set`, `testset`.
_DRIVE = re.compile(r"[a-z]:[\\/]", re.IGNORECASE)  # Of Windows.
URL = re.compile(r"(?:https?|ftps?)://|//[\w-]+\.|data:\w+/", re.IGNORECASE)


def stem(path: str) -> str:
    """A file's name without its ending."""
    return os.path.splitext(posixpath.basename(path))[0]


def nfc(text: str) -> str:
    """A name composed, as most systems write it."""
    return unicodedata.normalize("NFC", text)


def split_of(name: str) -> str | None:
    """The split that a name means, where it is meant to be one."""
    word = _SET.sub("", name.lower())
    return (SPLIT_FOLDERS | BESIDE_TRAINING).get(word)


def split_folders(names: Iterable[str]) -> dict[str, str]:
    """The splits that folders, or shards, beside each other are named as.

    Args:
        names: All of them; those that name no split have none in the result.
    """
    named = {name: split_of(name) for name in names}
    sure = {
        name: split
        for name, split in named.items()
        if split and _SET.sub("", name.lower()) not in BESIDE_TRAINING
    }
    if "train" not in sure.values():
        return sure
    # Beside `train` and `test`, `eval` is what is looked at in between.
    third = {split for split in named.values() if split} - {"train"} == {"test"}
    as_valid = third and "test" in sure.values()
    return {
        name: "valid" if as_valid and name not in sure else split
        for name, split in named.items()
        if split
    }


def word_of_shard(name: str) -> str | None:
    """The word by which the name of another program's shard names its split.

    Such as `train-00000-of-00002.parquet`, `faces_val_07.tar` and
    `faces-test.tfrecord-00000-of-00001`.
    """
    match = _SHARD.fullmatch(name)
    return match.group(1).lower() if match else None


def below(folder: str, name: str, where: str) -> str:
    """A file of a collection, which must lie in the collection's folder.

    A table that someone else made could otherwise name any picture of this
    machine.
    """
    if URL.match(name):
        raise BadCollection(
            f"{where} names a picture on the web, and pictures are not "
            "downloaded. Download them and name their files. Received: "
            f"{name[:200]!r}"
        )
    if os.path.isabs(name) or "://" in name:
        for root in (folder, os.path.abspath(folder)):
            name = name.removeprefix(root.rstrip("/") + "/")
    parts = name.replace("\\", "/").split("/")
    outside = os.path.isabs(name) or "://" in name or ".." in parts
    outside |= bool(_DRIVE.match(name))
    if outside or "\0" in name:
        raise BadCollection(
            f"{where} names a file outside the collection's folder. Paths "
            "must be relative to it (--image_root sets it for a table). "
            f"Received: {name!r}, folder {folder!r}"
        )
    return existing(folder, name)


def existing(folder: str, name: str) -> str:
    """The path of a file whose name may be written as another system does.

    Windows writes backslashes, macOS letters and their marks apart.
    """
    likely = name.replace("\\", "/")
    names = dict.fromkeys(
        unicodedata.normalize(form, n) if form else n
        for n in (name, likely)
        for form in (None, "NFC", "NFD")
    )
    likely = collection_files.join(folder, likely)
    if len(names) == 1:
        return likely
    paths = (collection_files.join(folder, n) for n in names)
    return next(filter(collection_files.exists, paths), likely)
