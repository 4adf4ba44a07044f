"""Tests of single records."""

import json
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import records
from data_pipeline.records import pictures


def test_example_is_parsed_back():
    image = bytes(range(256))
    labels = {"b": 'größe, "1"', "a": ""}
    parsed = tf.io.parse_single_example(
        records.example(image, "Zoë/李", "séance 2", labels), records.FEATURES
    )
    assert set(parsed) == {
        "image",
        "identity",
        "identity_hash",
        "observation",
        "labels",
    }
    assert parsed["image"].numpy() == image
    assert parsed["identity"].numpy().decode() == "Zoë/李"
    assert parsed["identity_hash"].dtype == tf.int64
    assert parsed["identity_hash"].numpy() == 6358858741278439632
    assert parsed["observation"].numpy().decode() == "séance 2"
    assert json.loads(parsed["labels"].numpy()) == labels


def test_same_labels_in_another_order_are_the_same_record():
    a = records.example(b"x", "i", "o", {"a": "1", "b": "2"})
    assert a == records.example(b"x", "i", "o", {"b": "2", "a": "1"})


def up_filtered(png):
    """A file of `to_png` of equal length whose second row is filtered."""
    head = pictures.PNG_HEAD_BYTES
    rows = bytearray(png[head:-20])
    width = struct.unpack(">I", png[16:20])[0]
    rows[1 + 3 * width] = 2
    content = png[41:head] + rows + struct.pack(">I", zlib.adler32(rows))
    checksum = struct.pack(">I", zlib.crc32(b"IDAT" + content))
    return png[:41] + content + checksum + png[-12:]


@pytest.mark.parametrize("side", [4, 32, 128])
@pytest.mark.parametrize("kind", ["stored", "compressed", "mixed", "filtered"])
def test_decode(rng, kind, side):
    """Rows are copied only where they lie in the PNG as they are."""
    pixels = rng.integers(0, 256, [3, side, side, 3], dtype=np.uint8)
    pngs = [pictures.to_png(Image.fromarray(x)) for x in pixels]
    assert all(png.startswith(pictures.png_head(side)) for png in pngs)
    if kind == "filtered":
        pngs[1] = up_filtered(pngs[1])
    for i in {"compressed": range(3), "mixed": [1]}.get(kind, []):
        pngs[i] = tf.io.encode_png(pixels[i]).numpy()
    names = ["a", "b", "a"]
    serialised = [
        records.example(png, name, "0", {})
        for png, name in zip(pngs, names, strict=True)
    ]
    images, hashes = records.decode(tf.constant(serialised), 3, side)
    expected = np.stack([tf.io.decode_png(png) for png in pngs])
    assert images.dtype == tf.uint8
    np.testing.assert_array_equal(images, expected)
    assert np.array_equal(expected, pixels) == (kind != "filtered")
    assert hashes.numpy().tolist() == list(map(records.identity_hash, names))


def test_features_have_one_order():
    """A build gives the same bytes, and so the same id, in any process."""
    record = records.example(b"x", "i", "o", {"a": "1"})
    # "identity" is in "identity_hash" too: found with its length before it.
    order = sorted(
        records.FEATURES,
        key=lambda name: record.index(bytes([len(name)]) + name.encode()),
    )
    assert order == [
        "identity_hash",
        "identity",
        "image",
        "labels",
        "observation",
    ]
