"""How a data set is built."""

import dataclasses
import os
import re

from data_pipeline.build.layouts.kinds import LAYOUTS
from data_pipeline.build.reading import Reading, TableColumns
from data_pipeline.records import pictures
from data_pipeline.records.sizes import IMAGE_SIZES
from data_pipeline.records.splits import SPLIT_FRACTIONS, SPLITS


@dataclasses.dataclass(frozen=True)
class BuildOptions:
    """How a data set is built.

    Attributes:
        layout: A name of `kinds.LAYOUTS`.
        input: The collection: a folder, or a CSV for the layout `table`.
        output_dir: Where shards and manifest go.
        image_size: 32, 64, 128 or 256.
        crop: See `pictures.parse_crop`; None takes the layout's own.
        columns: Columns of the layout `table`.
        delimiter: See `reading.Reading`.
        encoding: Likewise.
        image_root: Likewise.
        image_separator: Likewise.
        pattern: Likewise.
        identity_depth: Likewise.
        folder_splits: Likewise.
        min_images: Identities with fewer photographs are left out.
        max_identities: Takes the first ones by hash; 0 takes all.
        max_bad_fraction: Fraction of bad files above which the build fails.
        split_fractions: Of the identities, by hash, for train, valid and test.
        drop_near_duplicates: Whether near duplicates are left out, as equal
            pictures are; see `near_duplicates`.
        num_shards: Shards of each split.
        overwrite: Whether a data set in `output_dir` is replaced.
    """

    layout: str
    input: str
    output_dir: str
    image_size: int = 64
    crop: str | None = None
    columns: TableColumns = dataclasses.field(default_factory=TableColumns)
    delimiter: str | None = None
    encoding: str | None = None
    image_root: str | None = None
    image_separator: str | None = None
    pattern: str | None = None
    identity_depth: int = 0
    folder_splits: bool = True
    min_images: int = 2
    max_identities: int = 0
    max_bad_fraction: float = 0.01
    split_fractions: tuple[float, ...] = SPLIT_FRACTIONS
    drop_near_duplicates: bool = False
    num_shards: int = 8
    overwrite: bool = False

    def __post_init__(self):
        if self.layout not in LAYOUTS:
            raise ValueError(
                f"`layout` must be one of {sorted(LAYOUTS)}. "
                f"Received: layout={self.layout!r}"
            )
        if self.image_size not in IMAGE_SIZES:
            raise ValueError(
                f"`image_size` must be one of {IMAGE_SIZES}. "
                f"Received: image_size={self.image_size}"
            )
        for name in ("min_images", "num_shards"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"`{name}` must be at least 1. "
                    f"Received: {name}={getattr(self, name)}"
                )
        if self.max_identities < 0:
            raise ValueError(
                "`max_identities` must be at least 0. "
                f"Received: max_identities={self.max_identities}"
            )
        if not 0 <= self.max_bad_fraction <= 1:
            raise ValueError(
                "`max_bad_fraction` must be in [0, 1]. "
                f"Received: max_bad_fraction={self.max_bad_fraction}"
            )
        if self.identity_depth < 0:
            raise ValueError(
                "`identity_depth` must be at least 0. "
                f"Received: identity_depth={self.identity_depth}"
            )
        if len(self.split_fractions) != len(SPLITS) or not (
            all(0 <= part <= 1 for part in self.split_fractions)
            and abs(sum(self.split_fractions) - 1) < 1e-6
        ):
            raise ValueError(
                "`split_fractions` must be three numbers in [0, 1] whose sum "
                "is 1, for train, valid and test. "
                f"Received: split_fractions={self.split_fractions}"
            )
        self._check_pattern()
        self._check_text()
        pictures.parse_crop(self.resolved_crop)

    def _check_pattern(self) -> None:
        if (self.pattern is None) == (self.layout == "pattern"):
            raise ValueError(
                "The layout `pattern` needs a `pattern`, and no other takes "
                f"one. Received: layout={self.layout!r}, "
                f"pattern={self.pattern!r}"
            )
        if self.pattern is None:
            return
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise ValueError(
                f"`pattern` must be a regular expression: {error}. "
                f"Received: pattern={self.pattern!r}"
            ) from error
        if "identity" not in groups:
            raise ValueError(
                "`pattern` must have a group `identity`, written "
                "(?P<identity>...). "
                f"Received: pattern={self.pattern!r}"
            )

    def _check_text(self) -> None:
        if self.delimiter is not None and (
            len(self.delimiter) != 1 or self.delimiter in '"\r\n '
        ):
            raise ValueError(
                "`delimiter` must be one character, not a quote or a blank. "
                f"Received: delimiter={self.delimiter!r}"
            )
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except LookupError as error:
                raise ValueError(
                    "`encoding` must be a text encoding that Python knows, "
                    "like utf-8, utf-16, cp1252. "
                    f"Received: encoding={self.encoding!r}"
                ) from error

    @property
    def temporary_dir(self) -> str:
        """A folder for files that are wanted during the build only."""
        return os.path.join(self.output_dir, "temporary")

    @property
    def reading(self) -> Reading:
        """How the collection is to be read."""
        return Reading(
            self.columns,
            self.delimiter,
            self.encoding,
            self.image_root,
            self.image_separator,
            self.pattern,
            self.identity_depth,
            self.folder_splits,
        )

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels that records may carry."""
        return self.reading.label_names

    @property
    def resolved_crop(self) -> str:
        """The crop, the layout's own where none is given."""
        return self.crop or LAYOUTS[self.layout].crop
