"""The first reading of every picture: can it be used, and what does it show."""

import dataclasses

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from data_pipeline.build import packing
from data_pipeline.build.photograph import Photograph
from data_pipeline.records import pictures


def read(path: str) -> bytes:
    """The bytes of a collection's file."""
    with FileSystems.open(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        return file.read()


def inspect(photograph: Photograph, crop: str):
    """Yields the photograph with what its pixels say.

    One that cannot be used goes to the output "bad" instead, as its path and
    the reason.
    """
    try:
        yield _inspected(photograph, crop)
    except pictures.BadPicture as error:
        yield beam.pvalue.TaggedOutput("bad", (photograph.path, str(error)))


def _inspected(photograph: Photograph, crop: str) -> Photograph:
    if photograph.fault:
        raise pictures.BadPicture(photograph.fault)
    try:
        data = read(photograph.path)
    # Beam's file systems raise their own kinds for a file that is not there.
    except (OSError, beam.io.filesystem.BeamIOError) as error:
        raise pictures.BadPicture(f"cannot be read: {error}") from error
    picture = pictures.decode(data)
    eyes = None
    if crop == pictures.FACE:
        eyes = tuple(map(tuple, pictures.find_eyes(picture).tolist()))
    return dataclasses.replace(
        photograph, eyes=eyes, pixel_hash=pictures.pixel_hash(picture)[:32]
    )


class InspectPictures(beam.PTransform):
    """Numbered packs of photographs to the photographs that can be used.

    Its outputs are `good`, inspected photographs, and `bad`, the path of each
    of the others with the reason.
    """

    def __init__(self, crop: str):
        super().__init__()
        self._crop = crop

    def expand(self, packs):
        return (
            packs
            | "Spread" >> beam.GroupByKey()
            | "Unpack" >> beam.FlatMap(lambda e: packing.unpack_all(e[1]))
            | "Inspect"
            >> beam.FlatMap(inspect, self._crop).with_outputs(
                "bad", main="good"
            )
        )
