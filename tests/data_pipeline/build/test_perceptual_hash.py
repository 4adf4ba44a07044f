"""Near duplicates have hashes that agree, and other pictures do not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from data_pipeline.build import perceptual_hash


def picture(seed, size=(96, 96)) -> Image.Image:
    """Patches of all sizes, the large ones with most contrast."""
    rng = np.random.default_rng(seed)
    total = np.full([*size[::-1], 3], 128.0)
    for cells, contrast in ((3, 60), (6, 40), (12, 30), (24, 20)):
        patches = rng.uniform(0, 255, [cells, cells, 3]).astype(np.uint8)
        large = Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)
        total += contrast * (np.asarray(large) / 127.5 - 1)
    return Image.fromarray(total.clip(0, 255).astype(np.uint8))


def as_jpeg(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def are_near(*images) -> bool:
    looks = perceptual_hash.read(
        [perceptual_hash.look(image) for image in images]
    )
    return len(perceptual_hash.near(looks, len(looks))) > 0


@pytest.mark.parametrize(
    "change",
    [
        lambda i: as_jpeg(i, 40),
        lambda i: i.resize((48, 48), Image.Resampling.LANCZOS),
        lambda i: as_jpeg(i.resize((200, 200)), 75),
        lambda i: ImageEnhance.Brightness(i).enhance(1.08),
        lambda i: ImageEnhance.Contrast(i).enhance(0.9),
    ],
)
def test_the_same_photograph(change):
    for seed in range(8):
        assert are_near(picture(seed), change(picture(seed)))


def test_other_pictures():
    assert not are_near(*map(picture, range(300)))


def test_a_product_of_another_colour():
    """Equal in grey: a shirt in red and in blue are two products."""
    shapes = np.asarray(picture(0).convert("L"), np.int16)
    red, blue = (
        Image.fromarray(
            np.clip(shapes[..., None] + shift, 0, 255).astype(np.uint8)
        )
        for shift in ([80, -41, 0], [-60, 0, 160])
    )
    assert not are_near(red, blue)
    assert are_near(red, as_jpeg(red, 60))


def test_a_mirrored_picture_is_another():
    flipped = picture(3).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert not are_near(picture(3), flipped)


def test_where_nothing_is_shown():
    """Else all blank pictures would be one."""
    for colour in ("white", "black", (10, 20, 30)):
        assert perceptual_hash.look(Image.new("RGB", (40, 40), colour)) is None
    faint = np.random.default_rng(0).integers(100, 104, [32, 32, 3])
    assert perceptual_hash.look(Image.fromarray(faint.astype(np.uint8))) is None


def test_pairs_of_rows():
    """As many as are asked for are compared, each pair both ways."""
    a, b = perceptual_hash.look(picture(0)), perceptual_hash.look(picture(1))
    looks = perceptual_hash.read([a, b, a, b, a])
    assert perceptual_hash.near(looks, 2).tolist() == [[0, 2], [0, 4], [1, 3]]
    assert perceptual_hash.near(looks, 2, 3).tolist() == [
        [3, 1],
        [4, 0],
        [4, 2],
    ]
    assert perceptual_hash.near(perceptual_hash.read([]), 5).shape == (0, 2)


def test_a_look_as_text():
    """It is a look's 36 bytes, equal for equal pictures."""
    text = perceptual_hash.look(picture(5))
    assert text == perceptual_hash.look(picture(5)) and len(text) == 45
    (look,) = perceptual_hash.read([text])
    assert int(look["signs"]).bit_count() == 32
    quarters = np.asarray(picture(5)).reshape(2, 48, 2, 48, 3).mean((1, 3))
    assert np.abs(look["colours"] - quarters.ravel()).max() < 1
