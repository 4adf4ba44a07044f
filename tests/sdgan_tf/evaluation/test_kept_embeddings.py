"""Embeddings that a later evaluation finds again."""

import logging
import os
import pathlib

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import kept_embeddings
from sdgan_tf.evaluation.kept_embeddings import KeptEmbeddings
from sdgan_tf.evaluation.verifiers import CachedVerifier


@pytest.fixture
def kept(make_splits) -> KeptEmbeddings:
    data = DataSet.open(make_splits("data", {"train": {"a": 2}}))
    return KeptEmbeddings(data, "mean_colour", "0123456789abcdef", 3)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, [4, 8, 8, 3], np.uint8)


def files(kept) -> list[str]:
    return sorted(os.listdir(kept.folder))


def test_a_later_evaluation_embeds_what_is_new(kept, images, mean_colour):
    first = CachedVerifier(mean_colour, kept)
    found = first(images[:3])
    assert not os.path.exists(kept.folder)
    first.keep()
    first.keep()  # Nothing is new.
    assert len(files(kept)) == 1 and mean_colour.seen == 3
    assert kept.folder.endswith("/embeddings/mean_colour-0123456789ab")
    later = CachedVerifier(mean_colour, kept)
    assert len(later) == 3
    assert np.array_equal(later(images)[:3], found)
    assert mean_colour.seen == 4
    later.keep()
    assert len(files(kept)) == 2 and len(kept.read()) == 4
    assert kept.num_bytes == sum(
        pathlib.Path(kept.folder, name).stat().st_size for name in files(kept)
    )


def test_pictures_of_equal_bytes_and_another_shape_differ(images, mean_colour):
    cached = CachedVerifier(mean_colour)
    cached(images)
    cached(images.reshape(4, 4, 16, 3))
    assert mean_colour.seen == 8


def test_nothing_is_kept_without_a_place(images, mean_colour):
    cached = CachedVerifier(mean_colour)
    cached(images)
    cached.keep()
    assert len(cached) == 4


def add(kept, number: int) -> None:
    kept.add({bytes([number]) * 32: np.full(3, number, np.float32)})


def test_the_oldest_go(kept, monkeypatch):
    add(kept, 0)
    monkeypatch.setattr(kept_embeddings, "MAX_BYTES", 2 * kept.num_bytes)
    for number in range(1, 4):
        add(kept, number)
    assert [key[0] for key in kept.read()] == [2, 3]


@pytest.mark.parametrize("content", [b"", b"no zip"])
def test_damaged_files_are_left_out(kept, content, caplog):
    add(kept, 1)
    damaged = os.path.join(kept.folder, "9.npz")
    pathlib.Path(damaged).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert list(kept.read()) == [bytes([1]) * 32]
    assert f"{damaged} is damaged" in caplog.text


def test_of_another_size(kept, caplog):
    kept.add({bytes(32): np.zeros(2, np.float32)})
    assert not kept.read() and "is damaged" in caplog.text


def test_a_folder_that_cannot_be_written(kept, caplog):
    pathlib.Path(kept.folder).parent.write_bytes(b"")
    add(kept, 1)
    assert "cannot be stored beside the data set" in caplog.text
    assert not kept.read()
