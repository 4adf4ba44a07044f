"""ONNX models: their numbers, and what they tell of themselves."""

import dataclasses
import sys

import numpy as np
import pytest

from sdgan_tf.exporting.onnx import metadata, write_onnx
from sdgan_tf.pixels import BEGAN_PIXELS, DCGAN_PIXELS
from sdgan_tf.runs import Run


@pytest.fixture
def session():
    """Opens a model in onnxruntime."""
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    runtime = pytest.importorskip("onnxruntime", reason="requirements-dev.txt")

    def open_(path):
        return runtime.InferenceSession(
            path, providers=["CPUExecutionProvider"]
        )

    return open_


def test_it_describes_itself(random_run, session, tmp_path):
    path = str(tmp_path / "model.onnx")
    write_onnx(random_run.generator(), path, "sd_began", "toys, CC0")
    model = session(path)
    axes = {value.name: value.shape for value in model.get_inputs()}
    assert axes == {"z_i": ["batch", 3], "z_o": ["batch", 2]}
    (images,) = model.get_outputs()
    assert images.name == "images"
    assert images.shape[0] == "batch" and images.shape[-1] in (3, "channels")
    assert model.get_modelmeta().custom_metadata_map == {
        "step": "0",
        "d_i": "3",
        "d_o": "2",
        "code_range": "[-1, 1]",
        "image_size": "32",
        "pixel_range": "[-1, 1]",
        "to_uint8": f"round(clip((x + 1) / {1 / 127.5}, 0, 255))",
        "model": "sd_began",
        "data": "toys, CC0",
    }


@pytest.mark.parametrize("pixels", [DCGAN_PIXELS, BEGAN_PIXELS])
def test_the_rule_for_pixels_is_the_mapping(random_run, pixels):
    generator = dataclasses.replace(random_run.generator(), pixels=pixels)
    rule = metadata(generator)["to_uint8"]
    name, inner = rule.rstrip(")").split("(clip((x + 1) / ")
    scale, low, high = map(float, inner.split(","))
    x = np.linspace(-1.1, 1.1, 50, dtype="float32")
    levels = {"round": np.rint, "floor": np.floor}[name](
        np.clip((x + 1) * np.float32(1 / scale), low, high)
    )
    np.testing.assert_array_equal(pixels.to_uint8(x), levels.astype("uint8"))
    assert "model" not in metadata(generator)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_numbers(trained, session, tmp_path, precision):
    generator = Run(trained.run_dir).generator()
    run = Run(str(tmp_path / "run"))
    experiment = dataclasses.replace(
        Run(trained.run_dir).experiment(), precision=precision
    )
    run.write_generator(generator.network, experiment, generator.step)
    path = str(tmp_path / "model.onnx")
    # onnxruntime has no convolutions in bfloat16.
    write_onnx(run.generator("float32"), path)
    model = session(path)
    for n in (1, 3, 64):
        z_i, z_o = generator.codes(n, n, seed=n)
        (images,) = model.run(["images"], {"z_i": z_i, "z_o": z_o})
        np.testing.assert_allclose(
            images,
            np.clip(generator(np.concatenate([z_i, z_o], axis=1)), -1, 1),
            rtol=0,
            atol=1e-4,
        )


def test_a_missing_package_is_named(random_run, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ValueError, match="needs tf2onnx: pip install"):
        write_onnx(random_run.generator(), str(tmp_path / "model.onnx"))
