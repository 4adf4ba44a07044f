"""Small collections and data sets for the tests of the data pipeline."""

import json
import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipeline import build_records, pictures, records


def _save_picture(path, colour, size=(40, 40), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)


def _build(layout, source, target, **options):
    options.setdefault("image_size", 32)
    options.setdefault("num_shards", 2)
    return build_records.build(
        build_records.BuildOptions(
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


def _write_data_set(folder, counts, num_shards=2, image_size=4):
    """A data set whose split `train` holds `counts[i]` images of identity i.

    Image j of identity i is all of the colour (i % 256, j, i // 256).
    """
    os.makedirs(folder)
    shards = [[] for _ in range(num_shards)]
    for i in range(len(counts)):
        hashed = records.identity_hash(f"identity {i}")
        shards[records.shard_of(hashed, num_shards)].append(i)
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
def write_data_set():
    """`write_data_set(folder, counts)`: a data set of coloured images."""
    return _write_data_set


@pytest.fixture
def rng():
    """Seeded NumPy generator."""
    return np.random.default_rng(0)
