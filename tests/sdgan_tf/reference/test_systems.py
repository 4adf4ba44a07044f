"""The authors' dumps: what they become, and each way they can be wrong."""

import json
import os
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.codes import read_codes
from sdgan_tf.config import Experiment
from sdgan_tf.models.began import BEGANGenerator
from sdgan_tf.models.dcgan import DCGANGenerator
from sdgan_tf.reference import systems
from sdgan_tf.reference.dump import Dump
from sdgan_tf.reference.systems import load_dump, step_of
from sdgan_tf.runs import Run


def write_dump(folder: pathlib.Path, arrays: dict) -> str:
    folder.mkdir(parents=True)
    manifest = {}
    for name, array in arrays.items():
        filename = name.replace("/", "_")
        np.asarray(array, "<f4").tofile(folder / filename)
        manifest[name] = {"filename": filename, "shape": list(array.shape)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return str(folder)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def randomise(network, rng) -> None:
    """Gives every variable numbers of its own; variances are positive."""
    network(tf.zeros([1, 11]))
    for weight in network.weights:
        weight.assign(rng.uniform(0.1, 0.5, weight.shape))


@pytest.fixture
def dcgan(rng, tmp_path):
    """A network of 32x32 with codes of 11 numbers, and its dump."""
    network = DCGANGenerator(32, 4)
    randomise(network, rng)
    arrays = {
        "G/z_project/dense/kernel": network.project.kernel,
        "G/z_project/dense/bias": network.project.bias,
    }
    for n, layer in enumerate(network.upconvs):
        scope = f"G/upconv_2d_{n}/conv2d_transpose"
        arrays[f"{scope}/kernel"] = layer.kernel
        arrays[f"{scope}/bias"] = layer.bias
    scopes = ("G/z_project", "G/upconv_2d_0", "G/upconv_2d_1")
    for scope, layer in zip(scopes, network.norms, strict=True):
        scope = f"{scope}/batch_normalization"
        arrays[f"{scope}/gamma"] = layer.gamma
        arrays[f"{scope}/beta"] = layer.beta
        arrays[f"{scope}/moving_mean"] = layer.moving_mean
        arrays[f"{scope}/moving_variance"] = layer.moving_variance
    arrays = {name: array.numpy() for name, array in arrays.items()}
    return network, write_dump(tmp_path / "sddcgan_25926_small", arrays)


@pytest.fixture
def began(rng, tmp_path):
    """The same of a BEGAN, with codes of the figure: d_i is 6."""
    network = BEGANGenerator(32, 4)
    randomise(network, rng)
    arrays = {
        "G/fully_connected/weights": network.project.kernel.numpy(),
        "G/fully_connected/biases": network.project.bias.numpy(),
        "fig1/grid_zis": rng.uniform(-1, 1, [3, 6]),
        "fig1/grid_zos": rng.uniform(-1, 1, [2, 5]),
    }
    names = ["Conv", *(f"Conv_{n}" for n in range(1, 7))]
    layers = [*network.convs, network.to_image]
    for name, layer in zip(names, layers, strict=True):
        arrays[f"G/{name}/weights"] = layer.kernel.numpy()
        arrays[f"G/{name}/biases"] = layer.bias.numpy()
    return network, write_dump(tmp_path / "sdbegan_7", arrays)


def same_pictures(run: Run, network: keras.Model, rng) -> None:
    z = rng.uniform(-1, 1, [3, 11]).astype("float32")
    np.testing.assert_allclose(
        run.generator()(z), network(z), rtol=0, atol=1e-6
    )


def test_sd_dcgan(dcgan, rng, tmp_path):
    network, folder = dcgan
    imported = systems.import_dump(folder, str(tmp_path / "run"), d_i=6)
    run = imported.run
    assert imported.experiment == run.experiment() and imported.codes == ""
    assert run.experiment() == Experiment(
        model="sd_dcgan", image_size=32, dim=4, d_i=6, d_o=5
    )
    assert run.generator().step == 25926
    same_pictures(run, network, rng)
    assert not os.path.exists(run.path("figure1_codes.npz"))


def test_sd_began_and_its_codes(began, rng, tmp_path):
    network, folder = began
    imported = systems.import_dump(folder, str(tmp_path / "run"))
    run = imported.run
    assert run.experiment() == Experiment(
        model="sd_began", image_size=32, dim=4, d_i=6, d_o=5
    )
    assert run.generator().step == 7
    same_pictures(run, network, rng)
    assert imported.step == 7
    assert imported.codes == run.path("figure1_codes.npz")
    with np.load(imported.codes) as codes:
        assert codes["z_i"].shape == (3, 6)
        assert codes["z_o"].shape == (2, 5)


@pytest.mark.parametrize(
    ("folder", "step"),
    [
        ("sdbegan_548235_small", 548235),
        ("a/sdbegan_548235_small/", 548235),
        ("7/dump", 0),
        ("sdgan2_100", 100),
    ],
)
def test_step_of(folder, step):
    assert step_of(folder) == step


def change(folder: str, name: str, entry: dict | None) -> None:
    """Changes or drops a variable's line of the manifest."""
    path = pathlib.Path(folder) / "manifest.json"
    manifest = json.loads(path.read_text())
    if entry is None:
        del manifest[name]
    else:
        manifest[name] |= entry
    path.write_text(json.dumps(manifest))


def test_missing_file(began):
    os.remove(os.path.join(began[1], "G_Conv_2_biases"))
    with pytest.raises(
        FileNotFoundError, match="`G/Conv_2/biases` is missing.*G_Conv_2_biases"
    ):
        load_dump(Dump.open(began[1]))


def test_short_file(began):
    path = pathlib.Path(began[1]) / "G_Conv_3_weights"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(
        ValueError,
        match=r"G_Conv_3_weights must hold 576 bytes.*\(3, 3, 4, 4\).*"
        r"`G/Conv_3/weights`. Received: 572 bytes",
    ):
        load_dump(Dump.open(began[1]))


def test_misshapen_variable(began):
    change(began[1], "G/Conv_1/weights", {"shape": [3, 3, 2, 8]})
    with pytest.raises(
        ValueError,
        match=r"`G/Conv_1/weights` must have the shape \(3, 3, 4, 4\). "
        r"Received: \(3, 3, 2, 8\)",
    ):
        load_dump(Dump.open(began[1]))


@pytest.mark.parametrize("name", ["G/Conv_6/weights", "G/Conv_4/biases"])
def test_missing_variable(began, name):
    change(began[1], name, None)
    with pytest.raises(ValueError, match=f"lacks the variable `{name}`"):
        load_dump(Dump.open(began[1]))


def test_missing_batch_norm(dcgan):
    name = "G/upconv_2d_1/batch_normalization/moving_variance"
    change(dcgan[1], name, None)
    with pytest.raises(ValueError, match=f"lacks the variable `{name}`"):
        load_dump(Dump.open(dcgan[1]), d_i=6)


def test_numbers_that_are_not_finite(began):
    path = pathlib.Path(began[1]) / "G_Conv_5_biases"
    np.full([4], np.nan, "<f4").tofile(path)
    with pytest.raises(ValueError, match="G_Conv_5_biases.*not finite"):
        load_dump(Dump.open(began[1]))


def test_neither_system(began):
    change(began[1], "G/fully_connected/weights", None)
    with pytest.raises(
        ValueError,
        match="`G/fully_connected/weights` .sd_began., "
        "`G/z_project/dense/kernel` .sd_dcgan.",
    ):
        load_dump(Dump.open(began[1]))


def test_d_i_is_wanted_where_nothing_tells_it(dcgan):
    with pytest.raises(ValueError, match="pass `d_i`. Received: codes of"):
        load_dump(Dump.open(dcgan[1]))


@pytest.mark.parametrize("d_i", [0, 11])
def test_d_i_must_leave_room(dcgan, d_i):
    with pytest.raises(ValueError, match=f"less than the 11.*d_i={d_i}"):
        load_dump(Dump.open(dcgan[1]), d_i=d_i)


def test_d_i_must_be_the_figures(began):
    with pytest.raises(ValueError, match="have 6 numbers. Received: d_i=5"):
        load_dump(Dump.open(began[1]), d_i=5)


def test_a_training_run_is_not_overwritten(trained, began):
    with pytest.raises(ValueError, match="`run_dir` holds a training run"):
        systems.import_dump(began[1], trained.run_dir)


def test_figure_1_of_the_released_weights(released, tmp_path):
    """Issue 3: within 0.01 grey levels in float32, 1 when rounded."""
    imported = systems.import_dump(released, str(tmp_path / "run"))
    generator = imported.run.generator()
    codes = read_codes(imported.codes, generator.latents, paired=False)
    z = generator.latents.grid(*codes)
    wanted = Dump.open(released).read("fig1/grid_Gzs").reshape(16, 64, 64, 3)
    rounded = generator.pictures(z).astype("float32")
    assert np.abs(rounded - wanted).max() < 1
    assert generator.step == 548235
    assert generator.network.count_params() == 2_011_523
    levels = generator.pixels.to_levels(generator(z)).numpy()
    assert np.abs(levels - wanted).max() < 0.01
