"""Perceptual hashes of photographs, in which near duplicates agree.

The same photograph of another size, compression, brightness or file format is
a near duplicate; another photograph of the same scene, as a rule, is not.
docs/data.md says what the limits were measured on.
"""

import base64

import numpy as np
from PIL import Image

SIDE = 32  # Of the thumbnail that all of a look is computed from.
# The spectrum's part, from the lowest frequency that varies both ways.
FREQUENCIES = 8
# Grey levels of standard deviation below which a picture shows next to nothing.
FLATTEST = 4.0

# A look: the signs of a cosine transform, by which near duplicates are found;
# finer differences of neighbours, and the colours of four quarters, by which
# they are confirmed. Products that differ by their colour alone stay apart.
LOOK = np.dtype(
    [("signs", "<u8"), ("differences", "<u8", 2), ("colours", "u1", 12)]
)
# What near duplicates may differ by: bits, bits, and 255ths of a colour.
SIGNS, DIFFERENCES, COLOURS = 4, 20, 24

_COSINES = np.cos(
    np.pi
    / (2 * SIDE)
    * np.arange(1, FREQUENCIES + 1)[:, None]
    * (2 * np.arange(SIDE) + 1)
)


def look(picture: Image.Image) -> str | None:
    """The look of an RGB picture, as text; None where it shows too little.

    Source: the 64 signs about the median of a discrete cosine transform are
    pHash (Zauner 2010), the differences of neighbours dHash (Krawetz 2013).
    """
    small = picture.resize((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(small.convert("L"), np.float64)
    if grey.std() < FLATTEST:
        return None
    spectrum = _COSINES @ grey @ _COSINES.T
    # The last of a row has the first as its neighbour: 16 bits a row.
    rows = grey.reshape(8, SIDE // 8, 16, SIDE // 16).mean(axis=(1, 3))
    quarters = np.asarray(small).reshape(2, SIDE // 2, 2, SIDE // 2, 3)
    found = np.zeros([], LOOK)
    found["signs"] = _words(spectrum > np.median(spectrum))[0]
    found["differences"] = _words(np.roll(rows, -1, axis=1) > rows)
    found["colours"] = np.rint(quarters.mean(axis=(1, 3))).ravel()
    return base64.b85encode(found.tobytes()).decode()


def _words(bits: np.ndarray) -> np.ndarray:
    return np.packbits(bits.ravel()).view("<u8")


def read(looks: list[str]) -> np.ndarray:
    """Looks as an array of `LOOK`, `[n]`."""
    found = np.empty(len(looks), LOOK)
    for row, text in enumerate(looks):
        found[row] = np.frombuffer(base64.b85decode(text), LOOK)[0]
    return found


def near(looks: np.ndarray, number: int, start: int = 0) -> np.ndarray:
    """Pairs of a few looks with any of all that are near duplicates.

    Args:
        looks: Of `LOOK`, `[n]`.
        number: Of looks that are compared with all.
        start: The first of them.

    Returns:
        int `[pairs, 2]`: a row of those few, and any other row. Each pair of
        two of the few is there both ways.
    """
    few = looks[start : start + number]
    signs = few["signs"][:, None] ^ looks["signs"]
    first, second = np.nonzero(np.bitwise_count(signs) <= SIGNS)
    first += start
    other = first != second
    a, b = looks[first[other]], looks[second[other]]
    differences = np.bitwise_count(a["differences"] ^ b["differences"])
    colours = np.abs(np.subtract(a["colours"], b["colours"], dtype=np.int16))
    same = (differences.sum(axis=1) <= DIFFERENCES) & (
        colours.max(axis=1, initial=0) <= COLOURS
    )
    return np.stack([first[other][same], second[other][same]], axis=1)
