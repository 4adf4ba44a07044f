"""The first reading of every picture: can it be used, and what does it show."""

import dataclasses
import os
import uuid

import apache_beam as beam
import tensorflow as tf

from data_pipeline.build import (
    collection_files,
    packing,
    perceptual_hash,
    picture_counts,
    places,
)
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.photograph import Photograph
from data_pipeline.records import pictures


def inspect(photograph: Photograph, data: bytes, crop: str) -> Photograph:
    """The photograph with what its pixels say.

    Raises:
        BadPicture: If it cannot be used.
    """
    picture = pictures.decode(data)
    eyes = None
    if crop == pictures.FACE:
        eyes = tuple(map(tuple, pictures.find_eyes(picture).tolist()))
    return dataclasses.replace(
        photograph,
        eyes=eyes,
        pixel_hash=pictures.pixel_hash(picture)[:32],
        look=perceptual_hash.look(picture),
    )


class _Inspect(beam.DoFn):
    """Reads photographs; those that cannot be used go to the output "bad".

    Pictures that can only be had together with their neighbours, such as those
    of a compressed tar, are kept as they are in one file of each bundle: the
    shards want them in another order.
    """

    def __init__(self, options: BuildOptions):
        self._crop = options.resolved_crop
        self._folder = options.temporary_dir

    def start_bundle(self):
        self._file = None

    def process(self, photograph):
        picture_counts.count(self._folder, picture_counts.INSPECTED)
        try:
            if photograph.fault:
                raise pictures.BadPicture(photograph.fault)
            try:
                data = collection_files.read(photograph)
            except OSError as error:
                reason = f"cannot be read: {error}"
                raise pictures.BadPicture(reason) from error
            inspected = inspect(photograph, data, self._crop)
        except pictures.BadPicture as error:
            yield beam.pvalue.TaggedOutput("bad", (photograph.path, str(error)))
            return
        if places.is_dear(photograph.place):
            inspected = self._keep(inspected, data)
        yield inspected

    def _keep(self, photograph: Photograph, data: bytes) -> Photograph:
        if self._file is None:
            tf.io.gfile.makedirs(self._folder)
            self._path = os.path.join(self._folder, uuid.uuid4().hex)
            self._file = tf.io.gfile.GFile(self._path, "wb")
            self._length = 0
        self._file.write(data)
        place = (self._path, "bytes", self._length, len(data))
        self._length += len(data)
        return dataclasses.replace(photograph, place=place)

    def finish_bundle(self):
        if self._file is not None:
            self._file.close()


class InspectPictures(beam.PTransform):
    """Packs of photographs by their task to the photographs that can be used.

    Its outputs are `good`, inspected photographs, and `bad`, the path of each
    of the others with the reason.
    """

    def __init__(self, options: BuildOptions):
        super().__init__()
        self._options = options

    def expand(self, packs):
        return (
            packs
            | "Spread" >> beam.GroupByKey()
            | "Unpack" >> beam.FlatMap(_in_file_order)
            | "Inspect"
            >> beam.ParDo(_Inspect(self._options)).with_outputs(
                "bad", main="good"
            )
        )


def _in_file_order(task):
    """The photographs of one task, those of one file in its order."""
    _, packs = task
    photographs = list(packing.unpack_all(packs))
    yield from sorted(photographs, key=lambda p: p.place or ())
