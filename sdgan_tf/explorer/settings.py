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
