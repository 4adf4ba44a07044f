"""All layouts by name: what each is given, and how its pictures are cropped.

Light, for flags: the module of a layout's name lists its photographs.
"""

import dataclasses

from data_pipeline.records.pictures import CENTER


@dataclasses.dataclass(frozen=True)
class Layout:
    """A way to lay out a collection.

    Attributes:
        crop: What its pictures need where the user does not say.
        is_folder: Whether the root is a folder (else a file).
    """

    crop: str = CENTER
    is_folder: bool = True


LAYOUTS = {
    "flat": Layout(),
    "folders": Layout(),
    "pattern": Layout(),
    # The central 148 of 178x218, relative, so that other sizes work too.
    "celeba": Layout(crop=f"{15 / 178},{35 / 218},{163 / 178},{183 / 218}"),
    "table": Layout(is_folder=False),
}
