"""Embeddings that later evaluations find again, by their pictures' pixels.

    DATA_DIR/embeddings/VERIFIER-HASH/TIME-PROCESS.npz    keys, embeddings

FaceNet takes three quarters of an evaluation, and a table that is made again
with one more row would embed all other rows' pictures anew. The files lie
beside the data set; other weights of the verifier have a folder of their own.
The oldest files go when the folder grows beyond `MAX_BYTES`. It can be deleted
at any time.
"""

import io
import logging
import os
import time

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet

FOLDER = "embeddings"
MAX_BYTES = 500_000_000
KEY = 32  # Bytes of a SHA-256.


class KeptEmbeddings:
    """The embeddings of one verifier that lie beside a data set.

    Args:
        data: The data set.
        name: Of the verifier and its precision.
        file_hash: Of its weights.
        size: Numbers in an embedding.
    """

    def __init__(self, data: DataSet, name: str, file_hash: str, size: int):
        self.folder = os.path.join(
            data.folder, FOLDER, f"{name}-{file_hash[:12]}"
        )
        self.size = size

    def read(self) -> dict[bytes, np.ndarray]:
        """All of them by their pictures' keys; damaged files are left out."""
        found: dict[bytes, np.ndarray] = {}
        for path in self._paths():
            try:
                with tf.io.gfile.GFile(path, "rb") as file:
                    held = io.BytesIO(file.read())
                with np.load(held, allow_pickle=False) as arrays:
                    keys, embeddings = arrays["keys"], arrays["embeddings"]
                if embeddings.shape != (len(keys), self.size):
                    raise ValueError(f"embeddings of {embeddings.shape}")
            # numpy and zipfile raise many kinds for a damaged npz.
            except Exception as error:
                logging.warning("%s is damaged and ignored (%r).", path, error)
                continue
            names = (key.tobytes() for key in keys)
            found.update(zip(names, embeddings, strict=True))
        return found

    def add(self, new: dict[bytes, np.ndarray]) -> None:
        """Keeps embeddings `[size]` by their pictures' keys.

        Where the folder cannot be written, a warning says so.
        """
        buffer = io.BytesIO()
        keys = np.frombuffer(b"".join(new), np.uint8).reshape(-1, KEY)
        np.savez(buffer, keys=keys, embeddings=np.stack(list(new.values())))
        # By name the oldest is first, and evaluations side by side differ.
        name = f"{time.time_ns():020d}-{os.getpid()}"
        path = os.path.join(self.folder, name)
        try:
            tf.io.gfile.makedirs(self.folder)
            with tf.io.gfile.GFile(f"{path}.part", "wb") as file:
                file.write(buffer.getvalue())
            tf.io.gfile.rename(f"{path}.part", f"{path}.npz")
            self._make_room()
        except (OSError, tf.errors.OpError) as error:
            logging.warning(
                "Embeddings cannot be stored beside the data set (%s): the "
                "next evaluation embeds these pictures again.",
                " ".join(str(error).split()),
            )

    @property
    def num_bytes(self) -> int:
        """Length of all files."""
        return sum(map(_length, self._paths()))

    def _paths(self) -> list[str]:
        """The files, the oldest first."""
        if not tf.io.gfile.isdir(self.folder):
            return []
        return [
            os.path.join(self.folder, name)
            for name in sorted(tf.io.gfile.listdir(self.folder))
            if name.endswith(".npz")
        ]

    def _make_room(self) -> None:
        paths = self._paths()
        while len(paths) > 1 and sum(map(_length, paths)) > MAX_BYTES:
            tf.io.gfile.remove(paths.pop(0))


def _length(path: str) -> int:
    return tf.io.gfile.stat(path).length
