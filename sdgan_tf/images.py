"""Contact sheets, picture files and animations."""

import base64
import io
import unicodedata
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw, ImageFont

# Pictures of a labelled sheet have at least so many pixels to a side, and
# their text at most so many to a label.
LEAST_SIDE, MOST_TEXT = 96, 240
FONT_SIZE, MARGIN = 14, 6


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


def labelled_sheet(
    images: np.ndarray, row_labels: Sequence[str], column_labels: Sequence[str]
) -> np.ndarray:
    """Lays pictures out as `contact_sheet` does, with text beside them.

    Small pictures are enlarged by a whole factor, pixel by pixel. Long labels
    are cut, and letters that are not ASCII lose their marks or become "?".

    Args:
        images: uint8 `[n, h, w, 3]`.
        row_labels: One for each row.
        column_labels: One for each column.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        ValueError: If there is not a label for each row.
    """
    columns = len(column_labels)
    sheet = contact_sheet(images, columns)
    h, w = images.shape[1:3]
    if sheet.shape[0] != h * len(row_labels):
        raise ValueError(
            f"`row_labels` must be one for each of the {sheet.shape[0] // h} "
            f"rows. Received: {len(row_labels)} labels"
        )
    factor = -(-LEAST_SIDE // min(h, w))
    sheet = sheet.repeat(factor, axis=0).repeat(factor, axis=1)
    h, w = h * factor, w * factor
    font = ImageFont.load_default(FONT_SIZE)
    rows = [_cut(label, font, MOST_TEXT) for label in row_labels]
    left = max(map(font.getlength, rows), default=0)
    left, top = round(left) + 2 * MARGIN, FONT_SIZE + 2 * MARGIN
    size = left + sheet.shape[1], top + sheet.shape[0]
    picture = Image.new("RGB", size, "white")
    picture.paste(Image.fromarray(sheet), (left, top))
    pen = ImageDraw.Draw(picture)
    for number, label in enumerate(rows):
        place = left - MARGIN, top + number * h + h // 2
        pen.text(place, label, "black", font, anchor="rm")
    for number, label in enumerate(column_labels):
        label = _cut(label, font, w - MARGIN)
        place = left + number * w + w // 2, top - MARGIN
        pen.text(place, label, "black", font, anchor="ms")
    return np.asarray(picture)


def _cut(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """Cuts a text to a width in pixels; the font has ASCII only."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    text = " ".join(plain.encode("ascii", "replace").decode().split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."


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
