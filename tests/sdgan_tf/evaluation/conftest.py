"""A data set with photographs in all splits, and a verifier of mean colours."""

import json

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records


class MeanColour:
    """Embeds a picture as its mean colour."""

    name, file_hash, size = "mean_colour", "none", 3

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
