"""FaceNet's file, where it is installed."""

import importlib.util

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import facenet
from sdgan_tf.evaluation.verifiers import open_verifier


def test_not_installed(monkeypatch, split_data):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="requirements-faces.txt"):
        open_verifier("facenet", DataSet.open(split_data))


def test_another_file(tmp_path):
    path = tmp_path / "graph_final.pb"
    with pytest.raises(FileNotFoundError, match="lacks its graph"):
        facenet.FaceNet(str(path))
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="not the expected one"):
        facenet.FaceNet(str(path))


@pytest.fixture
def path():
    try:
        return facenet.facenet_path()
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_any_number_of_pictures(path):
    verifier = facenet.FaceNet(path, "float32", batch_size=2)
    images = np.random.default_rng(0).integers(0, 256, [3, 64, 64, 3], "uint8")
    embeddings = verifier(images)
    assert embeddings.shape == (3, 512) and embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(verifier(images[2:]), embeddings[2:], atol=1e-5)
    assert verifier(images[:0]).shape == (0, 512)
    # Of float pixels, and with gradients.
    pixels = tf.constant(images[:1], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        embedded = verifier.embed_pixels(pixels)
        apart = tf.reduce_sum(tf.square(embedded - embeddings[1:2]))
    np.testing.assert_allclose(embedded, embeddings[:1], atol=1e-5)
    gradient = tape.gradient(apart, pixels).numpy()
    assert gradient.shape == pixels.shape and np.isfinite(gradient).all()
    nearer = pixels - 0.1 * gradient / np.abs(gradient).max()
    moved = verifier.embed_pixels(nearer)
    assert tf.reduce_sum(tf.square(moved - embeddings[1:2])) < apart


def test_in_bfloat16_where_the_processor_has_it(cpu, path):
    images = np.random.default_rng(0).integers(0, 256, [4, 64, 64, 3], "uint8")
    cpu("flags : avx512f\n")
    assert facenet.FaceNet(path).precision == "float32"
    cpu("flags : avx512_bf16\n")
    verifier = facenet.FaceNet(path)
    assert verifier.precision == "bfloat16"
    narrow = verifier(images)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(narrow, axis=1), 1, rtol=1e-5)
    # With gradients it is float32 in any case.
    wide = verifier.embed_pixels(tf.constant(images, tf.float32))
    cosines = np.sum(narrow * wide, axis=1)
    # As near as bfloat16 comes, and not the same computation.
    assert cosines.min() > 0.999 and cosines.max() < 1 - 1e-7
