import io
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from data_pipeline.records import pictures

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255,) * 3


def file_of(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


def noise(w, h, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (h, w, 3), np.uint8)
    return Image.fromarray(pixels)


def halves(w, h):
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (w, h), RED)
    picture.paste(BLUE, (w // 2, 0, w, h))
    return picture


def decode_rgb(data):
    picture = pictures.decode(data)
    assert picture.mode == "RGB"
    return picture


def near(colour, expected, tolerance=8):
    return np.abs(np.subtract(colour, expected)).max() <= tolerance


def test_rgb_is_unchanged():
    picture = noise(7, 5)
    decoded = decode_rgb(file_of(picture))
    assert decoded.size == (7, 5)
    np.testing.assert_array_equal(np.asarray(decoded), np.asarray(picture))


@pytest.mark.parametrize(
    ("orientation", "size", "top_left", "bottom_right"),
    [
        (1, (64, 32), RED, BLUE),
        (3, (64, 32), BLUE, RED),
        # Row 0 of the file is the right side, column 0 the top.
        (6, (32, 64), RED, BLUE),
        (8, (32, 64), BLUE, RED),
    ],
)
def test_exif_orientation_is_applied(orientation, size, top_left, bottom_right):
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode_rgb(file_of(halves(64, 32), "JPEG", exif=exif))
    assert decoded.size == size
    assert near(decoded.getpixel((2, 2)), top_left)
    assert near(decoded.getpixel((size[0] - 3, size[1] - 3)), bottom_right)


def test_exif_orientation_6_turns_clockwise():
    picture = Image.new("RGB", (64, 32), RED)
    picture.paste(BLUE, (0, 16, 64, 32))  # The lower half.
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode_rgb(file_of(picture, "JPEG", exif=exif, subsampling=0))
    # Turned clockwise, what was below is on the left.
    assert near(decoded.getpixel((2, 32)), BLUE)
    assert near(decoded.getpixel((29, 32)), RED)


def test_grey_becomes_three_equal_channels():
    picture = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    pixels = np.asarray(decode_rgb(file_of(picture)))
    for channel in range(3):
        np.testing.assert_array_equal(
            pixels[..., channel].ravel(), np.arange(256)
        )


def test_one_bit_is_black_and_white():
    picture = Image.new("1", (4, 2), 0)
    picture.putpixel((3, 1), 1)
    pixels = np.asarray(decode_rgb(file_of(picture)))
    assert pixels[1, 3].tolist() == [255] * 3
    assert pixels.sum() == 3 * 255


def test_palette():
    picture = halves(8, 8).convert("P", palette=Image.Palette.ADAPTIVE)
    decoded = decode_rgb(file_of(picture))
    assert decoded.getpixel((0, 0)) == RED
    assert decoded.getpixel((7, 7)) == BLUE


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_colour_of_a_palette_becomes_white(kind):
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([*GREEN, *BLUE] + [0] * 762)
    picture.paste(1, (4, 0, 8, 8))
    decoded = decode_rgb(file_of(picture, kind, transparency=0))
    assert decoded.getpixel((0, 0)) == WHITE
    assert decoded.getpixel((7, 0)) == BLUE


def test_transparent_colour_of_rgb_becomes_white():
    decoded = decode_rgb(file_of(halves(8, 8), transparency=RED))
    assert decoded.getpixel((0, 0)) == WHITE
    assert decoded.getpixel((7, 0)) == BLUE


def test_grey_with_alpha_on_white():
    picture = Image.new("LA", (2, 1), (100, 255))
    picture.putpixel((1, 0), (100, 0))
    decoded = decode_rgb(file_of(picture))
    assert decoded.getpixel((0, 0)) == (100, 100, 100)
    assert decoded.getpixel((1, 0)) == WHITE


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_rgba_on_white(kind):
    picture = Image.new("RGBA", (3, 1), (*RED, 255))
    picture.putpixel((1, 0), (*RED, 0))
    picture.putpixel((2, 0), (*RED, 128))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    decoded = decode_rgb(file_of(picture, kind, **options))
    assert decoded.getpixel((0, 0)) == RED
    assert decoded.getpixel((1, 0)) == WHITE
    assert near(decoded.getpixel((2, 0)), (255, 127, 127), 1)


def test_cmyk():
    picture = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    decoded = decode_rgb(file_of(picture, "JPEG", quality=95))
    assert near(decoded.getpixel((8, 8)), RED)


def png_of(rows, colour_type, *chunks):
    """A PNG file of 16 bits a channel, which Pillow does not write."""
    h, w = rows.shape[:2]
    lines = np.hstack(
        [
            np.zeros([h, 1], np.uint8),
            rows.reshape(h, -1).astype(">u2").view(np.uint8),
        ]
    )
    header = struct.pack(">2I5B", w, h, 16, colour_type, 0, 0, 0)
    parts = [
        (b"IHDR", header),
        *chunks,
        (b"IDAT", zlib.compress(lines.tobytes())),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_of_grey_are_scaled(kind):
    values = np.arange(0, 65536, 257, np.uint16).reshape(16, 16)
    data = file_of(Image.fromarray(values), kind)
    assert Image.open(io.BytesIO(data)).mode == "I;16"
    pixels = np.asarray(decode_rgb(data))
    for channel in range(3):
        np.testing.assert_array_equal(
            pixels[..., channel].ravel(), np.arange(256)
        )


def test_16_bits_of_a_tiff_whose_0_is_white():
    values = np.array([[0, 257 * 100], [257 * 200, 65535]], np.uint16)
    data = file_of(Image.fromarray(values), "TIFF", tiffinfo={262: 0})
    assert [*pictures.decode(data).getdata(0)] == [255, 155, 55, 0]


def test_16_bits_of_colour_are_scaled():
    rows = np.full((2, 2, 3), (60000, 128, 256 * 30), np.uint16)
    assert decode_rgb(png_of(rows, 2)).getpixel((0, 0)) == (234, 0, 30)


def tiff_of(rows):
    """A TIFF file of RGB of 16 bits a channel, uncompressed."""
    h, w, _ = rows.shape
    data = rows.astype("<u2").tobytes()
    place = 8 + len(data)  # Of the bits of each channel.
    tags = [
        (256, 4, 1, w),
        (257, 4, 1, h),
        (258, 3, 3, place),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8),
        (277, 3, 1, 3),
        (278, 4, 1, h),
        (279, 4, 1, len(data)),
    ]
    return (
        struct.pack("<2sHI", b"II", 42, place + 6)
        + data
        + struct.pack("<3H", 16, 16, 16)
        + struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        + bytes(4)
    )


def test_16_bits_of_a_tiff():
    rows = np.full((2, 2, 3), (60000, 128, 256 * 30), np.uint16)
    assert decode_rgb(tiff_of(rows)).getpixel((0, 0)) == (234, 0, 30)
    with pytest.raises(pictures.BadPicture, match="of which it uses 12"):
        pictures.decode(tiff_of(rows // 16))


@pytest.mark.parametrize("bits", [1, 10, 12, 14])
@pytest.mark.parametrize("colour_type", [0, 2, 4, 6])
def test_less_than_16_bits_in_16_are_refused(bits, colour_type):
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    rows = np.full((2, 2, channels), 2**bits - 1, np.uint16)
    if colour_type in (4, 6):
        rows[..., -1] = 65535
    # Pillow's upper byte cannot tell the lowest bits.
    used = bits if bits > 8 or colour_type == 0 else 1
    with pytest.raises(
        pictures.BadPicture, match=f"of which it uses {used}: scale its values"
    ):
        pictures.decode(png_of(rows, colour_type))


def test_transparent_grey_of_16_bits_becomes_white():
    rows = np.full((1, 2), 30000, np.uint16)
    rows[0, 1] = 30001
    data = png_of(rows, 0, (b"tRNS", struct.pack(">H", 30001)))
    decoded = decode_rgb(data)
    assert decoded.getpixel((0, 0)) == (117,) * 3
    assert decoded.getpixel((1, 0)) == WHITE


@pytest.mark.parametrize("mode", ["1", "L"])
def test_transparent_grey_becomes_white(mode):
    picture = Image.new(mode, (2, 1), 255)
    picture.putpixel((1, 0), 0)
    decoded = decode_rgb(file_of(picture, transparency=0))
    assert decoded.getpixel((1, 0)) == WHITE
    decoded = decode_rgb(file_of(picture, transparency=1 if mode == "1" else 9))
    assert decoded.getpixel((0, 0)) == WHITE
    assert decoded.getpixel((1, 0)) == (0, 0, 0)


# Of Display P3 and Adobe RGB: gamma, and red, green and blue as XYZ (D50).
WIDE = {
    "p3": (2.2, (0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189),
           (0.1571, 0.06657, 0.78407)),
    "adobe": (563 / 256, (0.60974, 0.31111, 0.01947),
              (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
}  # fmt: skip


def icc_of(gamma, *primaries):
    """A profile of a display, as the ICC's specification lays it out."""

    def fixed(*values):
        return b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    curve = (
        b"curv"
        + bytes(4)
        + struct.pack(">IH", 1, round(gamma * 256))
        + bytes(2)
    )
    tags = {
        b"desc": b"desc"
        + bytes(4)
        + struct.pack(">I", 5)
        + b"wide\0"
        + bytes(78),
        b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642, 1, 0.8249),
    }
    for name, primary in zip("rgb", primaries, strict=True):
        tags[name.encode() + b"XYZ"] = b"XYZ " + bytes(4) + fixed(*primary)
        tags[name.encode() + b"TRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        offset = 128 + 4 + 12 * len(tags) + len(body)
        table += name + struct.pack(">II", offset, len(content))
        body += content
    head = (
        struct.pack(
            ">I4sI4s4s4s12s4s",
            128 + len(table + body),
            bytes(4),
            0x02100000,
            b"mntr",
            b"RGB ",
            b"XYZ ",
            bytes(12),
            b"acsp",
        )
        + bytes(28)
        + fixed(0.9642, 1, 0.8249)
    )
    return head + bytes(128 - len(head)) + table + body  # fmt: skip


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("profile", "colour", "expected"),
    [
        ("p3", (200, 120, 90), (214, 116, 82)),
        ("p3", (60, 200, 60), (0, 205, 0)),
        ("adobe", (200, 120, 90), (224, 121, 88)),
        ("adobe", (60, 200, 60), (0, 201, 37)),
    ],
)
def test_wide_colours_become_srgb(kind, profile, colour, expected):
    data = file_of(
        Image.new("RGB", (16, 16), colour),
        kind,
        icc_profile=icc_of(*WIDE[profile]),
        quality=100,
    )
    # P3 has the curve of sRGB, for which 2.2 stands here.
    assert near(decode_rgb(data).getpixel((5, 5)), expected, 12)
    assert not near(decode_rgb(data).getpixel((5, 5)), colour, 10)


def test_colours_with_alpha_become_srgb_before_they_lie_on_white():
    picture = Image.new("RGBA", (2, 1), (60, 200, 60, 255))
    picture.putpixel((1, 0), (60, 200, 60, 0))
    decoded = decode_rgb(file_of(picture, icc_profile=icc_of(*WIDE["adobe"])))
    assert near(decoded.getpixel((0, 0)), (0, 201, 37), 2)
    assert decoded.getpixel((1, 0)) == WHITE


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        icc_of(*WIDE["adobe"])[:200],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
    ids=["text", "cut", "srgb", "lab"],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "LA"])
def test_other_profiles_change_nothing(profile, mode):
    picture = noise(16, 16).convert(mode)
    np.testing.assert_array_equal(
        np.asarray(decode_rgb(file_of(picture, icc_profile=profile))),
        np.asarray(decode_rgb(file_of(picture))),
    )


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_it_is_the_first_frame(kind):
    first, second = (Image.new("RGB", (8, 8), c) for c in (RED, BLUE))
    data = file_of(first, kind, save_all=True, append_images=[second])
    assert near(decode_rgb(data).getpixel((4, 4)), RED)


@pytest.mark.parametrize("kind", ["AVIF", "JPEG2000"])
def test_newer_formats_where_pillow_has_them(kind):
    if kind not in pictures.FORMATS:
        pytest.skip(f"This Pillow was built without {kind}.")
    data = file_of(Image.new("RGB", (16, 16), RED), kind)
    assert pictures.is_head(data[:16])
    assert near(decode_rgb(data).getpixel((5, 5)), RED)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_heads_of_pictures(kind):
    assert pictures.is_head(file_of(noise(9, 9), kind)[:16])
    assert not pictures.is_head(b"")
    assert not pictures.is_head(b"image,identity\n1")


def test_float_is_refused():
    data = file_of(Image.new("F", (4, 4), 0.5), "TIFF")
    with pytest.raises(pictures.BadPicture, match="mode F is not 8 bits"):
        pictures.decode(data)


def test_empty_file_is_refused():
    with pytest.raises(pictures.BadPicture, match=r"^empty file$"):
        pictures.decode(b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_truncated_file_is_refused(kind):
    data = file_of(noise(64, 64), kind)
    pictures.decode(data)
    with pytest.raises(pictures.BadPicture, match=r"^corrupt: .*truncated"):
        pictures.decode(data[: len(data) // 2])


def test_damaged_png_is_refused():
    data = bytearray(file_of(noise(64, 64)))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(pictures.BadPicture, match=r"^corrupt: "):
        pictures.decode(bytes(data))


@pytest.mark.parametrize("data", [b"Hello, this is no picture.\n", b"\x89PNG"])
def test_other_files_are_refused(data):
    with pytest.raises(
        pictures.BadPicture, match=r"^not a picture that Pillow can read$"
    ):
        pictures.decode(data)


def test_decompression_bomb_is_refused():
    # 225 million pixels of 1 bit in a file of a few kilobytes: more than
    # twice Pillow's limit, where it raises instead of warning.
    data = file_of(Image.new("1", (15_000, 15_000)))
    assert len(data) < 100_000
    with pytest.raises(
        pictures.BadPicture,
        match=r"^too large: 225\.0 megapixels, where 110 is the limit$",
    ):
        pictures.decode(data)


def framed(w, h, box, inside=GREEN, outside=RED):
    picture = Image.new("RGB", (w, h), outside)
    left, top, right, bottom = box
    ImageDraw.Draw(picture).rectangle(
        (left, top, right - 1, bottom - 1), fill=inside
    )
    return picture


def only_colour(picture):
    ((_, colour),) = picture.getcolors()
    return colour


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((100, 64), (18, 0, 82, 64)),
        ((64, 101), (0, 18, 64, 82)),  # An odd pixel is cut at the bottom.
    ],
)
def test_center_takes_the_central_square(size, box):
    inside = noise(64, 64)
    picture = framed(*size, box)
    picture.paste(inside, box[:2])
    result = pictures.square(picture, "center", 64)
    np.testing.assert_array_equal(np.asarray(result), np.asarray(inside))


def test_center_is_resized():
    result = pictures.square(framed(300, 200, (50, 0, 250, 200)), "center", 32)
    assert result.size == (32, 32)
    assert only_colour(result) == GREEN


def test_none_keeps_everything():
    result = pictures.square(halves(128, 64), "none", 32)
    assert result.size == (32, 32)
    assert near(result.getpixel((1, 16)), RED)
    assert near(result.getpixel((30, 16)), BLUE)
    assert near(result.getpixel((12, 16)), RED)
    assert near(result.getpixel((19, 16)), BLUE)


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (300, 150), (4, 900)])
def test_pad_lays_the_whole_picture_on_its_border_s_colour(size):
    w, h = size
    picture = Image.new("RGB", size, (90, 40, 10))
    inner = (w // 4, h // 4, w - w // 4, h - h // 4)
    picture.paste(GREEN, inner)
    result = pictures.square(picture, "pad", 32)
    assert result.size == (32, 32)
    for place in ((0, 0), (31, 0), (0, 31), (31, 31)):
        assert result.getpixel(place) == (90, 40, 10)
    if max(size) <= 300:
        assert near(result.getpixel((16, 16)), GREEN, 30)


def test_pad_takes_the_mean_of_the_border():
    picture = halves(2, 4)
    assert pictures.square(picture, "pad", 32).getpixel((0, 0)) == (128, 0, 128)


def test_pad_of_a_square_is_the_picture():
    picture = noise(32, 32)
    np.testing.assert_array_equal(
        np.asarray(pictures.square(picture, "pad", 32)), np.asarray(picture)
    )


def test_box_is_left_top_right_bottom():
    picture = framed(200, 100, (20, 50, 100, 90))
    result = pictures.square(picture, "0.1,0.5,0.5,0.9", 32)
    assert result.size == (32, 32)
    assert only_colour(result) == GREEN
    # One pixel more on any side shows the frame.
    for crop in (
        "0.095,0.5,0.5,0.9",
        "0.1,0.49,0.5,0.9",
        "0.1,0.5,0.505,0.9",
        "0.1,0.5,0.5,0.91",
    ):
        wider = pictures.square(picture, crop, 128)
        assert len(wider.getcolors(1 << 14)) > 1, crop


def test_box_has_at_least_one_pixel():
    result = pictures.square(noise(4, 4), "0.5,0.5,0.51,0.51", 32)
    assert only_colour(result) == noise(4, 4).getpixel((2, 2))


def test_whole_box_is_the_whole_picture():
    picture = noise(32, 32)
    result = pictures.square(picture, "0,0,1,1", 32)
    np.testing.assert_array_equal(np.asarray(result), np.asarray(picture))


@pytest.mark.parametrize("side", [128, 256])
def test_checkerboard_is_reduced_to_grey(side):
    y, x = np.mgrid[:side, :side]
    board = np.where((x + y) % 2, 255, 0).astype(np.uint8)
    picture = Image.fromarray(np.stack([board] * 3, axis=-1))
    reduced = np.asarray(pictures.square(picture, "center", 32))
    assert reduced.min() >= 120 and reduced.max() <= 135


@pytest.mark.parametrize("crop", ["center", "none"])
def test_picture_of_the_right_size_is_unchanged(crop):
    picture = noise(64, 64)
    np.testing.assert_array_equal(
        np.asarray(pictures.square(picture, crop, 64)), np.asarray(picture)
    )


def test_small_picture_is_enlarged():
    result = pictures.square(Image.new("RGB", (5, 3), BLUE), "center", 64)
    assert result.size == (64, 64) and only_colour(result) == BLUE


def test_parse_crop():
    assert pictures.parse_crop("center") is None
    assert pictures.parse_crop("none") is None
    assert pictures.parse_crop("pad") is None
    assert pictures.parse_crop("face") is None
    assert pictures.parse_crop("0,0.25,0.5,1") == (0, 0.25, 0.5, 1)
    assert pictures.parse_crop(" 0.1, .2,0.3 ,0.4") == (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize(
    "crop",
    [
        "",
        "middle",
        "0,0,1",
        "0,0,1,1,1",
        "0,0,one,1",
        "-0.1,0,1,1",
        "0,0,1.1,1",
        "0.5,0,0.5,1",
        "0,0.6,1,0.5",
        "nan,0,1,1",
        "0,0,1,nan",
        "0,0,148,148",
    ],
)
def test_parse_crop_errors(crop):
    with pytest.raises(ValueError, match=r"`crop` must be .*Received: crop="):
        pictures.parse_crop(crop)


def test_to_png_keeps_the_pixels():
    picture = noise(32, 32)
    data = pictures.to_png(picture)
    read = Image.open(io.BytesIO(data))
    assert read.format == "PNG" and read.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(read), np.asarray(picture))


def test_to_png_stores_the_rows_as_they_are():
    picture = noise(5, 3)
    data = pictures.to_png(picture)
    for row in np.asarray(picture):
        assert b"\0" + row.tobytes() in data


def test_pixel_hash_sees_pixels_not_files():
    picture = noise(16, 12)
    png = file_of(picture)
    webp = file_of(picture, "WEBP", lossless=True)
    assert png != webp
    assert pictures.pixel_hash(pictures.decode(png)) == pictures.pixel_hash(
        pictures.decode(webp)
    )


def test_pixel_hash_differs():
    picture = noise(16, 12)
    changed = picture.copy()
    red, green, blue = picture.getpixel((3, 3))
    changed.putpixel((3, 3), (red, green, blue ^ 1))
    turned = Image.frombytes("RGB", (12, 16), picture.tobytes())
    hashes = {
        pictures.pixel_hash(p)
        for p in (picture, changed, turned, noise(16, 12, 1))
    }
    assert len(hashes) == 4


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.5])
def test_numbers_that_may_be_nan_are_refused(value):
    picture = Image.fromarray(np.full((4, 4), value, np.float32))
    with pytest.raises(
        pictures.BadPicture, match="mode F is not 8 bits per channel"
    ):
        pictures.decode(file_of(picture, "TIFF"))


def test_formats_that_start_programs_are_not_tried():
    data = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"
    assert Image.open(io.BytesIO(data)).format == "EPS"
    with pytest.raises(pictures.BadPicture, match="^not a picture that Pil"):
        pictures.decode(data)


def test_pixels_have_a_limit_below_pillow_s(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 34)
    with pytest.raises(
        pictures.BadPicture,
        match=r"^too large: 0\.0 megapixels, where 3\.4e-05",
    ):
        pictures.decode(file_of(noise(7, 5)))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 35)
    decode_rgb(file_of(noise(7, 5)))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"progressive": True}),
        ("GIF", {}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("BMP", {}),
        ("WEBP", {"method": 0, "quality": 0}),
    ],
)
def test_the_largest_picture_takes_seconds(kind, options):
    side = int(pictures.MAX_PIXELS**0.5)
    data = file_of(Image.new("L", (side, side)), kind, **options)
    started = time.process_time()
    decode_rgb(data)
    assert time.process_time() - started < 15


def test_scans_are_counted():
    assert pictures.count_scans(file_of(noise(40, 30), "JPEG")) == 1
    # A thumbnail in the head has scans of its own; what follows the picture,
    # as a phone's film does, has none.
    head = b"\xff\xd8\xff\xe1\x00\x08" + b"\xff\xda" * 3
    data = head + file_of(noise(40, 30), "JPEG")[2:] + b"\xff\xda" * 9
    assert pictures.count_scans(data) == 1
    progressive = file_of(noise(40, 30), "JPEG", progressive=True)
    assert pictures.count_scans(progressive) == 10


def test_a_bomb_of_scans_is_refused_at_once():
    data = file_of(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    bomb = data[:-2] + data[last:-2] * 5000 + data[-2:]
    started = time.process_time()
    with pytest.raises(
        pictures.BadPicture, match="^too many scans: 5010 of 16.0 megapixels"
    ):
        pictures.decode(bomb)
    assert time.process_time() - started < 5
    decode_rgb(data)
