"""Progress of a data set, so that an interrupted call goes on.

    progress/settings.json       what the data set is of
    progress/block-000000.npz    codes, templates and counts of a block

A block's file is written when its pictures are. The folder goes when the data
set is complete.
"""

import dataclasses
import io
import json
import os

import numpy as np
import tensorflow as tf

from sdgan_tf.datasets.rejection import Rejected
from sdgan_tf.runs import read_object, write_text

FOLDER, SETTINGS, CARD = "progress", "settings.json", "card.json"


@dataclasses.dataclass(frozen=True)
class Block:
    """The part of a data set that one block of candidates gave.

    Attributes:
        codes: Of the pictures, `[identities, pictures, d_z]`.
        templates: `[identities, size]`.
        sampled: Candidates that were looked at.
        rejected: What was left out of these.
    """

    codes: np.ndarray
    templates: np.ndarray
    sampled: int
    rejected: Rejected


class ProgressFile:
    """The progress of the data set in a folder.

    Args:
        output_dir: The data set's folder, made if it is not there.
        settings: What the data set is of; JSON.

    Raises:
        FileExistsError: If something else is in the folder.
        ValueError: If the data set in it, complete or not, is of other
            settings.
    """

    def __init__(self, output_dir: str, settings: dict):
        gfile = tf.io.gfile
        self.output_dir = output_dir
        self.folder = os.path.join(output_dir, FOLDER)
        noted = os.path.join(self.folder, SETTINGS)
        if gfile.exists(noted):
            _check_same(read_object(noted), settings, output_dir)
        elif (card := self.card()) is not None:
            _check_same(card, settings, output_dir)
        elif gfile.exists(output_dir) and (
            not gfile.isdir(output_dir) or gfile.listdir(output_dir)
        ):
            raise FileExistsError(
                "`output_dir` must be a new or empty folder, or one in which "
                "a data set was begun. Received: "
                f"output_dir={output_dir!r}"
            )
        else:
            gfile.makedirs(self.folder)
            write_text(noted, json.dumps(settings, indent=2) + "\n")

    def card(self) -> dict | None:
        """The card of a data set that is complete."""
        path = os.path.join(self.output_dir, CARD)
        return read_object(path) if tf.io.gfile.exists(path) else None

    def blocks(self) -> list[Block]:
        """The blocks that are done, from the first."""
        found: list[Block] = []
        while tf.io.gfile.exists(path := self._path(len(found))):
            with tf.io.gfile.GFile(path, "rb") as file:
                held = io.BytesIO(file.read())
            with np.load(held, allow_pickle=False) as arrays:
                sampled, *rejected = arrays["counts"].tolist()
                found.append(
                    Block(
                        arrays["codes"],
                        arrays["templates"],
                        sampled,
                        Rejected(*rejected),
                    )
                )
        return found

    def add(self, number: int, block: Block) -> None:
        """Notes that a block's pictures are written."""
        buffer = io.BytesIO()
        counts = [block.sampled, *dataclasses.astuple(block.rejected)]
        np.savez(
            buffer,
            codes=block.codes,
            templates=block.templates,
            counts=np.array(counts),
        )
        path = self._path(number)
        with tf.io.gfile.GFile(f"{path}.part", "wb") as file:
            file.write(buffer.getvalue())
        tf.io.gfile.rename(f"{path}.part", path, overwrite=True)

    def finish(self, card: dict) -> None:
        """Writes the card; what is noted of the blocks goes."""
        path = os.path.join(self.output_dir, CARD)
        write_text(path, json.dumps(card, indent=2) + "\n")
        tf.io.gfile.rmtree(self.folder)

    def _path(self, number: int) -> str:
        return os.path.join(self.folder, f"block-{number:06d}.npz")


def _check_same(noted: dict, settings: dict, output_dir: str) -> None:
    different = [name for name in settings if noted.get(name) != settings[name]]
    if different:
        raise ValueError(
            "`output_dir` holds a data set with other settings: choose "
            f"another folder. Received: output_dir={output_dir!r}, which "
            f"differs in {', '.join(different)}"
        )
