"""Faces found by MTCNN, and turned so that the eyes lie where CelebA has them.

The detector comes with PyPI's `mtcnn`, weights included. It is imported and
loaded by the first picture that needs it, once in a process.
"""

import functools
import importlib.util
import math
import threading

import numpy as np
from PIL import Image

# In parts of the square's side: CelebA's canonical eyes, the centres of the
# pixels (69, 111) and (108, 111) of 178x218, in the crop of its layout.
EYES = np.array([[69.5 - 15, 111.5 - 35], [108.5 - 15, 111.5 - 35]]) / 148
# Pictures are searched at this longest side, faces down to 20 pixels of it.
SEARCHED_SIDE = 320
# Columns of MTCNN's arrays.
BOX, EYES_X, EYES_Y = slice(1, 5), slice(6, 8), slice(11, 13)
MARGIN = 3  # Pixels around the square that bicubic filtering may look at.

# Workers may hold several threads; each picture uses TensorFlow's own.
_one_at_a_time = threading.Lock()


def check_installed() -> None:
    """Raises FileNotFoundError if the detector is not installed."""
    needed = ("mtcnn", "lz4", "joblib")
    missing = [n for n in needed if importlib.util.find_spec(n) is None]
    if missing:
        raise FileNotFoundError(
            "--crop=face needs the face detector: pip install --no-deps -r "
            f"requirements-faces.txt. Received: no {', '.join(missing)}"
        )


@functools.cache
def _detector():
    check_installed()
    from mtcnn import MTCNN

    return MTCNN()


def find_eyes(picture: Image.Image) -> np.ndarray | None:
    """The eyes of the largest face, or None if there is no face.

    Args:
        picture: RGB. Faces are seen whose side is at least a sixteenth of
            the picture's longer one.

    Returns:
        The eye on the picture's left, then the other: `[2, 2]` x, y in
        pixels, where (0.5, 0.5) is the centre of the first pixel.

    Raises:
        FileNotFoundError: If the detector is not installed.
    """
    scale = SEARCHED_SIDE / max(picture.size)
    size = [max(1, round(side * scale)) for side in picture.size]
    pixels = np.asarray(picture.resize(size, Image.Resampling.BICUBIC))
    with _one_at_a_time:
        # A larger `min_face_size` than its default, 20, makes MTCNN shrink
        # some pictures too far, and then it finds nothing in them.
        found = _detector().detect_faces(
            pixels, output_type="numpy", box_format="xyxy", fit_to_image=False
        )
    if not len(found):
        return None
    left, top, right, bottom = found[:, BOX].T
    face = found[((right - left) * (bottom - top)).argmax()]
    eyes = np.stack([face[EYES_X], face[EYES_Y]], axis=1)
    eyes = eyes * picture.size / size
    return eyes if np.linalg.norm(eyes[1] - eyes[0]) >= 1 else None


def align(
    picture: Image.Image, eyes: np.ndarray, image_size: int
) -> Image.Image:
    """The square around a face, by rotation, scaling and translation.

    Args:
        picture: RGB. Its edges are repeated where the square leaves it.
        eyes: See `find_eyes`. They come to `EYES`.
        image_size: Side of the result in pixels.
    """
    # As complex numbers: source = turn * target + move.
    (x0, y0), (x1, y1) = eyes
    (u0, v0), (u1, v1) = EYES * image_size
    turn = complex(x1 - x0, y1 - y0) / complex(u1 - u0, v1 - v0)
    move = complex(x0, y0) - turn * complex(u0, v0)
    corners = [
        move + turn * image_size * corner for corner in (0, 1, 1j, 1 + 1j)
    ]
    left, right = _reach([corner.real for corner in corners])
    top, bottom = _reach([corner.imag for corner in corners])
    columns = np.clip(np.arange(left, right), 0, picture.width - 1)
    rows = np.clip(np.arange(top, bottom), 0, picture.height - 1)
    source = Image.fromarray(np.asarray(picture)[rows[:, None], columns])
    move -= complex(left, top)

    # Pillow's transform reads single places: a square that is shrunk is drawn
    # in full, and then reduced with antialiasing.
    finer = max(1, math.ceil(abs(turn)))
    turn /= finer
    square = source.transform(
        (image_size * finer, image_size * finer),
        Image.Transform.AFFINE,
        (turn.real, -turn.imag, move.real, turn.imag, turn.real, move.imag),
        Image.Resampling.BICUBIC,
    )
    return square.resize((image_size, image_size), Image.Resampling.LANCZOS)


def _reach(places: list[float]) -> tuple[int, int]:
    """First and last pixel, the last exclusive, with the filter's margin."""
    return (
        math.floor(min(places)) - MARGIN,
        math.ceil(max(places)) + MARGIN,
    )
