import io
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_pipeline import pictures

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


def test_16_bit_is_refused():
    picture = Image.fromarray(np.full((4, 4), 40_000, np.uint16))
    data = file_of(picture)
    assert Image.open(io.BytesIO(data)).mode == "I;16"
    with pytest.raises(
        pictures.BadPicture, match="mode I;16 is not 8 bits a channel"
    ):
        pictures.decode(data)


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
        pictures.BadPicture, match=r"^too large: .*decompression bomb"
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
        pictures.BadPicture, match="mode F is not 8 bits a channel"
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
