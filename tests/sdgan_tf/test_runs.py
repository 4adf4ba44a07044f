"""Run folders and the generators that they give back."""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import pickle
import shutil
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf import runs
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.runs import CARD, WEIGHTS, Run, load_networks

ROOT = pathlib.Path(__file__).parent.parent.parent

KEPT = ROOT / "pretrained"
TINY = Experiment(image_size=32, dim=4, d_i=6, d_o=5)


def test_new_runs_are_numbered(tmp_path):
    root = str(tmp_path / "runs")
    first = Run.new("sd_dcgan", root)
    assert first.folder.endswith("00001-sd_dcgan")
    first.write_experiment(TINY)
    (tmp_path / "runs" / "notes").mkdir()
    assert Run.new("other", root).folder.endswith("00002-other")
    assert sorted(os.listdir(root)) == [
        "00001-sd_dcgan",
        "00002-other",
        "notes",
    ]


def test_runs_that_begin_at_once_have_numbers_of_their_own(tmp_path):
    root = str(tmp_path / "runs")
    together = threading.Barrier(8)

    def begin(n):
        together.wait()
        return [Run.new(f"model{n % 3}", root).folder for _ in range(6)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        folders = [f for made in pool.map(begin, range(8)) for f in made]
    numbers = {os.path.basename(folder)[:5] for folder in folders}
    assert len(numbers) == len(folders) == 48
    assert sorted(os.listdir(root)) == sorted(map(os.path.basename, folders))


def test_numbers_of_five_digits_and_more(tmp_path):
    for name in ("00007-a", "99999-b", "123-c", "notes-00300"):
        (tmp_path / name).mkdir()
    assert Run.new("d", str(tmp_path)).folder.endswith("/100000-d")
    assert Run.new("d", str(tmp_path)).folder.endswith("/100001-d")


def test_experiment_survives(tmp_path):
    run = Run(str(tmp_path / "run"))
    run.write_experiment(TINY)
    assert run.experiment() == TINY


def test_no_run_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no `config.json`"):
        Run(str(tmp_path)).generator()


def test_no_checkpoint_is_an_error(tmp_path):
    run = Run(str(tmp_path / "run"))
    run.write_experiment(TINY)
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        run.generator()


def test_latest_checkpoint_is_by_number_not_by_name(tmp_path):
    run = Run(str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    for step in (5, 100000000, 99999999):
        (tmp_path / "checkpoints" / f"step-{step:08d}.index").touch()
    steps = [path.rsplit("-", 1)[1] for path in run.checkpoints.paths()]
    assert steps == ["100000000", "99999999", "00000005"]


@pytest.mark.parametrize("name", sorted(p.name for p in KEPT.iterdir()))
def test_every_kept_generator_draws(name):
    generator = Run(str(KEPT / name)).generator()
    z_i, z_o = generator.latents.codes(0, 2, 2)
    images = generator(generator.latents.grid(z_i, z_o)).numpy()
    assert np.isfinite(images).all() and images.std(axis=0).mean() > 0.01


def test_pretrained_folder_is_taken_like_a_run(tmp_path):
    network = build_algorithm(TINY).generator
    network.save_weights(tmp_path / WEIGHTS)
    card = {"experiment": json.loads(TINY.to_json()), "step": 7}
    (tmp_path / CARD).write_text(json.dumps(card))
    generator = Run(str(tmp_path)).generator()
    z = tf.random.stateless_uniform([5, 11], [1, 2], -1.0, 1.0)
    assert generator.step == 7
    # Not to the last bit: a batch of another size is another product.
    np.testing.assert_allclose(
        generator(z, batch_size=2),
        network(z, training=False),
        rtol=0,
        atol=1e-9,
    )


@pytest.mark.parametrize("model", ["sd_dcgan", "sd_began", "sd_projected"])
@pytest.mark.parametrize(
    ("dtype", "error"), [("float32", 0), ("float16", 3e-3)]
)
def test_written_generator_comes_back(tmp_path, model, dtype, error):
    experiment = dataclasses.replace(TINY, model=model)
    network = build_algorithm(experiment).generator
    run = Run(str(tmp_path / "pretrained"))
    run.write_generator(network, experiment, 9, dtype=dtype)
    assert run.experiment() == experiment
    generator = run.generator()
    assert generator.step == 9
    for ours, theirs in zip(
        generator.network.weights, network.weights, strict=True
    ):
        assert ours.dtype == "float32"
        np.testing.assert_allclose(ours, theirs, rtol=error, atol=1e-7)


def test_float16_takes_half_the_room(tmp_path):
    experiment = Experiment(image_size=32, dim=32, d_i=6, d_o=5)
    network = build_algorithm(experiment).generator
    sizes = {}
    for dtype in ("float32", "float16"):
        run = Run(str(tmp_path / dtype))
        run.write_generator(network, experiment, 0, dtype=dtype)
        sizes[dtype] = (tmp_path / dtype / WEIGHTS).stat().st_size
    plain = 4 * network.count_params()
    assert sizes["float16"] < 0.55 * plain
    # Packed without loss; the file's own structure takes some 50 kB.
    assert sizes["float16"] < sizes["float32"] < plain + 60_000


def test_a_weight_that_float16_cannot_hold(tmp_path):
    network = build_algorithm(TINY).generator
    network.project.bias.assign(tf.fill(network.project.bias.shape, 1e5))
    with pytest.raises(ValueError, match="bias` is not finite as float16"):
        Run(str(tmp_path)).write_generator(network, TINY, 0, dtype="float16")


def test_weights_of_another_network(tmp_path):
    run = Run(str(tmp_path))
    run.write_generator(build_algorithm(TINY).generator, TINY, 0)
    wider = build_algorithm(dataclasses.replace(TINY, dim=8))
    with pytest.raises(ValueError, match=f"`{WEIGHTS}` in .* does not fit"):
        load_networks(run, wider.networks)


def test_a_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "config.json"
    runs.write_text(str(path), "old")
    with monkeypatch.context() as patch:
        patch.setattr(tf.io.gfile, "rename", _fail)
        with pytest.raises(OSError, match="cut"):
            runs.write_text(str(path), "new")
    assert path.read_text() == "old"
    runs.write_text(str(path), "new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["config.json"]


def _fail(*args, **options):
    raise OSError("cut")


@pytest.mark.parametrize("text", ["", '{"dim": 4', "[]", "null"])
def test_a_damaged_configuration_is_named(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json must hold a JSON obj"):
        Run(str(tmp_path)).experiment()


class Evil:
    """Whoever unpickles it runs a program."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickle_as_weights_is_refused_and_not_loaded(tmp_path):
    network = build_algorithm(TINY).generator
    run = Run(str(tmp_path / "run"))
    run.write_generator(network, TINY, 0)
    with open(run.path(WEIGHTS), "wb") as file:
        pickle.dump(Evil(tmp_path / "ran"), file)
    with pytest.raises(ValueError, match=f"`{WEIGHTS}` in .* does not fit"):
        run.generator()
    assert not (tmp_path / "ran").exists()


def test_a_keras_file_is_refused(tmp_path):
    """Such a file may hold a Lambda layer with any program."""
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1)])
    model.save(tmp_path / "foreign.keras")
    with pytest.raises(FileNotFoundError, match="is not a run folder"):
        Run(str(tmp_path / "foreign.keras")).generator()
    run = Run(str(tmp_path / "run"))
    run.write_generator(build_algorithm(TINY).generator, TINY, 0)
    shutil.copy(tmp_path / "foreign.keras", run.path(WEIGHTS))
    with pytest.raises(ValueError, match=f"`{WEIGHTS}` in .* does not fit"):
        run.generator()
