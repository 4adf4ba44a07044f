"""The command `interpolate`: its files and its messages."""

import numpy as np
import pytest

from sdgan_tf.commands import interpolate
from sdgan_tf.commands.options import Interpolate
from sdgan_tf.latents import LatentSpace

SMALL = {"rows": 3, "columns": 2, "frames": 2}


def test_default_folder_is_the_run_s(trained, capsys, tmp_path):
    interpolate.run(Interpolate(run_dir=trained.run_dir, **SMALL))
    folder = tmp_path / "run" / "interpolation"
    loops = f"{folder / 'loop.gif'}, {folder / 'loop.webp'}"
    said = capsys.readouterr().out
    assert said == f"Grid: {folder / 'grid.png'}, animation: {loops}\n"
    assert (folder / "grid.png").exists() and (folder / "loop.gif").exists()
    interpolate.run(Interpolate(run_dir=trained.run_dir, **SMALL))
    said = capsys.readouterr().out
    assert "The 6 pictures of an earlier call are replaced." in said


def test_ends_and_truncation(trained, tmp_path):
    out = tmp_path / "out"
    interpolate.run(
        Interpolate(
            run_dir=trained.run_dir,
            output_dir=str(out),
            ends="3,4",
            truncate=0.5,
            **SMALL,
        )
    )
    with np.load(out / "samples.npz") as arrays:
        z_i, z_o = arrays["z_i"], arrays["z_o"]
    latents = LatentSpace(6, 5)
    (a_i, a_o), (b_i, b_o) = latents.codes(3, 1, 1), latents.codes(4, 1, 1)
    np.testing.assert_allclose(z_i[[0, -1]], np.concatenate([a_i, b_i]) / 2)
    np.testing.assert_allclose(z_o[[0, -1]], np.concatenate([a_o, b_o]) / 2)


def test_run_dir_is_wanted():
    with pytest.raises(ValueError, match="--run_dir is missing"):
        interpolate.run(Interpolate())
