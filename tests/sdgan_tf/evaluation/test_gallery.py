"""The gallery of training identities: what it holds, and when it is made."""

import shutil

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import gallery, uniqueness_and_novelty
from sdgan_tf.evaluation.gallery import Gallery
from sdgan_tf.evaluation.photograph_pairs import Photographs


@pytest.fixture
def data(split_data, tmp_path) -> DataSet:
    """12 training identities of three photographs, to be written to."""
    folder = shutil.copytree(split_data, tmp_path / "data")
    shutil.rmtree(folder / gallery.FOLDER, ignore_errors=True)
    return DataSet.open(str(folder))


def test_templates_are_the_means_of_the_photographs(data, mean_colour):
    found = Gallery.open(data, mean_colour)
    photographs = Photographs.open(data, "train")
    embeddings = mean_colour(photographs.read(np.arange(36)))
    np.testing.assert_allclose(
        found.templates,
        uniqueness_and_novelty.templates(embeddings, np.full(12, 3)),
        rtol=1e-6,
    )
    np.testing.assert_array_equal(found.hashes, photographs.hashes)
    nearest = found.nearest(found.templates[[7, 2]])
    assert nearest.rows.tolist() == [7, 2]
    np.testing.assert_allclose(nearest.distances, 0, atol=1e-6)


def test_it_is_embedded_once(data, mean_colour):
    first = Gallery.open(data, mean_colour)
    assert mean_colour.seen == 36
    second = Gallery.open(data, mean_colour)
    assert mean_colour.seen == 36
    np.testing.assert_array_equal(first.templates, second.templates)
    # Other weights, and another build, are another gallery.
    mean_colour.file_hash = "other"
    Gallery.open(data, mean_colour)
    assert mean_colour.seen == 72
    manifest = f"{data.folder}/manifest.json"
    with open(manifest) as file:
        text = file.read()
    with open(manifest, "w") as file:
        file.write(text.replace('"build_id": "splits"', '"build_id": "new"'))
    Gallery.open(DataSet.open(data.folder), mean_colour)
    assert mean_colour.seen == 108


def test_a_damaged_one_is_made_again(data, mean_colour, caplog):
    first = Gallery.open(data, mean_colour)
    path = f"{data.folder}/{gallery.FOLDER}/mean_colour-float32-none.npz"
    with open(path, "r+b") as file:
        file.truncate(100)
    second = Gallery.open(data, mean_colour)
    np.testing.assert_array_equal(first.templates, second.templates)
    assert mean_colour.seen == 72 and "is damaged" in caplog.text


def test_a_folder_that_cannot_be_written(data, mean_colour, caplog):
    # A file stands where the folder would be: root may write anywhere else.
    with open(f"{data.folder}/{gallery.FOLDER}", "w"):
        pass
    found = Gallery.open(data, mean_colour)
    assert found.templates.shape == (12, 3)
    assert "the next evaluation embeds their photographs again" in caplog.text


def test_of_a_large_data_set_some_photographs_are_embedded(
    data, mean_colour, monkeypatch
):
    counts = np.array([1, 5, 9, 2])
    for most, expected in (
        (17, [1, 5, 9, 2]),
        (16, [1, 5, 8, 2]),
        (12, [1, 4, 4, 2]),
        (2, [1, 1, 1, 1]),
    ):
        each = gallery.photographs_of_each(counts, most)
        assert each.tolist() == expected
    monkeypatch.setattr(gallery, "MAX_PHOTOGRAPHS", 24)
    found = Gallery.open(data, mean_colour)
    positions = np.flatnonzero(np.arange(36) % 3 < 2)
    images = Photographs.open(data, "train").read(positions)
    np.testing.assert_allclose(
        found.templates,
        uniqueness_and_novelty.templates(mean_colour(images), np.full(12, 2)),
        rtol=1e-6,
    )
