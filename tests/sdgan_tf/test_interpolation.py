"""Interpolations: the grid, its ends, the animation."""

import numpy as np
import pytest
from PIL import Image

from sdgan_tf import interpolation
from sdgan_tf.images import write_animation
from sdgan_tf.interpolation import read_ends, write_interpolation
from sdgan_tf.latents import LatentSpace
from sdgan_tf.runs import Run


def test_grid_between_two_seeds_and_animation(trained, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    written = {}

    def write(path, frames, frame_milliseconds):
        written[path] = frames, frame_milliseconds
        write_animation(path, frames, frame_milliseconds)

    monkeypatch.setattr(interpolation, "write_animation", write)
    generator = Run(trained.run_dir).generator()
    ends = read_ends("3,4", "", generator.latents)
    write_interpolation(str(out), generator, *ends, rows=3, columns=2, frames=2)
    with np.load(out / "samples.npz") as arrays:
        images, z_i, z_o = (arrays[n] for n in ("images", "z_i", "z_o"))
    assert images.shape == (6, 32, 32, 3)
    latents = LatentSpace(6, 5)
    (a_i, a_o), (b_i, b_o) = latents.codes(3, 1, 1), latents.codes(4, 1, 1)
    # Three rows of two columns.
    np.testing.assert_allclose(z_i[[0, 1]], np.repeat(a_i, 2, axis=0))
    np.testing.assert_allclose(z_i[2], (a_i + b_i)[0] / 2, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(z_i[[4, 5]], np.repeat(b_i, 2, axis=0))
    np.testing.assert_allclose(z_o[[0, 2, 4]], np.repeat(a_o, 3, axis=0))
    np.testing.assert_allclose(z_o[[1, 3, 5]], np.repeat(b_o, 3, axis=0))
    sheet = np.asarray(Image.open(out / "grid.png"))
    assert sheet.shape == (3 * 32, 2 * 32, 3)
    single = np.asarray(Image.open(out / "row0002_column0001.png"))
    np.testing.assert_array_equal(single, images[5])
    np.testing.assert_array_equal(sheet[64:, 32:], images[5])
    assert set(written) == {str(out / "loop.gif"), str(out / "loop.webp")}
    for path, (frames, frame_milliseconds) in written.items():
        # Two frames on each of the ways round the grid's corners.
        np.testing.assert_array_equal(frames[::2], images[[0, 4, 5, 1]])
        assert len(frames) == 8
        assert frame_milliseconds == 80
        with Image.open(path) as image:
            assert image.size == (32, 32)
            first = np.asarray(image.convert("RGB")).astype(int)
        # GIF has 256 colours and WebP loses a little.
        assert np.abs(first - images[0]).mean() < 4


def test_ends_are_rows_of_a_codes_file(tmp_path):
    path = str(tmp_path / "codes.npz")
    # As --mode=project writes it, with further arrays.
    np.savez(path, z_i=[[1.0], [2.0]], z_o=[[3.0], [4.0]], names=["a", "b"])
    first, second = read_ends("1,0", path, LatentSpace(1, 1))
    assert first.tolist() == [2, 4]
    assert second.tolist() == [1, 3]
    with pytest.raises(ValueError, match="rows of the 2 .*ends='0,2'"):
        read_ends("0,2", path, LatentSpace(1, 1))


@pytest.mark.parametrize(
    "ends",
    ["", "1", "1,2,3", "a,b", "-1,2", "0.5,1", f"0,{2**63}", "9" * 20 + ",0"],
)
def test_bad_ends(ends):
    with pytest.raises(ValueError, match=f"`ends` must be two .*{ends!r}"):
        read_ends(ends, "", LatentSpace(1, 1))
