"""The files that a link gives."""

import io

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.codes import read_codes
from sdgan_tf.explorer.downloads import Downloads
from sdgan_tf.explorer.drawing import Artist
from sdgan_tf.explorer.state import GridState

STATE = GridState.fresh(3, 2, 3).resample("rows", 1).choose(0, 1).choose(1, 2)


@pytest.fixture(scope="module")
def downloads(random_run):
    artist = Artist(random_run.generator())
    return Downloads(artist, GridState.fresh(0, 6, 8), 4, 80)


def test_the_picture(downloads):
    media_type, data = downloads.file("grid.png", STATE.link())
    assert media_type == "image/png"
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(data))), downloads.artist.grid(STATE)
    )


def test_the_codes_are_what_sample_reads(downloads, tmp_path):
    _, data = downloads.file("codes.npz", STATE.link())
    path = tmp_path / "codes.npz"
    path.write_bytes(data)
    z_i, z_o = read_codes(str(path), downloads.artist.latents, paired=False)
    np.testing.assert_array_equal(z_i, downloads.artist.z_i(STATE.rows.draws))
    assert z_o.shape == (3, 2)


@pytest.mark.parametrize("form", ["gif", "webp"])
@pytest.mark.parametrize("way", ["identity", "observation"])
def test_a_walk_goes_there_and_back(downloads, form, way):
    query = f"{STATE.link()}&way={way}"
    media_type, data = downloads.file(f"walk.{form}", query)
    assert media_type == f"image/{form}"
    with Image.open(io.BytesIO(data)) as walk:
        assert (walk.n_frames, walk.size) == (6, (32, 32))


def test_the_matrix(downloads):
    _, data = downloads.file("matrix.png", STATE.link())
    assert Image.open(io.BytesIO(data)).size == (96, 64)


def test_bad_requests(downloads):
    with pytest.raises(FileNotFoundError, match="grid.png.*Received: 'a.exe'"):
        downloads.file("a.exe", "")
    with pytest.raises(ValueError, match="two chosen cells"):
        downloads.file("walk.gif", "seed=1")
    with pytest.raises(ValueError, match="`way` must be"):
        downloads.file("walk.gif", f"{STATE.link()}&way=up")
