"""How a data set is built."""

import dataclasses

from data_pipeline import pictures, sources
from data_pipeline.sources import TableColumns


@dataclasses.dataclass(frozen=True)
class BuildOptions:
    """How a data set is built.

    Attributes:
        layout: A name of `sources.LAYOUTS`.
        input: The collection: a folder, or a CSV for the layout `table`.
        output_dir: Where shards and manifest go.
        image_size: 32, 64, 128 or 256.
        crop: See `pictures.parse_crop`; None takes the layout's own.
        columns: Columns of the layout `table`.
        min_images: Identities with fewer photographs are left out.
        max_identities: Takes the first ones by hash; 0 takes all.
        max_bad_fraction: Share of bad files above which the build fails.
        num_shards: Shards of each split.
        overwrite: Whether a data set in `output_dir` is replaced.
    """

    layout: str
    input: str
    output_dir: str
    image_size: int = 64
    crop: str | None = None
    columns: TableColumns = dataclasses.field(default_factory=TableColumns)
    min_images: int = 2
    max_identities: int = 0
    max_bad_fraction: float = 0.01
    num_shards: int = 8
    overwrite: bool = False

    def __post_init__(self):
        if self.layout not in sources.LAYOUTS:
            raise ValueError(
                f"`layout` must be one of {sorted(sources.LAYOUTS)}. "
                f"Received: layout={self.layout!r}"
            )
        if self.image_size not in (32, 64, 128, 256):
            raise ValueError(
                "`image_size` must be 32, 64, 128 or 256. "
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
        pictures.parse_crop(self.resolved_crop)

    @property
    def resolved_crop(self) -> str:
        """The crop, the layout's own where none is given."""
        return self.crop or sources.LAYOUTS[self.layout].crop
