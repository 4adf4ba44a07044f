"""Uploads: what is taken and what is refused."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.explorer import uploads

LIMITS = {
    "image_size": 32,
    "crop": "center",
    "megabytes": 0.1,
    "megapixels": 0.01,
}


def picture(form="PNG", size=(50, 40), colour="red"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format=form)
    return buffer.getvalue()


def upload(data, name="me.png"):
    return {"name": name, "data": base64.b64encode(data).decode()}


def test_photographs_of_one_subject():
    files = [upload(picture()), upload(picture("JPEG", (9, 90), "blue"))]
    read = uploads.read_uploads(files, 2, **LIMITS)
    assert read.shape == (2, 32, 32, 3) and read.dtype == np.uint8
    assert read[0, 5, 5].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"only a text",
            "me.png is not a picture that can be read: choose PNG",
        ),
        (b"", "me.png is not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (picture()[:60], "me.png cannot be used: corrupt"),
        (picture(size=(200, 200)), "more than 0.01 megapixels"),
        (bytes(100_001), "too large: 0.1 MB, more than the limit of 0.1 MB"),
    ],
)
def test_refused(data, message):
    with pytest.raises(ValueError, match=message):
        uploads.read_uploads([upload(data)], 2, **LIMITS)


def test_a_bomb_is_refused_by_its_header(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match="megapixels"):
        uploads.read_uploads([upload(picture())], 1, **LIMITS)


def test_how_many():
    for files in ([], [upload(picture())] * 3):
        with pytest.raises(ValueError, match="1 to 2 photographs.*Received"):
            uploads.read_uploads(files, 2, **LIMITS)


@pytest.mark.parametrize("data", ["?", "\N{SNOWMAN}"])
def test_not_base64(data):
    with pytest.raises(ValueError, match="a arrived damaged"):
        uploads.read_uploads([{"name": "a", "data": data}], 1, **LIMITS)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (None, "Choose 1 to 2 photographs. Received: 0 files"),
        ({"name": "a"}, "Choose 1 to 2"),
        (5, "Choose 1 to 2"),
        ([5], "request is malformed"),
        ([{"name": 5, "data": 5}], "request is malformed"),
        ([{"name": "a"}], "request is malformed"),
        ([upload(picture()), None], "request is malformed"),
    ],
    ids=str,
)
def test_made_by_hand(files, message):
    with pytest.raises(ValueError, match=message):
        uploads.read_uploads(files, 2, **LIMITS)


def test_most_bytes_holds_the_base64():
    files = [upload(bytes(30_000))] * 3
    assert sum(len(f["data"]) for f in files) < uploads.most_bytes(3, 0.03)
