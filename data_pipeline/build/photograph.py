"""A photograph of a collection, and where in a file it lies."""

import dataclasses

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
