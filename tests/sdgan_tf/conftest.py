"""Random networks, a data set with all splits, a verifier of colours."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records
from sdgan_tf import hardware
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import trained_verifier
from sdgan_tf.exporting.web import runtime
from sdgan_tf.generators import Generator
from sdgan_tf.models.embedding_network import EmbeddingNetwork
from sdgan_tf.runs import Run

TINY = Experiment(model="sd_began", image_size=32, dim=8, d_i=3, d_o=2)


@pytest.fixture(scope="session")
def random_run(tmp_path_factory) -> Run:
    """A random generator, stretched so that its pictures differ."""
    keras.utils.set_random_seed(0)
    network = build_algorithm(TINY).generator
    rng = np.random.default_rng(0)
    for layer in (network.project, *network.convs, network.to_image):
        kernel = layer.kernel.numpy()
        layer.kernel.assign(1.5 * kernel)
        layer.bias.assign(rng.uniform(-0.1, 0.1, layer.bias.shape))
    run = Run(str(tmp_path_factory.mktemp("random") / "run"))
    run.write_generator(network, TINY, 0)
    return run


@pytest.fixture(scope="session")
def runtime_dir(tmp_path_factory) -> str:
    """A folder with onnxruntime-web, as npm packs it."""
    try:
        archive = runtime.pack()
    except ValueError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("ort")
    for name, data in runtime.unpack(archive).items():
        (folder / name).write_bytes(data)
    return str(folder)


@pytest.fixture(scope="session")
def random_verifier(tmp_path_factory) -> str:
    """A random verifier of 32x32, as `--mode=train_verifier` writes it."""
    keras.utils.set_random_seed(0)
    network = EmbeddingNetwork(width=4, size=8)
    network(tf.zeros([1, 32, 32, 3]))
    folder = str(tmp_path_factory.mktemp("random") / "verifier")
    card = {"data_build_id": "none", "image_size": 32}
    trained_verifier.save(folder, network, card)
    return folder


@pytest.fixture(scope="session")
def own_pictures():
    """Makes codes `[n, d_z]` of (generator, n, seed=1), and their pictures."""
    return _own_pictures


def _own_pictures(generator: Generator, n: int, seed=1) -> tuple:
    z = tf.random.stateless_uniform(
        [n, generator.latents.d_z], [seed, 2], -1.0, 1.0
    )
    return z.numpy(), generator.pixels.to_uint8(generator(z))


class MeanColour:
    """Embeds a picture as its mean colour."""

    name, file_hash, size, resize = "mean_colour", "none", 3, ""
    precision = "float32"

    def __init__(self):
        self.seen = 0

    def __call__(self, images):
        self.seen += len(images)
        return images.mean(axis=(1, 2)).astype(np.float32)


@pytest.fixture
def mean_colour():
    """A verifier that needs no file."""
    return MeanColour()


def write_splits(folder, splits) -> str:
    """Writes {split: {identity: photographs}}, each identity of one colour."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for split in records.SPLITS:
        counts = splits.get(split, {})
        path = records.shard_path(str(folder), split, 0, 1)
        with tf.io.TFRecordWriter(path) as writer:
            for name, count in counts.items():
                colour = rng.integers(20, 220, 3)
                for observation in range(count):
                    noise = rng.integers(-20, 21, [32, 32, 3])
                    pixels = (colour + noise).astype(np.uint8)
                    png = tf.io.encode_png(pixels).numpy()
                    writer.write(
                        records.example(png, name, str(observation), {})
                    )
        records.write_index(
            records.index_path(path), list(counts), list(counts.values())
        )
    manifest = {
        "format_version": records.FORMAT_VERSION,
        "build_id": folder.name,
        "image_size": 32,
        "num_shards": 1,
        "label_names": [],
    }
    (folder / records.MANIFEST).write_text(json.dumps(manifest))
    return str(folder)


@pytest.fixture
def make_splits(tmp_path):
    """Writes {split: {identity: photographs}}; gives the folder."""
    return lambda name, splits: write_splits(tmp_path / name, splits)


@pytest.fixture(scope="session")
def split_data(tmp_path_factory) -> str:
    """12, 5 and 4 identities of three photographs."""
    sizes = {"train": 12, "valid": 5, "test": 4}
    return write_splits(
        tmp_path_factory.mktemp("splits") / "splits",
        {s: {f"{s}{n}": 3 for n in range(c)} for s, c in sizes.items()},
    )


@pytest.fixture
def cpu(monkeypatch, tmp_path):
    """Gives this processor other flags: a text as /proc/cpuinfo, or none."""

    def pretend(text):
        path = tmp_path / "cpuinfo"
        if text is not None:
            path.write_text(text)
        monkeypatch.setattr(hardware, "CPUINFO", path)

    return pretend
