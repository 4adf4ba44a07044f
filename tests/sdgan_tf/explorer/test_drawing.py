"""The explorer draws only what is new, and the same for a link."""

import io

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.explorer import drawing
from sdgan_tf.explorer.drawing import Artist, Subject, there_and_back
from sdgan_tf.explorer.state import Draw, GridState

STATE = GridState.fresh(3, 3, 4)


@pytest.fixture(scope="module")
def generator(random_run):
    return random_run.generator()


@pytest.fixture(scope="module")
def artist(generator):
    return Artist(generator)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def test_pictures_are_the_generators(artist, generator, own_pictures):
    z, images = own_pictures(generator, 11)
    drawn = artist.pictures(z)
    assert drawn.shape == (11, 32, 32, 3) and drawn.dtype == np.uint8
    assert np.abs(drawn.astype(int) - images).max() <= 1


def test_codes_are_functions_of_their_draws(artist):
    draws = [Draw(3, 0), Draw(3, 1), Draw(3, 0, 1), Draw(4, 0), Draw(3, 0)]
    z_i, z_o = artist.z_i(draws), artist.z_o(draws)
    assert z_i.shape == (5, 3) and z_o.shape == (5, 2)
    np.testing.assert_array_equal(z_i[0], z_i[4])
    assert len(np.unique(z_i, axis=0)) == len(np.unique(z_o, axis=0)) == 4
    assert not np.allclose(z_i[:, :2], z_o)
    assert np.abs(z_i).max() < 1.0


def test_only_what_is_new_is_drawn(artist, monkeypatch):
    known = artist.cells(STATE.cells(), {})
    drawn = []
    monkeypatch.setattr(
        artist,
        "pictures",
        lambda z: (
            drawn.append(len(z)) or np.zeros([len(z), 32, 32, 3], np.uint8)
        ),
    )
    assert artist.cells(STATE.cells(), known) == known and not drawn
    for state, count in (
        (STATE.resample("rows", 1), 4),
        (STATE.resample("columns", 0), 3),
        (STATE.toggle("rows", 0).resample_unlocked(), 12),
    ):
        cells = artist.cells(state.cells(), known)
        assert drawn.pop() == count
        assert set(cells) == set(state.cells())
    both = STATE.toggle("rows", 0).toggle("columns", 0).resample_unlocked()
    artist.cells(both.cells(), known)
    assert drawn == [11]


def test_a_link_draws_the_same_pixels(artist):
    state, known = STATE, artist.cells(STATE.cells(), {})
    for change in (
        lambda s: s.resample("rows", 2),
        lambda s: s.toggle("rows", 2).resample_unlocked(),
        lambda s: s.resample("columns", 1),
        lambda s: s.reseed(11),
    ):
        state = change(state)
        known = artist.cells(state.cells(), known)
    linked = GridState.from_link(state.link(), GridState.fresh(0, 1, 1))
    assert artist.cells(linked.cells(), {}) == known
    sheet = artist.grid(linked)
    assert sheet.shape == (96, 128, 3)
    np.testing.assert_array_equal(
        sheet[32:64, :32], pixels(known[state.cell(1, 0)])
    )


def test_matrix_and_walks_share_their_corners(artist):
    first, second = STATE.cell(0, 1), STATE.cell(2, 3)
    a, b = artist.pictures(artist.z([first, second])).astype(int)
    matrix = artist.matrix(first, second, 3, 4)
    assert matrix.shape == (12, 32, 32, 3)
    assert np.abs(matrix[0] - a).max() <= 1
    assert np.abs(matrix[-1] - b).max() <= 1
    for way, corner in (("identity", 8), ("observation", 3)):
        walk = artist.walk(first, second, way, 5)
        assert walk.shape == (5, 32, 32, 3)
        assert np.abs(walk[0] - a).max() <= 1
        assert np.abs(walk[-1].astype(int) - matrix[corner]).max() <= 1
    with pytest.raises(ValueError, match="`way` must be.*Received: 'up'"):
        artist.walk(first, second, "up", 5)


def test_a_subject_under_the_grids_observations(artist):
    code = artist.z_i([Draw(3, 1)])[0]
    subject = Subject(code, np.zeros([1, 2]), np.zeros([1]), np.zeros([1]))
    row = artist.under_observations(subject, STATE.columns.draws)
    known = artist.cells(STATE.cells(), {})
    for column, image in enumerate(row):
        cell = pixels(known[STATE.cell(1, column)])
        np.testing.assert_array_equal(image, cell)


def test_there_and_back():
    frames = np.arange(4)[:, None]
    assert there_and_back(frames)[:, 0].tolist() == [0, 1, 2, 3, 2, 1]
    assert there_and_back(frames[:1])[:, 0].tolist() == [0]


def test_png_keeps_pixels():
    image = np.random.default_rng(0).integers(0, 256, [8, 8, 3], np.uint8)
    np.testing.assert_array_equal(pixels(drawing.to_png(image)), image)
