"""Photograph files to square RGB pictures of one size."""

import hashlib
import io
import re
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError, features

from data_pipeline.records import colours, faces
from data_pipeline.records.errors import BadPicture

# Only what photographs come as: some of Pillow's formats start other programs.
FORMATS: tuple[str, ...] = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
# What files of these are named.
SUFFIXES: tuple[str, ...] = (
    ".png",
    ".apng",
    ".jpg",
    ".jpeg",
    ".jpe",
    ".jfif",
    ".jif",
    ".jfi",
    ".pjpeg",
    ".pjp",
    ".webp",
    ".bmp",
    ".dib",
    ".gif",
    ".tif",
    ".tiff",
)
# What files of these begin with, save those that have no clear sign (BMP) or
# share it with cameras' raw files (TIFF).
_HEADS = [
    rb"\xff\xd8\xff",
    rb"\x89PNG\r\n\x1a\n",
    rb"GIF8[79]a",
    rb"RIFF....WEBP",
]
if features.check("avif"):
    FORMATS += ("AVIF",)
    SUFFIXES += (".avif", ".avifs")
    _HEADS.append(rb"....ftypavi[fs]")
if features.check("jpg_2000"):
    FORMATS += ("JPEG2000",)
    SUFFIXES += (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc")
    _HEADS += [rb"\0\0\0\x0cjP  ", rb"\xff\x4f\xff\x51"]
if "HEIF" in Image.OPEN:  # Where a plugin of Pillow brought it.
    FORMATS += ("HEIF",)
    SUFFIXES += (".heic", ".heif", ".hif")
    _HEADS.append(rb"....ftyp(?:hei[cxms]|hev[cx]|mif1)")
_HEAD = re.compile(b"|".join(_HEADS), re.DOTALL)
# Cameras take up to 102 megapixels; decoded these are 400 MB.
MAX_PIXELS = 110_000_000
# A progressive file draws the picture again in each scan, usually ten: a few
# bytes can so ask for hours.
MAX_SCANS_PIXELS = 2_000_000_000
# Signature, header, the names and sizes around the rows: see `to_png`.
PNG_HEAD_BYTES = 48

CENTER, WHOLE, PAD, FACE = "center", "none", "pad", "face"

_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")


def is_head(head: bytes) -> bool:
    """Whether a file that begins so is a picture of one of `FORMATS`."""
    return bool(_HEAD.match(head))


def decode(data: bytes) -> Image.Image:
    """A file's bytes as RGB: upright by EXIF, in sRGB, alpha on white.

    Of an animation it is the first frame. 16 bits a channel become 8.

    Raises:
        BadPicture: If the file is empty, corrupt, too large, not of one of
            `FORMATS`, of a mode that has no agreed range, or uses less than
            its 16 bits.
    """
    if not data:
        raise BadPicture("empty file")
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        check_size(picture, data)
        if picture.mode not in colours.MODES:
            raise BadPicture(f"mode {picture.mode} is not 8 bits per channel")
        bits = colours.bits_a_channel(picture, data)
        inverted = colours.is_inverted(picture)
        picture.load()
        profile = picture.info.get("icc_profile")
        picture = ImageOps.exif_transpose(picture)
        return colours.to_srgb(picture, bits, profile, inverted)
    except UnidentifiedImageError:
        raise BadPicture("not a picture that Pillow can read") from None
    except Image.DecompressionBombError as error:
        # Pillow's own limit, before it gives us the picture.
        (pixels, *_) = re.findall(r"\d+", str(error))
        raise _too_large(int(pixels)) from error
    except BadPicture:
        raise
    # Pillow's decoders raise many kinds on broken data.
    except Exception as error:
        raise BadPicture(f"corrupt: {error}") from error


def _too_large(pixels: int) -> BadPicture:
    return BadPicture(
        f"too large: {pixels / 1e6:.1f} megapixels, where "
        f"{MAX_PIXELS / 1e6:g} is the limit"
    )


def check_size(picture: Image.Image, data: bytes) -> None:
    """Refuses by its header a picture that takes too much room or time.

    Args:
        picture: Opened and not yet decoded.
        data: Its file.

    Raises:
        BadPicture: If it is larger than `MAX_PIXELS`, or has so many scans
            that to draw them all takes minutes.
    """
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise _too_large(pixels)
    if picture.format in ("JPEG", "MPO"):
        scans = count_scans(data)
        if scans * pixels > MAX_SCANS_PIXELS:
            raise BadPicture(
                f"too many scans: {scans} of {pixels / 1e6:.1f} megapixels"
            )


def count_scans(data: bytes) -> int:
    """The scans of the first picture of a JPEG file."""
    scans, position = 0, 2
    # Segments that say their length, until the first scan; then the scans'
    # data, in which a marker is what is no stuffed byte and no restart.
    while marker := _JPEG_MARKER.search(data, position):
        code, position = marker.group()[-1], marker.end()
        if code == 0xD9:
            break
        scans += code == 0xDA
        position += int.from_bytes(data[position : position + 2], "big")
    return scans


def parse_crop(crop: str) -> tuple[float, float, float, float] | None:
    """Checks a crop: a name or "left,top,right,bottom" in [0, 1].

    The names are "center", "none", "pad" and "face".

    Returns:
        The relative box, or None for a name.

    Raises:
        ValueError: If it is none of these.
    """
    if crop in (CENTER, WHOLE, PAD, FACE):
        return None
    try:
        left, top, right, bottom = (float(part) for part in crop.split(","))
    except ValueError:
        left = right = 0.0
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(
            '`crop` must be "center", "none", "pad", "face" or a relative '
            'box "left,top,right,bottom" with 0 <= left < right <= 1 and '
            f"0 <= top < bottom <= 1. Received: crop={crop!r}"
        )
    return left, top, right, bottom


def prepare_crop(crop: str) -> None:
    """Checks a crop, and that what it needs is installed.

    Raises:
        ValueError: If it is none; see `parse_crop`.
        FileNotFoundError: If it is "face" and the detector is missing.
    """
    parse_crop(crop)
    if crop == FACE:
        faces.check_installed()


def find_eyes(picture: Image.Image) -> np.ndarray:
    """See `faces.find_eyes`.

    Raises:
        BadPicture: If there is no face.
    """
    eyes = faces.find_eyes(picture)
    if eyes is None:
        raise BadPicture("no face found")
    return eyes


def square(
    picture: Image.Image, crop: str, image_size: int, eyes=None
) -> Image.Image:
    """Crops and resizes to `image_size`, antialiased.

    Args:
        picture: RGB.
        crop: See `parse_crop`. "none" and a box that is not square are
            squeezed into the square; "pad" lays the whole picture on the
            mean colour of its border; "face" aligns the largest face.
        image_size: Side of the result in pixels.
        eyes: For "face", what `find_eyes` found in this picture; it is called
            where they are not given.

    Raises:
        BadPicture: If a face is wanted and there is none.
    """
    box = parse_crop(crop)
    if crop == FACE:
        eyes = find_eyes(picture) if eyes is None else eyes
        return faces.align(picture, eyes, image_size)
    if crop == PAD:
        return _padded(picture, image_size)
    w, h = picture.size
    if box:
        left, top, right, bottom = box
        picture = picture.crop(
            (
                round(left * w),
                round(top * h),
                max(round(right * w), round(left * w) + 1),
                max(round(bottom * h), round(top * h) + 1),
            )
        )
    elif crop == CENTER:
        side = min(w, h)
        left, top = (w - side) // 2, (h - side) // 2
        picture = picture.crop((left, top, left + side, top + side))
    if picture.size != (image_size, image_size):
        picture = picture.resize(
            (image_size, image_size), Image.Resampling.LANCZOS
        )
    return picture


def _padded(picture: Image.Image, image_size: int) -> Image.Image:
    """The whole picture, in the middle of a square of its border's colour."""
    pixels = np.asarray(picture)
    border = np.concatenate(
        [pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]]
    )
    scale = image_size / max(picture.size)
    size = [max(1, round(side * scale)) for side in picture.size]
    if picture.size != tuple(size):
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    colour = tuple(np.rint(border.mean(axis=0)).astype(int).tolist())
    padded = Image.new("RGB", (image_size, image_size), colour)
    padded.paste(picture, [(image_size - side) // 2 for side in size])
    return padded


def to_png(picture: Image.Image) -> bytes:
    """The PNG file of an RGB picture, neither filtered nor compressed.

    Training decodes each picture hundreds of times: at 64 x 64 pixels such a
    file is half as large again as a compressed one, and is decoded in a
    fifth of the time. Pillow would filter the rows even so.
    """
    rows = np.asarray(picture).reshape(picture.height, -1)
    filters = np.zeros([picture.height, 1], np.uint8)  # None, for every row.
    data = zlib.compress(np.hstack([filters, rows]).tobytes(), level=0)
    # Size, 8 bits a channel, RGB, and the only compression, filtering and
    # order of rows that there are.
    header = struct.pack(">2I5B", *picture.size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def png_head(image_size: int) -> bytes:
    """The beginning of every file of `to_png`, up to its first row."""
    return to_png(Image.new("RGB", (image_size, image_size)))[:PNG_HEAD_BYTES]


def pixel_hash(picture: Image.Image) -> str:
    """A hash of the decoded pixels, equal for equal pictures."""
    size = f"{picture.width}x{picture.height}:".encode()
    return hashlib.sha256(size + picture.tobytes()).hexdigest()
