"""All layouts by name: what each is given, and how its pictures are cropped.

Light, for flags: the module of a layout's name lists its photographs.
"""

import dataclasses

from data_pipeline.records.pictures import CENTER, PAD


@dataclasses.dataclass(frozen=True)
class Layout:
    """A way to lay out a collection.

    Attributes:
        crop: What its pictures need where the user does not say.
        roots: What it may be read from: "folder", which an archive is too,
            and "file".
    """

    crop: str = CENTER
    roots: tuple[str, ...] = ("folder",)


_SHARDS = Layout(roots=("file", "folder"))
LAYOUTS = {
    "flat": Layout(),
    "folders": Layout(),
    "pattern": Layout(),
    # The central 148 of 178x218, relative, so that other sizes work too.
    "celeba": Layout(crop=f"{15 / 178},{35 / 218},{163 / 178},{183 / 218}"),
    "table": Layout(roots=("file",)),
    "abo": Layout(crop=PAD),
    # Other programs' shards: one file, or a folder of them at any depth.
    "parquet": _SHARDS,
    "recordio": _SHARDS,
    "tfrecord": _SHARDS,
    "webdataset": _SHARDS,
}
