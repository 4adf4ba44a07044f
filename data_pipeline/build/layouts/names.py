"""Names that collections give to files, folders and identities."""

import os
import posixpath
import re
import unicodedata

from data_pipeline.build import collection_files
from data_pipeline.build.errors import BadCollection

# Folders that fix the split of what lies in them.
SPLIT_FOLDERS = {
    "train": "train",
    "val": "valid",
    "valid": "valid",
    "validation": "valid",
    "test": "test",
}
# A split's name as a word of its own, which a number may follow.
_SHARD = re.compile(
    rf"(?:.*[-_.])?({'|'.join(SPLIT_FOLDERS)})"
    r"(?:[-_.]?\d+(?:[-_]of[-_]\d+)?)?(?:[-.].*)?",
    re.IGNORECASE,
)
_DRIVE = re.compile(r"[a-z]:[\\/]", re.IGNORECASE)  # Of Windows.
URL = re.compile(r"(?:https?|ftps?)://|//[\w-]+\.|data:\w+/", re.IGNORECASE)


def stem(path: str) -> str:
    """A file's name without its ending."""
    return os.path.splitext(posixpath.basename(path))[0]


def nfc(text: str) -> str:
    """A name composed, as most systems write it."""
    return unicodedata.normalize("NFC", text)


def split_of(folder: str) -> str | None:
    """The split that a folder is named as."""
    return SPLIT_FOLDERS.get(folder.lower())


def split_of_shard(name: str) -> str | None:
    """The split that the name of another program's shard says, as a word.

    Such as `train-00000-of-00002.parquet`, `faces_val_07.tar` and
    `faces-test.tfrecord-00000-of-00001`.
    """
    match = _SHARD.fullmatch(name)
    return split_of(match.group(1)) if match else None


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
