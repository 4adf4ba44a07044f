"""Files of a data set: identity folders, WebDataset's tars, records.

A writer is given a block of identities at a time, and the same block again
after an interruption: it writes the same files anew.
"""

import concurrent.futures
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipeline import records
from sdgan_tf.images import encode_png

ENCODERS = 4  # Threads that encode PNGs.


def identity_name(number: int) -> str:
    """`000012`: the name of an identity."""
    return f"{number:06d}"


def picture_name(number: int) -> str:
    """`003`: the name of a picture of an identity."""
    return f"{number:03d}"


def encoded(images: np.ndarray) -> list[list[bytes]]:
    """PNGs of pictures, uint8 `[identities, pictures, h, w, 3]`."""
    n, m = images.shape[:2]
    flat = images.reshape(n * m, *images.shape[2:])
    with concurrent.futures.ThreadPoolExecutor(ENCODERS) as pool:
        files = list(pool.map(encode_png, flat))
    return [files[start : start + m] for start in range(0, len(files), m)]


def _write(path: str, data: bytes) -> None:
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(data)


class Folders:
    """`identities/000012/003.png`: what `layout=folders` of a build reads."""

    def __init__(self, folder: str, image_size: int):
        self.folder = os.path.join(folder, "identities")

    def write(self, block: int, first: int, files: Sequence[list[bytes]]):
        """Writes the PNGs of a block, whose first identity has this number."""
        for number, pictures in enumerate(files, first):
            for place, data in enumerate(pictures):
                name = f"{picture_name(place)}.png"
                _write(
                    os.path.join(self.folder, identity_name(number), name), data
                )

    def finish(self, blocks: Sequence[tuple[int, int]]) -> None:
        """Has nothing left to do."""


class WebDataset:
    """`shards/000000.tar`: samples of a PNG and the identity's number."""

    def __init__(self, folder: str, image_size: int):
        self.folder = os.path.join(folder, "shards")

    def write(self, block: int, first: int, files: Sequence[list[bytes]]):
        """Writes the tar of a block, whose first identity has this number.

        A block of which nothing was kept has none.
        """
        if not files:
            return
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for number, pictures in enumerate(files, first):
                for place, data in enumerate(pictures):
                    key = f"{identity_name(number)}_{picture_name(place)}"
                    for suffix, content in (
                        ("png", data),
                        ("cls", str(number).encode()),
                    ):
                        info = tarfile.TarInfo(f"{key}.{suffix}")
                        info.size = len(content)
                        tar.addfile(info, io.BytesIO(content))
        _write(os.path.join(self.folder, f"{block:06d}.tar"), buffer.getvalue())

    def finish(self, blocks: Sequence[tuple[int, int]]) -> None:
        """Has nothing left to do."""


class Records:
    """`records/`: a data set as build_records writes it, ready to train on.

    Each identity lies in the split that its name's hash says.
    """

    def __init__(self, folder: str, image_size: int):
        self.folder = os.path.join(folder, "records")
        self.image_size = image_size

    def write(self, block: int, first: int, files: Sequence[list[bytes]]):
        """Writes a block's shards, whose first identity has this number."""
        tf.io.gfile.makedirs(self.folder)
        for split in records.SPLITS:
            with tf.io.TFRecordWriter(self._part(block, split)) as writer:
                for number, pictures in enumerate(files, first):
                    name = identity_name(number)
                    if _split(name) != split:
                        continue
                    for place, data in enumerate(pictures):
                        writer.write(
                            records.example(data, name, picture_name(place), {})
                        )

    def finish(self, blocks: Sequence[tuple[int, int]]) -> None:
        """Names the shards, writes their indices, and the manifest last.

        Args:
            blocks: Identities of each block, and pictures of each of these.
        """
        contents: dict[str, str] = {}
        splits: dict[str, dict[str, int]] = {}
        first = 0
        for block, (count, pictures) in enumerate(blocks):
            names = [identity_name(first + n) for n in range(count)]
            first += count
            for split in records.SPLITS:
                shard = records.shard_path("", split, block, len(blocks))
                path = os.path.join(self.folder, shard)
                # An earlier call may have come as far as this one.
                if tf.io.gfile.exists(self._part(block, split)):
                    tf.io.gfile.rename(self._part(block, split), path, True)
                mine = [name for name in names if _split(name) == split]
                with tf.io.gfile.GFile(path, "rb") as file:
                    contents[shard] = hashlib.sha256(file.read()).hexdigest()
                records.write_index(
                    records.index_path(path),
                    mine,
                    [pictures] * len(mine),
                    contents[shard],
                )
                known = splits.setdefault(split, {"identities": 0, "images": 0})
                known["identities"] += len(mine)
                known["images"] += pictures * len(mine)
        text = "\n".join(
            f"{name}:{contents[name]}" for name in sorted(contents)
        )
        manifest = {
            "format_version": records.FORMAT_VERSION,
            "build_id": hashlib.sha256(text.encode()).hexdigest()[:32],
            "image_size": self.image_size,
            "num_shards": len(blocks),
            "label_names": [],
            "contents": contents,
            "splits": splits,
        }
        _write(
            os.path.join(self.folder, records.MANIFEST),
            json.dumps(manifest, indent=2).encode(),
        )

    def _part(self, block: int, split: str) -> str:
        return os.path.join(self.folder, f"block-{block:06d}-{split}.part")


def _split(name: str) -> str:
    return records.split_of(records.identity_hash(name))


WRITERS: dict[str, type[Folders | Records | WebDataset]] = {
    "folders": Folders,
    "records": Records,
    "webdataset": WebDataset,
}
