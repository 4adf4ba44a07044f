"""Settings of the explorer's page."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of the explorer's page.

    Attributes:
        seed: Seed of the first grid, and of estimations.
        rows: Identities in the grid.
        columns: Observations in the grid.
        frames: Frames of a walk in one direction.
        frame_milliseconds: Time of a frame.
        restarts: Descents of an estimation.
        projection_steps: Steps of a descent.
        crop: Crop of photographs; see `pictures.parse_crop`.
        upload_count: The most photographs in one upload.
        upload_megabytes: Largest photograph, in 1e6 bytes.
        upload_megapixels: Largest photograph, in 1e6 pixels.
    """

    seed: int = 0
    rows: int = 6
    columns: int = 8
    frames: int = 12
    frame_milliseconds: int = 80
    restarts: int = 4
    projection_steps: int = 200
    crop: str = "center"
    upload_count: int = 8
    upload_megabytes: float = 10.0
    upload_megapixels: float = 40.0

    # The page's largest grid, and the largest whole number of JavaScript.
    MAX_SIDE = 16
    MAX_SEED = 2**53 - 1

    def __post_init__(self):
        for name, least, most in (
            ("seed", 0, self.MAX_SEED),
            ("rows", 1, self.MAX_SIDE),
            ("columns", 1, self.MAX_SIDE),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(
                    f"`{name}` must be in [{least}, {most}]. "
                    f"Received: {name}={value}"
                )

    def of_page(self) -> dict:
        """Collects what both back ends tell the page."""
        names = ("seed", "rows", "columns", "frames", "frame_milliseconds")
        return {name: getattr(self, name) for name in names}

    def of_uploads(self) -> dict:
        """Collects the limits that the page checks before it uploads."""
        return {
            "count": self.upload_count,
            "megabytes": self.upload_megabytes,
        }
