"""The command `export`: where each format goes, and what is said."""

import json
import os

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.commands import export
from sdgan_tf.commands.options import Export
from sdgan_tf.runs import Run


def test_batchable_signatures_have_rows(exported_run, tmp_path):
    export.run(
        Export(
            run_dir=exported_run,
            signatures="batchable",
            output_dir=str(tmp_path),
        )
    )
    served = tf.saved_model.load(str(tmp_path / "sd_dcgan/6")).signatures
    assert set(served) == {"serving_default", "png"}
    z_i, z_o = Run(exported_run).generator().codes(8, 8)

    def ask(rows):
        return served["serving_default"](
            z_i=tf.constant(z_i[rows]), z_o=tf.constant(z_o[rows])
        )["images"]

    np.testing.assert_allclose(
        ask(slice(0, 8)),
        tf.concat([ask(slice(0, 3)), ask(slice(3, 8))], axis=0),
        rtol=0,
        atol=1e-6,
    )


def test_main_exports(main_py, trained):
    done = main_py(
        "--mode=export", f"--run_dir={trained.run_dir}", "--format=weights"
    )
    path = done.stdout.split(": ")[-1].strip()
    with open(os.path.join(path, "card.json")) as file:
        assert json.load(file)["experiment"]["dim"] == 4


def test_a_generator_in_bfloat16_is_exported_in_float32(trained, tmp_path):
    """onnxruntime has no convolutions in bfloat16."""
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    runtime = pytest.importorskip("onnxruntime", reason="requirements-dev.txt")
    config = tmp_path / "run" / "config.json"
    fields = json.loads(config.read_text()) | {"precision": "mixed_bfloat16"}
    config.write_text(json.dumps(fields))
    export.run(Export(run_dir=trained.run_dir, format="onnx"))
    model = runtime.InferenceSession(
        Run(trained.run_dir).path("export", "sd_dcgan-6.onnx"),
        providers=["CPUExecutionProvider"],
    )
    told = model.get_modelmeta().custom_metadata_map
    assert (told["model"], told["step"]) == ("sd_dcgan", "6")


def test_run_dir_is_wanted():
    with pytest.raises(ValueError, match="--run_dir is missing"):
        export.run(Export())
