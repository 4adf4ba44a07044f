"""The checkpoints of a run: several in one folder, each complete."""

import dataclasses
import logging
import os
import re

import tensorflow as tf

# What TensorFlow, Keras and h5py raise for a file that is cut, flipped, half
# copied or of another kind.
DAMAGED = (
    tf.errors.OpError,
    OSError,
    ValueError,
    LookupError,
    RuntimeError,
    TypeError,
    AttributeError,
)


NAME = re.compile(r"step-(\d+)\.index")
PART = "part-"  # Before the name of one that is being written.


def step_of(path: str) -> int:
    """The step in a checkpoint's name."""
    return int(path.rsplit("-", 1)[1])


@dataclasses.dataclass(frozen=True)
class Checkpoints:
    """A folder of checkpoints `step-00000500`; it need not be there yet."""

    folder: str

    def __fspath__(self) -> str:
        return self.folder

    def __str__(self) -> str:
        return self.folder

    def paths(self) -> list[str]:
        """All checkpoints, the latest first.

        They are found by their files: a copied folder, or a state file that
        was lost, does not hide them.
        """
        found = tf.io.gfile.glob(os.path.join(self.folder, "step-*.index"))
        paths = [
            path.removesuffix(".index")
            for path in found
            if NAME.fullmatch(os.path.basename(path))
        ]
        return sorted(paths, key=step_of, reverse=True)

    def write(self, checkpoint: tf.train.Checkpoint, step: int) -> str:
        """Writes a checkpoint; gives its path.

        Raises:
            tf.errors.OpError: If it cannot be written; the others stay.
        """
        path = os.path.join(self.folder, f"step-{step:08d}")
        part = os.path.join(self.folder, f"{PART}step-{step:08d}")
        tf.io.gfile.makedirs(self.folder)
        try:
            checkpoint.write(part)
        except tf.errors.OpError:
            # On a full disk what was written of it is room for the next try.
            self.remove_leftovers()
            raise
        # TensorFlow fills an index where it lies. Here it gets its name last,
        # so that a checkpoint that is found by its index is a whole one.
        for file in reversed(_files(part)):
            name = os.path.basename(file).removeprefix(PART)
            tf.io.gfile.rename(
                file, os.path.join(self.folder, name), overwrite=True
            )
        return path

    def restore_latest(
        self, checkpoint: tf.train.Checkpoint, partial: bool = False
    ) -> str | None:
        """Restores the latest checkpoint that can be read.

        Args:
            checkpoint: What to restore, built.
            partial: Whether the file may hold more than `checkpoint`.

        Returns:
            The checkpoint's path, or None if there is none.

        Raises:
            ValueError: If there are checkpoints and none can be read.
        """
        paths = self.paths()
        for path in paths:
            try:
                status = checkpoint.read(path)
                status.assert_existing_objects_matched()
                if not partial:
                    status.assert_consumed()
            except (*DAMAGED, AssertionError) as error:
                logging.warning(
                    "The checkpoint %s cannot be read (%s); trying the one "
                    "before.",
                    path,
                    str(error).splitlines()[0],
                )
            else:
                if partial:
                    status.expect_partial()
                return path
        if paths:
            raise ValueError(
                f"None of the {len(paths)} checkpoints in {self.folder} can "
                "be read; the warnings above say why."
            )
        return None

    def remove(self, path: str) -> None:
        """Removes one of `paths`."""
        for file in _files(path):
            tf.io.gfile.remove(file)

    def keep(self, path: str) -> None:
        """Keeps one of `paths` for good; it is none of them any more."""
        for file in _files(path):
            tf.io.gfile.rename(file, _renamed(file, "kept"), overwrite=True)

    def set_aside(self, path: str) -> None:
        """Lets one of `paths` that cannot be read be none of them."""
        for file in _files(path):
            tf.io.gfile.rename(file, _renamed(file, "damaged"), overwrite=True)

    def remove_leftovers(self) -> None:
        """Removes what a save that was killed left; the lock must be held.

        Files of a checkpoint whose index was never written take room and are
        never read. One that was on its way to be kept for good gets there.
        """
        gfile = tf.io.gfile
        if not gfile.isdir(self.folder):
            return
        names = set(gfile.listdir(self.folder))
        for name in sorted(names):
            path = os.path.join(self.folder, name)
            stem = name.partition(".")[0]
            if name.rstrip("/").endswith("_temp"):
                gfile.rmtree(path)
            elif ".tempstate" in name or name.startswith(PART):
                gfile.remove(path)
            elif ".data-" in name and f"{stem}.index" not in names:
                if f"kept-{stem}.index" in names:
                    gfile.rename(path, _renamed(path, "kept"), overwrite=True)
                else:
                    gfile.remove(path)


def _files(path: str) -> list[str]:
    """A checkpoint's files, the index first: without it there is none."""
    return [f"{path}.index", *tf.io.gfile.glob(f"{path}.data-*")]


def _renamed(path: str, what: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f"{what}-{name}")
