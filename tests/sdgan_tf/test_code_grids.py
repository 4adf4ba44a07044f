"""Grids of codes: their order, their names, their labels."""

import keras
import numpy as np
import pytest

from sdgan_tf import code_grids
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import LatentSpace

Z_I = np.arange(6, dtype="float32").reshape(3, 2)
Z_O = np.arange(3, dtype="float32").reshape(3, 1) + 10


def test_pairs_are_counted():
    grid = code_grids.grid_of_pairs(Z_I, Z_O, columns=2)
    assert grid.z.tolist() == [[0, 1, 10], [2, 3, 11], [4, 5, 12]]
    assert grid.names == ["00000", "00001", "00002"]
    assert grid.labels.rows == ["0", "2"]
    assert grid.labels.columns == ["+0", "+1"] and grid.columns == 2
    assert code_grids.grid_of_pairs(Z_I, Z_O, columns=8).columns == 3


def test_each_identity_in_each_observation():
    grid = code_grids.grid_of_codes(Z_I[:2], Z_O[:2])
    assert grid.z.tolist() == [[0, 1, 10], [0, 1, 11], [2, 3, 10], [2, 3, 11]]
    assert grid.names[2] == "identity0001_observation0000"
    assert grid.labels.rows == ["z_i 0", "z_i 1"]
    named = code_grids.grid_of_codes(Z_I[:2], Z_O[:2], ["Ann", "Bob"])
    assert named.labels.rows == ["Ann", "Bob"]
    assert named.labels.columns == ["z_o 0", "z_o 1"]


def test_one_part_along_rows():
    latents = LatentSpace(2, 1)
    grid = code_grids.grid_of_part(latents, "identity", 5, 2, 3)
    np.testing.assert_array_equal(
        grid.z, latents.grid_of("identity", 5, 2, 3).numpy()
    )
    assert grid.names[-1] == "identity0001_rest0002"
    assert grid.labels.rows == ["identity 0", "identity 1"]
    assert grid.columns == 3


def test_a_table_that_ends_before_a_name():
    latents = IdentityEmbedding(2, 3, keras.Variable(Z_I[:2]), closed=True)
    found = code_grids.identity_codes(latents, [1, 0], ["b", "a"])
    np.testing.assert_array_equal(found, latents.look_up([1, 0]))
    with pytest.raises(ValueError, match=r"first 2 .* identities=\['c'\]"):
        code_grids.identity_codes(latents, [2], ["c"])
    with pytest.raises(ValueError, match=r"must have a table .*=\['a'\]"):
        code_grids.identity_codes(LatentSpace(2, 3), [0], ["a"])


def test_stems():
    assert code_grids.stems(["a/b.tar.png", "c"]) == ["b.tar", "c"]
