"""The checkpoints of a run: several in one folder, each complete."""

import contextlib
import dataclasses
import logging
import os
import re
import tempfile
from collections.abc import Iterator

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
# Data of a checkpoint, of one that is being written, kept or set aside.
DATA = re.compile(r"(?:part-|kept-|damaged-)?step-\d+\.data-\d+-of-\d+")
# What TensorFlow writes first, and an index that it fills where it lies.
UNFINISHED = re.compile(r"(?:part-)?step-\d+(_temp|\.index\.tempstate\d+)")
# To read a checkpoint TensorFlow takes its path for a pattern of these.
PATTERN = re.compile(r"[*?\[\]\\]")


def step_of(path: str) -> int:
    """The step in a checkpoint's name."""
    return int(path.rsplit("-", 1)[1])


@dataclasses.dataclass(frozen=True)
class Checkpoints:
    """A folder of checkpoints `step-00000500`; it need not be there yet.

    Its name may hold any characters: those that TensorFlow takes for a
    pattern are hidden from it by a link. A folder of another scheme (`gs://`)
    has no links.

    Raises:
        ValueError: If it is of another scheme and its name holds one of them.
    """

    folder: str

    def __post_init__(self):
        if "://" in self.folder and PATTERN.search(self.folder):
            raise ValueError(
                "A folder of checkpoints that is not local must have a name "
                "without *, ?, [, ] and \\: TensorFlow reads them as a "
                f"pattern. Received: {self.folder!r}"
            )

    def __fspath__(self) -> str:
        return self.folder

    def __str__(self) -> str:
        return self.folder

    def paths(self) -> list[str]:
        """All checkpoints, the latest first.

        They are found by their files: a copied folder, or a state file that
        was lost, does not hide them.
        """
        paths = [
            os.path.join(self.folder, name.removesuffix(".index"))
            for name in _names(self.folder)
            if NAME.fullmatch(name)
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
            with _literal(part) as prefix:
                checkpoint.write(prefix)
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
                with _literal(path) as prefix:
                    status = checkpoint.read(prefix)
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
        never read. One that was on its way to another name gets there, and so
        do data that lie beside their index under the name of a part: a version
        that took the folder's name for a pattern left them there.
        """
        gfile = tf.io.gfile
        names = set(_names(self.folder))
        for name in sorted(names):
            path = os.path.join(self.folder, name)
            stem = name.partition(".")[0]
            whole = name.removeprefix(PART)
            if UNFINISHED.fullmatch(name):
                (gfile.rmtree if gfile.isdir(path) else gfile.remove)(path)
            elif name.startswith(PART) and DATA.fullmatch(name):
                index = stem.removeprefix(PART) + ".index"
                if index in names and whole not in names:
                    gfile.rename(path, os.path.join(self.folder, whole))
                else:
                    gfile.remove(path)
            elif name.startswith(PART) and NAME.fullmatch(whole):
                gfile.remove(path)
            elif DATA.fullmatch(name) and f"{stem}.index" not in names:
                for what in ("kept", "damaged"):
                    if f"{what}-{stem}.index" in names:
                        gfile.rename(path, _renamed(path, what), overwrite=True)
                        break
                else:
                    gfile.remove(path)


def _names(folder: str) -> list[str]:
    """Lists a folder, which need not be there."""
    if not tf.io.gfile.isdir(folder):
        return []
    # A bucket's folders are listed with a slash.
    return [name.rstrip("/") for name in tf.io.gfile.listdir(folder)]


@contextlib.contextmanager
def _literal(path: str) -> Iterator[str]:
    """A path to the same files that TensorFlow does not take for a pattern."""
    folder, name = os.path.split(path)
    if not PATTERN.search(folder):
        yield path
        return
    root = tempfile.gettempdir()
    # What TMPDIR names may hold such characters too.
    root = "/tmp" if PATTERN.search(root) else root
    with tempfile.TemporaryDirectory(dir=root) as temporary:
        link = os.path.join(temporary, "checkpoints")
        os.symlink(os.path.abspath(folder), link, target_is_directory=True)
        yield os.path.join(link, name)


def _files(path: str) -> list[str]:
    """A checkpoint's files, the index first: without it there is none."""
    folder, stem = os.path.split(path)
    data = [
        os.path.join(folder, name)
        for name in sorted(_names(folder))
        if name.startswith(f"{stem}.data-")
    ]
    return [f"{path}.index", *data]


def _renamed(path: str, what: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f"{what}-{name}")
