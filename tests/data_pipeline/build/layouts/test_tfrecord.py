"""Tests of the layout `tfrecord`."""

import pytest
import tensorflow as tf

from data_pipeline.build import places
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.reading import TableColumns

COLUMNS = TableColumns("image", "label", ("image/filename",))


def example(image, label, name):
    """As TFDS' ImageFolder writes it."""

    def of_bytes(value):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    number = tf.train.Int64List(value=[] if label is None else [label])
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                "image": of_bytes(image),
                "image/filename": of_bytes(name),
                "label": tf.train.Feature(int64_list=number),
            }
        )
    ).SerializeToString()


def write(path, *examples, compression=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for serialised in examples:
            writer.write(serialised)


def test_shards_of_image_folder(tmp_path, listed):
    folder = tmp_path / "1.0.0"
    write(
        folder / "faces-train.tfrecord-00000-of-00002",
        example(b"picture a", 1, b"a.jpg"),
        example(b"picture b", None, b"b.jpg"),
    )
    write(
        folder / "faces-train.tfrecord-00001-of-00002",
        example(b"picture c", 0, b"c.jpg"),
    )
    (folder / "label.labels.txt").write_text("Ann\nBob\n")
    (folder / "features.json").write_text("{}")
    found = listed("tfrecord", tmp_path, COLUMNS)
    assert [(p.identity, p.fault) for p in found] == [
        ("Bob", None),
        ("", "no identity"),
        ("Ann", None),
    ]
    assert [places.read(p.place) for p in found] == [
        b"picture a",
        b"picture b",
        b"picture c",
    ]
    assert found[0].labels == (("image/filename", "a.jpg"),)
    assert len({p.path for p in found}) == 3


def test_numbers_without_names(tmp_path, listed):
    write(tmp_path / "x.tfrecord", example(b"x", 12, b"x.jpg"))
    (photograph,) = listed("tfrecord", tmp_path / "x.tfrecord", COLUMNS)
    assert photograph.identity == "12"


def test_feature_that_is_not_there(tmp_path, listed):
    write(tmp_path / "x.tfrecord", example(b"x", 1, b"x.jpg"))
    with pytest.raises(BadCollection, match="no feature `identity`.*'label'"):
        listed("tfrecord", tmp_path)


@pytest.mark.parametrize("damage", ["compressed", "cut", "other records"])
def test_files_of_another_kind(tmp_path, listed, damage):
    path = tmp_path / "x.tfrecord"
    write(
        path,
        b"\xff" if damage == "other records" else example(b"x", 1, b"x.jpg"),
        compression="GZIP" if damage == "compressed" else "",
    )
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadCollection, match="is truncated|no tf.train.Example"):
        listed("tfrecord", path, COLUMNS)
