"""Pictures of any depth, profile and transparency to 8-bit sRGB."""

import functools
import io

import numpy as np
from PIL import Image, ImageChops, ImageCms

from data_pipeline.records.errors import BadPicture

# 8 bits a channel, or 16 of grey. Float modes have no agreed range to scale
# from.
GREY_16 = ("I;16", "I;16L", "I;16B")
MODES = (
    *("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK"),
    *GREY_16,
)
# Less than 15 bits of 16 are used where a camera's or a scanner's 12 bits
# were not scaled: such pictures would be nearly black.
LEAST_OF_16_BITS = 1 << 14

# The largest difference, in 255ths, between sRGB and what a profile says, where
# the profile is sRGB's own, as rounded by who wrote it.
SAME_COLOUR = 3


def to_srgb(
    picture: Image.Image,
    bits: int,
    profile: bytes | None,
    inverted: bool = False,
) -> Image.Image:
    """A decoded picture of one of `MODES` as RGB in sRGB, alpha on white.

    Args:
        picture: Upright.
        bits: See `bits_a_channel`.
        profile: Its ICC profile.
        inverted: See `is_inverted`.

    Raises:
        BadPicture: If it uses less than its 16 bits.
    """
    colours, alpha = _colours_and_alpha(picture, bits)
    if inverted:
        colours = ImageChops.invert(colours)
    return _on_white(colours, alpha, profile)


def bits_a_channel(picture: Image.Image, data: bytes) -> int:
    """The bits of a channel in the file, which Pillow may cut to 8."""
    if picture.format == "PNG":
        return data[24]  # Of the header, which comes first.
    if picture.format == "TIFF":
        return max(picture.tag_v2.get(258, (8,)))  # BitsPerSample.
    return 8


def is_inverted(picture: Image.Image) -> bool:
    """Whether 0 is white, as in scans, and Pillow has left it so.

    It turns the values of 8 bits, and not those of 16.
    """
    return (
        picture.format == "TIFF"
        and picture.mode in GREY_16
        and picture.tag_v2.get(262) == 0  # PhotometricInterpretation.
    )


def _colours_and_alpha(picture: Image.Image, bits: int):
    """The picture of 8 bits without alpha, and its alpha or None."""
    alpha = None
    transparent = picture.info.get("transparency")
    if picture.mode in ("P", "PA", "La", "RGBa"):
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
        elif picture.mode == "P":
            picture = picture.convert("RGB")
        transparent = None
    if picture.mode in ("LA", "RGBA"):
        *colours, alpha = picture.split()
        mode = picture.mode[:-1]
        picture = Image.merge(mode, colours) if mode == "RGB" else colours[0]
    if picture.mode in GREY_16:
        values = np.asarray(picture)
        _check_range(int(values.max()))
        if transparent is not None:
            alpha = Image.fromarray(
                np.where(values == transparent, 0, 255).astype(np.uint8)
            )
        grey = (values.astype(np.uint32) + 128) // 257
        return Image.fromarray(grey.astype(np.uint8)), alpha
    if bits > 8:
        # Pillow has kept the upper 8 bits.
        extrema = picture.getextrema()
        if picture.mode == "L":
            extrema = [extrema]
        _check_range(max(high for _, high in extrema) << 8)
    if picture.mode == "1":
        picture = picture.convert("L")
    if transparent is not None and alpha is None:
        alpha = _all_but(picture, transparent, bits)
    return picture, alpha


def _check_range(largest: int) -> None:
    if largest < LEAST_OF_16_BITS:
        raise BadPicture(
            "16 bits per channel, of which it uses "
            f"{max(largest.bit_length(), 1)}: scale its values to 65,535"
        )


def _all_but(picture: Image.Image, transparent, bits: int) -> Image.Image:
    """The alpha of a grey or RGB picture with one transparent colour."""
    if isinstance(transparent, int):
        transparent = (transparent,)
    different = None
    for channel, value in zip(picture.split(), transparent, strict=True):
        # As Pillow has scaled the pixels: the upper bits, or all of a few.
        value = value >> 8 if bits > 8 else value * 255 // (2**bits - 1)
        other = channel.point([255 * (v != value) for v in range(256)])
        different = (
            other if different is None else ImageChops.lighter(different, other)
        )
    return different


def _on_white(picture: Image.Image, alpha, profile) -> Image.Image:
    """An 8-bit picture as RGB: in sRGB, and what shines through is white."""
    transform = _profile_to_srgb(profile, picture.mode) if profile else None
    if transform:
        picture = ImageCms.applyTransform(picture, transform)
    picture = picture.convert("RGB")
    if alpha is None:
        return picture
    picture.putalpha(alpha)
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


@functools.lru_cache(maxsize=16)
def _profile_to_srgb(profile: bytes, mode: str):
    """The transform from a picture's profile to sRGB; None if there is none.

    A profile that is broken or of another kind of colours is passed over, as
    viewers do, and so is one of sRGB, which most cameras write.
    """
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
        )
        if mode == "CMYK":
            return transform
        steps = np.arange(0, 256, 15, dtype=np.uint8)
        if mode == "RGB":
            colours = np.stack(np.meshgrid(*[steps] * 3), -1).reshape(1, -1, 3)
        else:
            colours = steps[None]
        probe = Image.fromarray(colours)
        changed = ImageCms.applyTransform(probe, transform)
    # lcms and Pillow raise several kinds on what a stranger wrote.
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    difference = np.subtract(changed, probe.convert("RGB"), dtype=np.int16)
    return transform if np.abs(difference).max() > SAME_COLOUR else None
