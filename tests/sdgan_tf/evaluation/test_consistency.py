"""Grids of pictures in which rows and columns are known to decide."""

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import consistency
from sdgan_tf.evaluation.consistency import Reader, measure_grid
from sdgan_tf.evaluation.factor_model import Factor

BRIGHTNESS = Factor("brightness", of_identity=False, mean=100, deviation=50)
REDNESS = Factor("redness", of_identity=True, mean=100, deviation=50)
NOISE = Factor("noise", of_identity=True)


class Eyes:
    """Stands for a factor model that reads without fault."""

    factors = BRIGHTNESS, REDNESS, NOISE

    def __call__(self, images):
        green, red = images[..., 1].mean((1, 2)), images[..., 0].mean((1, 2))
        rng = np.random.default_rng(0)
        return [green[:, None], red[:, None], rng.normal(size=[len(red), 1])]


def painted(red_by_row: bool) -> np.ndarray:
    """Green follows the column; red the row, or the column."""
    grid = np.zeros([6, 7, 32, 32, 3], np.uint8)
    rows, columns = np.mgrid[:6, :7]
    grid[..., 1] = (20 * columns + 10)[:, :, None, None]
    red = 30 * rows if red_by_row else 30 * columns
    grid[..., 0] = (red + 5)[:, :, None, None]
    return grid


READER = Reader(Eyes(), [0.9, 0.9, 0.1])


def test_codes_that_keep_to_their_half(mean_colour):
    result = measure_grid(painted(True), mean_colour, READER)
    assert result["observation_consistency"] == pytest.approx(1.0)
    assert result["identity_consistency"] == pytest.approx(1.0)
    # The factor that is read badly from photographs does not count.
    assert result["disentanglement"] == pytest.approx(1.0)
    assert result["factors"]["noise"]["read_from_photographs"] == 0.1
    assert result["factors"]["noise"]["both"] > 0.7
    assert result["observation_auc"] == 1.0
    assert result["observation_pixels_auc"] == 1.0


def test_identity_in_the_wrong_code(mean_colour):
    result = measure_grid(painted(False), mean_colour, READER)
    assert result["identity_consistency"] == pytest.approx(0.0, abs=1e-9)
    assert result["disentanglement"] == pytest.approx(0.0, abs=1e-9)


def test_without_known_factors(mean_colour):
    result = measure_grid(painted(True), mean_colour, None)
    assert set(result) == {"observation_auc", "observation_pixels_auc"}


def test_real_grid(make_splits):
    """Only observations that all subjects share, in one order."""
    folder = make_splits("ragged", {"test": {"a": 4, "b": 3, "c": 4}})
    observation = Factor("observation", False, ("0", "1"))
    grid = consistency.photograph_grid(DataSet.open(folder), [observation])
    assert grid.shape == (3, 3, 32, 32, 3)
    # Each identity has a colour of its own, which rows keep.
    means = grid.mean(axis=(2, 3, 4))
    assert means.std(axis=1).max() < 2 < means.std(axis=0).min()
    data = DataSet.open(folder)
    assert consistency.photograph_grid(data, [BRIGHTNESS]) is None
