"""Contact sheets, picture files and animations."""

import base64
import io

import numpy as np
import tensorflow as tf
from PIL import Image


def contact_sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Lays pictures out row by row without borders; white fills the last row.

    Args:
        images: uint8 `[n, h, w, c]`.
        columns: Pictures in a row.

    Returns:
        uint8 `[rows * h, columns * w, c]`.

    Raises:
        ValueError: If `columns` is not positive.
    """
    if columns < 1:
        raise ValueError(
            f"`columns` must be at least 1. Received: columns={columns}"
        )
    n, h, w, c = images.shape
    white = np.full([-n % columns, h, w, c], 255, images.dtype)
    rows = np.concatenate([images, white]).reshape(-1, columns, h, w, c)
    return rows.transpose(0, 2, 1, 3, 4).reshape(-1, columns * w, c)


def encode_png(image: np.ndarray) -> bytes:
    """One uint8 picture `[h, w, 3]` as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def data_url(data: bytes, media_type: str = "image/png") -> str:
    """A file as an address that holds it."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def write_png(path: str, image: np.ndarray) -> None:
    """Writes one uint8 picture `[h, w, 3]` to any path TensorFlow knows."""
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(encode_png(image))


def encode_animation(
    frames: np.ndarray, frame_milliseconds: int, form: str
) -> bytes:
    """Frames, uint8 `[n, h, w, 3]`, as an endless animation.

    Args:
        frames: The pictures.
        frame_milliseconds: Time of a frame.
        form: "GIF" or "WEBP".
    """
    first, *others = (Image.fromarray(frame) for frame in frames)
    buffer = io.BytesIO()
    first.save(
        buffer,
        format=form,
        save_all=True,
        append_images=others,
        duration=frame_milliseconds,
        loop=0,
    )
    return buffer.getvalue()


def write_animation(
    path: str, frames: np.ndarray, frame_milliseconds: int
) -> None:
    """Writes an endless animation; the path's suffix, GIF or WebP, says how.

    Args:
        path: Any path that TensorFlow knows.
        frames: uint8 `[n, h, w, 3]`.
        frame_milliseconds: Time of a frame.
    """
    form = path.rpartition(".")[2].upper()
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(encode_animation(frames, frame_milliseconds, form))
