"""Photographs of a collection, and how a user says to find them."""

import dataclasses
import re

# Groups of a pattern that are no labels.
IDENTITY, OBSERVATION, SPLIT = "identity", "observation", "split"

# A picture within another file: the file, how it is found there, and two
# numbers. They are offset and length for "bytes", "zip" (a member with its
# local header), "record" (of RecordIO) and "stream" (of a decompressed file),
# row group and row for "column NAME" of a parquet file.
Place = tuple[str, str, int, int]


@dataclasses.dataclass(frozen=True, order=True)
class Photograph:
    """One file of a collection.

    Attributes:
        path: Where it lies; within another file, what it is called.
        identity: Whom or what it shows.
        observation: What tells it from the identity's other photographs.
        labels: (name, value) pairs.
        split: Its split where the collection fixes it, else None.
        eyes: (x, y) of the two eyes, once they were looked for.
        pixel_hash: Of what it shows, once that was decoded.
        look: What near duplicates of it share, once it was decoded; None
            where it shows too little.
        fault: Why it cannot be used, where its collection says so already.
        place: Where it lies within another file; None if it is a file.
    """

    path: str
    identity: str
    observation: str
    labels: tuple[tuple[str, str], ...] = ()
    split: str | None = None
    eyes: tuple[tuple[float, float], ...] | None = None
    pixel_hash: str | None = None
    look: str | None = None
    fault: str | None = None
    place: Place | None = None


@dataclasses.dataclass(frozen=True)
class TableColumns:
    """Columns of a table, or features of other programs' shards.

    Attributes:
        image: Of the pictures; in a table `*` stands for any characters, so
            that several columns may be meant.
        identity: Of whom or what they show.
        labels: Kept in the records.
    """

    image: str = "image"
    identity: str = "identity"
    labels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Reading:
    """How a collection is to be read.

    Attributes:
        columns: Of `table`.
        delimiter: Of `table`; None finds it.
        encoding: Of `table`; None finds it.
        image_root: Of `table`: what its paths are relative to; None is its
            own folder.
        image_separator: Of `table`: between the pictures in one cell; None
            where a cell names one.
        pattern: Of `pattern`, a regular expression.
        identity_depth: Of `folders`: which folder of a path, counted from 1,
            names the identity; 0 is the one that holds the picture.
        folder_splits: Whether folders and shards named as splits are these.
    """

    columns: TableColumns = dataclasses.field(default_factory=TableColumns)
    delimiter: str | None = None
    encoding: str | None = None
    image_root: str | None = None
    image_separator: str | None = None
    pattern: str | None = None
    identity_depth: int = 0
    folder_splits: bool = True

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels that photographs may have."""
        if self.pattern is None:
            return self.columns.labels
        groups = re.compile(self.pattern).groupindex
        return tuple(
            group
            for group in groups
            if group not in (IDENTITY, OBSERVATION, SPLIT)
        )
