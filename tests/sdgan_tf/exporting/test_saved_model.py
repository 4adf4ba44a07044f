"""SavedModels: each signature, in a process without the project."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.base import variables
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.exporting import saved_model
from sdgan_tf.exporting.signatures import ServedGenerator, run_signatures
from sdgan_tf.runs import Run

TEMPLATE = """
import sys
import numpy as np
import tensorflow as tf

# Neither the project nor Keras' classes of it.
assert not any("sdgan_tf" in name for name in sys.modules)
try:
    import sdgan_tf
except ImportError:
    pass
else:
    raise SystemExit("the project is on the path")
served = tf.saved_model.load(sys.argv[1]).signatures
answers = {}
with np.load(sys.argv[2]) as requests:
    for key in requests:
        name, case, field = key.split("/")
        answers.setdefault((name, case), {})[field] = requests[key]
results = {}
for (name, case), inputs in answers.items():
    outputs = served[name](**{k: tf.constant(v) for k, v in inputs.items()})
    for field, value in outputs.items():
        results[f"{name}/{case}/{field}"] = value.numpy()
np.savez(sys.argv[3], **results)
"""


def in_fresh_process(folder, requests: dict, tmp_path) -> dict:
    """Answers of a SavedModel to `signature/case/input` arrays."""
    asked, answered = tmp_path / "asked.npz", tmp_path / "answered.npz"
    np.savez(asked, **requests)
    done = subprocess.run(
        [sys.executable, "-I", "-c", TEMPLATE, folder, asked, answered],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    with np.load(answered, allow_pickle=True) as arrays:
        return dict(arrays)


def codes(n: int, seed: int = 0):
    rng = np.random.default_rng([n, seed])
    return (
        rng.uniform(-1, 1, [n, 6]).astype("float32"),
        rng.uniform(-1, 1, [n, 5]).astype("float32"),
    )


@pytest.fixture
def folder(exported_run):
    """The SavedModel's folder."""
    return Run(exported_run).path("export", "sd_dcgan", "6")


def decoded(files) -> np.ndarray:
    return np.stack([tf.io.decode_png(f).numpy() for f in np.ravel(files)])


def test_every_signature_in_a_fresh_process(exported_run, folder, tmp_path):
    generator = Run(exported_run).generator()
    requests = {}
    for n in (1, 3, 64):
        z_i, z_o = codes(n)
        for name in ("serving_default", "png"):
            requests |= {f"{name}/{n}/z_i": z_i, f"{name}/{n}/z_o": z_o}
        requests |= {f"grid/{n}/z_i": z_i, f"grid/{n}/z_o": z_o[:3]}
        a, b = codes(2, seed=1)
        requests |= {
            f"sample/{n}/seed": np.int64(7),
            f"sample/{n}/num_identities": np.int32(n),
            f"sample/{n}/num_observations": np.int32(2),
            f"interpolate/{n}/z_i": a,
            f"interpolate/{n}/z_o": b,
            f"interpolate/{n}/steps": np.int32(min(n, 8)),
        }
    answers = in_fresh_process(folder, requests, tmp_path)

    def close(actual, wanted):
        assert actual.dtype == np.float32 and np.abs(actual).max() <= 1
        np.testing.assert_allclose(actual, wanted, rtol=0, atol=1e-5)

    latents = generator.latents
    for n in (1, 3, 64):
        z_i, z_o = codes(n)
        images = answers[f"serving_default/{n}/images"]
        close(images, generator(np.concatenate([z_i, z_o], axis=1)))
        files = answers[f"png/{n}/image_bytes"]
        assert files.shape == (n,)
        np.testing.assert_array_equal(
            decoded(files), generator.pixels.to_uint8(images)
        )
        grid = answers[f"grid/{n}/images"]
        assert grid.shape == (n, min(n, 3), 32, 32, 3)
        wanted = generator(latents.grid(z_i, z_o[:3]))
        close(grid, tf.reshape(wanted, grid.shape))

        sample = answers[f"sample/{n}/images"]
        assert sample.shape == (n, 2, 32, 32, 3)
        z_i, z_o = latents.codes(7, n, 2)
        np.testing.assert_array_equal(answers[f"sample/{n}/z_i"], z_i)
        np.testing.assert_array_equal(answers[f"sample/{n}/z_o"], z_o)
        wanted = generator(latents.grid(z_i, z_o))
        close(sample, tf.reshape(wanted, sample.shape))

        lines = answers[f"interpolate/{n}/images"]
        assert lines.shape == (min(n, 8), min(n, 8), 32, 32, 3)
        z_i, z_o = codes(2, seed=1)
        corners = {(0, 0): (0, 0)}
        if n > 1:
            corners |= {(0, -1): (0, 1), (-1, 0): (1, 0), (-1, -1): (1, 1)}
        for place, (i, o) in corners.items():
            z = np.concatenate([z_i[i], z_o[o]])[None]
            close(lines[place], generator(z)[0])
    middle = np.concatenate([z_i.mean(axis=0), z_o.mean(axis=0)])[None]
    close(answers["interpolate/3/images"][1, 1], generator(middle)[0])


def test_reconstruct_is_the_trained_autoencoder_s(
    exported_run, make_options, tmp_path
):
    experiment = make_options(model="sd_began").experiment
    algorithm = build_algorithm(experiment)
    run = Run(str(tmp_path))
    run.write_experiment(experiment)
    tf.train.Checkpoint(
        **{n: variables(net) for n, net in algorithm.networks.items()}
    ).write(os.path.join(run.checkpoints, "step-00000002"))
    signatures = run_signatures(run, run.generator())
    assert signatures["reconstruct"].batchable
    version = str(tmp_path / "2")
    saved_model.write_saved_model(
        {"reconstruct": signatures["reconstruct"]}, "sd_began", version
    )
    served = tf.saved_model.load(version).signatures["reconstruct"]
    for n in (1, 3, 64):
        pair = tf.random.stateless_uniform([n, 2, 32, 32, 3], [0, n], -1, 1)
        np.testing.assert_allclose(
            served(pair=pair)["images"],
            np.clip(algorithm.d(pair), -1, 1),
            rtol=0,
            atol=1e-5,
        )


def test_the_same_step_is_replaced_whole(exported_run, tmp_path):
    run = Run(exported_run)
    generator = run.generator()
    signatures = ServedGenerator(generator).signatures()
    png = {"png": signatures["png"]}
    (tmp_path / "6").mkdir()
    (tmp_path / "6" / "older").touch()
    (tmp_path / "unfinished-6").mkdir()
    saved_model.write_saved_model(png, "sd_dcgan", str(tmp_path / "6"))
    assert os.listdir(tmp_path) == ["6"]
    assert not (tmp_path / "6" / "older").exists()


def test_same_seed_same_images(folder):
    sample = tf.saved_model.load(folder).signatures["sample"]

    def draw(seed):
        return sample(
            seed=tf.constant(seed, tf.int64),
            num_identities=tf.constant(2),
            num_observations=tf.constant(3),
        )

    first, again, other = draw(5), draw(5), draw(2**40)
    for name in ("images", "z_i", "z_o"):
        np.testing.assert_array_equal(first[name], again[name])
        assert (first[name].numpy() != other[name].numpy()).any()


def test_too_many_images_are_refused(folder):
    served = tf.saved_model.load(folder).signatures
    z_i, z_o = (tf.constant(z) for z in codes(2))
    with pytest.raises(tf.errors.InvalidArgumentError, match="4096 images"):
        served["interpolate"](z_i=z_i, z_o=z_o, steps=tf.constant(10**9))


@pytest.mark.parametrize("odd", [np.inf, np.nan])
@pytest.mark.parametrize(
    "signature", ["serving_default", "png", "grid", "interpolate"]
)
def test_codes_that_are_not_finite_are_refused(folder, signature, odd):
    served = tf.saved_model.load(folder).signatures[signature]
    z_o = np.zeros([2, 5], "float32")
    z_o[1, 3] = odd
    inputs = {"z_i": tf.zeros([2, 6]), "z_o": tf.constant(z_o)}
    if signature == "interpolate":
        inputs["steps"] = tf.constant(2)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite"):
        served(**inputs)


def test_warm_up_records_parse_and_run(folder):
    from tensorflow_serving.apis import prediction_log_pb2

    served = tf.saved_model.load(folder).signatures
    path = os.path.join(folder, *saved_model.WARM_UP)
    asked = []
    for record in tf.data.TFRecordDataset(path):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        request = log.predict_log.request
        assert request.model_spec.name == "sd_dcgan"
        name = request.model_spec.signature_name
        outputs = served[name](
            **{
                field: tf.constant(tf.make_ndarray(value))
                for field, value in request.inputs.items()
            }
        )
        assert all(value.shape[0] for value in outputs.values())
        asked.append(name)
    assert sorted(asked) == sorted(served)


@pytest.mark.parametrize("name", ["export [v2]", "x[1-9]", "back\\slash"])
def test_server_files_name_the_models_of_any_folder(tmp_path, name):
    folder = tmp_path / name
    for version in ("sd_dcgan/6", "sd_began/12", "sd_wgan/unfinished-3"):
        (folder / version).mkdir(parents=True)
        (folder / version / "saved_model.pb").touch()
    (folder / "sd_dcgan-6.onnx").touch()
    saved_model.write_server_files(str(folder))
    config = (folder / "models.config").read_text()
    assert re.findall('name: "(.*)"', config) == ["sd_began", "sd_dcgan"]


def test_server_files_parse(exported_run):
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    run = Run(exported_run)
    with open(run.path("export", "models.config")) as file:
        config = text_format.Parse(
            file.read(), model_server_config_pb2.ModelServerConfig()
        )
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("sd_dcgan", "/models/sd_dcgan")
    with open(run.path("export", "batching.config")) as file:
        lines = file.read().splitlines()
    assert "max_batch_size { value: 64 }" in lines
    # The server wants the last one to be `max_batch_size`.
    sizes = [x for x in lines if x.startswith("allowed_batch_sizes")]
    assert sizes[0].endswith(" 1") and sizes[-1].endswith(" 64")


def test_a_missing_package_is_named(folder, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(
        ValueError, match="needs tensorflow-serving-api: pip install"
    ):
        saved_model.write_saved_model({}, "sd_dcgan", str(tmp_path / "6"))
    assert not os.listdir(tmp_path)
