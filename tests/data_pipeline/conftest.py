"""Small collections and data sets for the tests of the data pipeline."""

import json
import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import records
from data_pipeline.build import driver
from data_pipeline.build.options import BuildOptions
from data_pipeline.records import pictures


def _save_picture(path, colour, size=(40, 40), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)


def _build(layout, source, target, **options):
    options.setdefault("image_size", 32)
    options.setdefault("num_shards", 2)
    return driver.build(
        BuildOptions(
            layout=layout,
            input=str(source),
            output_dir=str(target),
            **options,
        ),
        ["--direct_running_mode=in_memory", "--direct_num_workers=1"],
    )


def _read_records(folder):
    """Every record in file order, each with its split and shard."""
    data = records.DataSet.open(str(folder))
    read = []
    for split in records.SPLITS:
        for shard, path in enumerate(data.shards(split)):
            for serialised in tf.data.TFRecordDataset(path):
                parsed = tf.io.parse_single_example(
                    serialised, records.FEATURES
                )
                record = {name: x.numpy() for name, x in parsed.items()}
                record["identity"] = record["identity"].decode()
                record["observation"] = record["observation"].decode()
                record["identity_hash"] = int(record["identity_hash"])
                record["labels"] = json.loads(record["labels"])
                record["pixels"] = tf.io.decode_png(record["image"]).numpy()
                read.append(record | {"split": split, "shard": shard})
    return read


def _images_of(read):
    counts = {}
    for record in read:
        counts[record["identity"]] = counts.get(record["identity"], 0) + 1
    return counts


def _no_manifest(folder):
    with pytest.raises(FileNotFoundError):
        records.DataSet.open(str(folder))
    return not [name for name in os.listdir(folder) if "manifest" in name]


def _take(dataset, n):
    """Images and identities of n elements, stacked."""
    elements = list(dataset.take(n).as_numpy_iterator())
    assert len(elements) == n
    return (
        np.stack([element["images"] for element in elements]),
        np.stack([element["identity"] for element in elements]),
    )


def _chi_square(counts, outcomes):
    """Against a uniform law over that many outcomes."""
    assert len(counts) <= outcomes
    total = sum(counts.values())
    expected = total / outcomes
    squares = sum((n - expected) ** 2 for n in counts.values())
    return (squares + (outcomes - len(counts)) * expected**2) / expected


def _write_data_set(folder, counts, num_shards=2, image_size=4):
    """A data set whose split `train` holds `counts[i]` images of identity i.

    Image j of identity i is all of the colour (i % 256, j, i // 256).
    """
    os.makedirs(folder)
    shards = [[] for _ in range(num_shards)]
    for i in range(len(counts)):
        shards[(i * i + i // 5) % num_shards].append(i)  # Unequal parts.
    for split in records.SPLITS:
        for shard, identities in enumerate(shards):
            path = records.shard_path(str(folder), split, shard, num_shards)
            held = identities if split == "train" else []
            with tf.io.TFRecordWriter(path) as writer:
                for i in held:
                    for j in range(counts[i]):
                        picture = Image.new(
                            "RGB",
                            (image_size, image_size),
                            (i % 256, j, i // 256),
                        )
                        writer.write(
                            records.example(
                                pictures.to_png(picture),
                                f"identity {i}",
                                str(j),
                                {},
                            )
                        )
            records.write_index(
                records.index_path(path),
                [f"identity {i}" for i in held],
                [counts[i] for i in held],
            )
    manifest = {
        "format_version": records.FORMAT_VERSION,
        "build_id": "test",
        "image_size": image_size,
        "num_shards": num_shards,
        "label_names": [],
    }
    with open(os.path.join(folder, records.MANIFEST), "w") as file:
        json.dump(manifest, file)
    return records.DataSet.open(str(folder))


@pytest.fixture(scope="session")
def save_picture():
    """`save_picture(path, colour, size)`: a file of one colour."""
    return _save_picture


@pytest.fixture(scope="session")
def build():
    """`build(layout, source, target, **options)`: the manifest."""
    return _build


@pytest.fixture(scope="session")
def read_records():
    """`read_records(folder)`: every record of a data set."""
    return _read_records


@pytest.fixture(scope="session")
def images_of():
    """`images_of(read)`: how many of the records each identity has."""
    return _images_of


@pytest.fixture(scope="session")
def no_manifest():
    """`no_manifest(folder)`: no manifest, whole or in part, is left."""
    return _no_manifest


@pytest.fixture
def source(tmp_path):
    """Where a test makes its collection."""
    return tmp_path / "source"


@pytest.fixture
def target(tmp_path):
    """Where a test builds its data set."""
    return tmp_path / "target"


@pytest.fixture
def make_folders(save_picture, source):
    """`make_folders({identity: images})`: the layout `folders`, no repeats."""

    def make(counts):
        for i, (identity, count) in enumerate(counts.items()):
            for j in range(count):
                save_picture(source / identity / f"{j}.png", (i, j, 0))

    return make


@pytest.fixture(scope="session")
def built(save_picture, build, tmp_path_factory):
    """A data set of 20 identities, 2 images each; not to be changed."""
    folder = tmp_path_factory.mktemp("built")
    for i in range(20):
        for j in range(2):
            save_picture(folder / f"source/old {i}/{j}.png", (i, j, 0))
    build("folders", folder / "source", folder / "target")
    return folder / "target"


@pytest.fixture(scope="session")
def write_data_set():
    """`write_data_set(folder, counts)`: a data set of coloured images."""
    return _write_data_set


@pytest.fixture(scope="session")
def take():
    """`take(dataset, n)`: images and identities of n elements, stacked."""
    return _take


@pytest.fixture(scope="session")
def chi_square():
    """`chi_square(counts, outcomes)`: against a uniform law."""
    return _chi_square


@pytest.fixture(scope="session")
def skewed(write_data_set, tmp_path_factory):
    """16 identities of 2 to 40 images in 3 shards; not to be changed."""
    folder = tmp_path_factory.mktemp("skewed") / "data"
    counts = [2, 40, 3, 5, 2, 30, 2, 7, 4, 2, 11, 2, 25, 6, 2, 3]
    return write_data_set(folder, counts, num_shards=3)


@pytest.fixture
def rng():
    """Seeded NumPy generator."""
    return np.random.default_rng(0)
