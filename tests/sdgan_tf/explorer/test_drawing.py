"""Batches of one size, and pictures that are the generator's."""

import numpy as np
import pytest

from sdgan_tf.explorer.drawing import Artist


@pytest.fixture(scope="module")
def generator(random_run):
    return random_run.generator()


@pytest.fixture(scope="module")
def artist(generator):
    return Artist(generator)


@pytest.mark.parametrize("n", [1, 8, 11])
def test_pictures_are_the_generators(artist, generator, own_pictures, n):
    z, images = own_pictures(generator, n)
    drawn = artist.pictures(z)
    assert drawn.shape == (n, 32, 32, 3) and drawn.dtype == np.uint8
    assert np.abs(drawn.astype(int) - images).max() <= 1


def test_a_picture_is_the_same_wherever_it_is_drawn(
    artist, generator, own_pictures
):
    z, _ = own_pictures(generator, 13)
    together = artist.pictures(z)
    alone = np.concatenate([artist.pictures(code[None]) for code in z])
    np.testing.assert_array_equal(alone, together)


def test_uneven_sizes_are_not_taken(generator, monkeypatch):
    tried = []

    def is_even(self, n):
        tried.append(n)
        return False

    monkeypatch.setattr(Artist, "_is_even", is_even)
    assert Artist(generator).batch == 1
    assert tried == [8, 4]
