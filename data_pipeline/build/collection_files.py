"""Files of a collection, on any file system or within archives."""

import io
import posixpath

import tensorflow as tf
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from data_pipeline.build import archives, places
from data_pipeline.build.photograph import Photograph


def is_folder(path: str) -> bool:
    """Whether a path is a folder, or an archive, which is read as one."""
    inside = archives.split(path)
    if inside:
        return inside[1] in archives.read(inside[0]).folders
    return tf.io.gfile.isdir(path)


def exists(path: str) -> bool:
    """Whether there is such a file, folder or member of an archive."""
    if archives.split(path):
        return archives.place_of(path) is not None or is_folder(path)
    return FileSystems.exists(path)


def join(folder: str, *names: str) -> str:
    """A path in a folder, which may be an archive or in one."""
    if archives.split(folder):
        return posixpath.join(folder, *names)
    return FileSystems.join(folder, *names)


def open_bytes(path: str):
    """A file as a stream of bytes."""
    place = archives.place_of(path)
    if place:
        return io.BytesIO(places.read(place))
    return FileSystems.open(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    )


def read(photograph: Photograph) -> bytes:
    """The bytes of a photograph's file.

    Raises:
        OSError: If they cannot be read.
    """
    if photograph.place:
        return places.read(photograph.place)
    try:
        with open_bytes(photograph.path) as file:
            return file.read()
    # Beam's file systems raise their own kinds for a file that is not there.
    except BeamIOError as error:
        raise OSError(str(error)) from error
