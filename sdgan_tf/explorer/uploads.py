"""Uploaded photographs: what is taken, what is refused; none is kept."""

import base64
import io
import math

import numpy as np
from PIL import Image

from data_pipeline.records import pictures

MEGA = 1_000_000
MAX_NAME = 80


def read_photograph(
    data: bytes,
    name: str,
    image_size: int,
    crop: str,
    megabytes: float,
    megapixels: float,
) -> np.ndarray:
    """One uploaded file as the square picture that the generator would draw.

    Args:
        data: The file.
        name: What the user calls it.
        image_size: Side of the result in pixels.
        crop: See `pictures.parse_crop`.
        megabytes: Largest file, in 1e6 bytes.
        megapixels: Largest picture, in 1e6 pixels.

    Returns:
        uint8 `[image_size, image_size, 3]`.

    Raises:
        ValueError: If the file is refused; the message says why.
    """
    name = name[:MAX_NAME]
    if len(data) > megabytes * MEGA:
        raise ValueError(
            f"{name} is too large: {len(data) / MEGA:.1f} MB, more than "
            f"the limit of {megabytes:g} MB."
        )
    _check_header(data, name, megapixels)
    try:
        picture = pictures.decode(data)
    except pictures.BadPicture as error:
        raise ValueError(f"{name} cannot be used: {error}.") from error
    return np.asarray(pictures.square(picture, crop, image_size))


def read_uploads(files, most: int, **options) -> np.ndarray:
    """The files of one upload as photographs of one subject.

    Args:
        files: A list with of each its `name` and its `data`, base64. An event
            that was made by hand may hold anything else.
        most: Largest number of files.
        **options: Of `read_photograph`.

    Returns:
        uint8 `[k, image_size, image_size, 3]`.

    Raises:
        ValueError: If the upload is refused.
    """
    number = len(files) if isinstance(files, list) else 0
    if not 1 <= number <= most:
        raise ValueError(
            f"Choose 1 to {most} photographs. Received: {number} files"
        )
    return np.stack(
        [read_photograph(*_content(file), **options) for file in files]
    )


def _content(file) -> tuple[bytes, str]:
    """The bytes and the name of one of the files."""
    match file:
        case {"name": str(name), "data": str(data)}:
            try:
                return base64.b64decode(data, validate=True), name
            # Also of letters that base64 has not.
            except ValueError as error:
                raise ValueError(
                    f"{name[:MAX_NAME]} arrived damaged: {error}."
                ) from error
    raise ValueError(
        "The request is malformed: each file must have a `name` and its `data`."
    )


def most_bytes(files: int, megabytes: float) -> int:
    """The largest request that holds so many files, as base64 in JSON."""
    return math.ceil(files * megabytes * MEGA * 4 / 3) + 100_000


def _check_header(data: bytes, name: str, megapixels: float) -> None:
    """Refuses by its header, before any pixel is unpacked, what is no picture.

    Only common formats are tried: some of Pillow's start other programs.
    """
    too_many = f"{name} is too large: more than {megapixels:g} megapixels."
    try:
        with Image.open(io.BytesIO(data), formats=pictures.FORMATS) as picture:
            pixels = math.prod(picture.size)
    except Image.DecompressionBombError as error:
        raise ValueError(too_many) from error
    # Pillow raises many kinds for broken headers.
    except Exception as error:
        raise ValueError(
            f"{name} is not a picture that can be read: choose "
            f"{', '.join(pictures.FORMATS)} files."
        ) from error
    if pixels > megapixels * MEGA:
        raise ValueError(too_many)
