"""Dumps of the authors' generators.

A dump is a folder with `manifest.json`, which names each variable's file and
shape, and those files: raw little-endian float32 in C order, kernels HWIO,
those of transposed convolutions HWOI.
"""

import dataclasses
import json
import math
import os
import re

import numpy as np
import tensorflow as tf

MANIFEST = "manifest.json"


@dataclasses.dataclass(frozen=True)
class Dump:
    """A folder of dumped variables.

    Attributes:
        folder: Its path.
        entries: File names and shapes by variable.
    """

    folder: str
    entries: dict[str, tuple[str, tuple[int, ...]]]

    @classmethod
    def open(cls, folder: str) -> "Dump":
        """Reads the manifest.

        Raises:
            FileNotFoundError: If there is none.
            ValueError: If it is no JSON of file names in this folder and
                shapes.
        """
        path = os.path.join(folder, MANIFEST)
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError(
                f"`reference_dir` has no `{MANIFEST}`: it must be the folder "
                f"of a dump. Received: reference_dir={folder!r}"
            )
        with tf.io.gfile.GFile(path, "rb") as file:
            text = file.read()
        try:
            entries = {
                name: (
                    str(entry["filename"]),
                    tuple(int(side) for side in entry["shape"]),
                )
                for name, entry in json.loads(text).items()
            }
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise ValueError(
                f"{path} must give a `filename` and a `shape` for each "
                f"variable ({type(error).__name__}: {error})."
            ) from error
        for name, (filename, shape) in entries.items():
            odd = filename in ("", ".", "..")
            if odd or os.path.basename(filename) != filename:
                raise ValueError(
                    f"{path}: the file of the variable `{name}` must lie in "
                    f"the dump's folder. Received: filename={filename!r}"
                )
            if any(side < 1 for side in shape):
                raise ValueError(
                    f"{path}: the variable `{name}` must have positive sides. "
                    f"Received: shape={shape}"
                )
        return cls(folder, entries)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def shape(self, name: str) -> tuple[int, ...]:
        """Looks up a variable's shape.

        Raises:
            ValueError: If there is no such variable.
        """
        if name not in self.entries:
            raise ValueError(
                f"The dump lacks the variable `{name}`. "
                f"Received: reference_dir={self.folder!r}"
            )
        return self.entries[name][1]

    def last(self, pattern: str) -> int:
        """Finds the largest number in the variables' names; 0 without any."""
        found = (re.fullmatch(pattern, name) for name in self.entries)
        return max((int(match.group(1)) for match in found if match), default=0)

    def read(self, name: str, shape: tuple | None = None) -> np.ndarray:
        """Reads a variable, float32.

        Args:
            name: The variable.
            shape: What its shape must be, if that is known.

        Raises:
            FileNotFoundError: If its file is missing.
            ValueError: If there is no such variable, its shape is another, or
                its file has not the bytes of its shape or holds numbers that
                are not finite.
        """
        held = self.shape(name)
        if shape is not None and held != tuple(shape):
            raise ValueError(
                f"The variable `{name}` must have the shape {tuple(shape)}. "
                f"Received: {held}"
            )
        path = os.path.join(self.folder, self.entries[name][0])
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError(
                f"The file of the variable `{name}` is missing: {path}"
            )
        with tf.io.gfile.GFile(path, "rb") as file:
            data = file.read()
        wanted = 4 * math.prod(held)
        if len(data) != wanted:
            raise ValueError(
                f"{path} must hold {wanted} bytes, float32 of the shape "
                f"{held}, for the variable `{name}`. "
                f"Received: {len(data)} bytes"
            )
        values = np.frombuffer(data, "<f4").reshape(held).astype("float32")
        if not np.isfinite(values).all():
            raise ValueError(
                f"{path}, the variable `{name}`, holds numbers that are not "
                "finite."
            )
        return values
