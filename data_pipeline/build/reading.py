"""How a user says that a collection is to be read."""

import dataclasses
import re

# Groups of a pattern that are no labels.
IDENTITY, OBSERVATION, SPLIT = "identity", "observation", "split"


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
