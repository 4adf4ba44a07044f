"""Codes of a table of identities: which are sampled, which are refused."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import Keys, Stream

TABLE = np.arange(12, dtype="float32").reshape(4, 3) + 100.0


@pytest.fixture
def known() -> IdentityEmbedding:
    return IdentityEmbedding(3, 2, keras.Variable(TABLE), closed=True)


def key(step=0):
    return Keys(0, tf.constant(step)).key(Stream.EVALUATION)


def rows_of(z_i) -> np.ndarray:
    """Which row of the table each code is."""
    same = (np.asarray(z_i)[..., None, :] == TABLE).all(axis=-1)
    assert (same.sum(axis=-1) == 1).all()
    return same.argmax(axis=-1)


def test_tuples_share_a_row_of_the_table(known):
    z = known.tuples(key(), 200, 3).numpy()
    assert z.shape == (200, 3, 5)
    rows = rows_of(z[..., :3])
    assert (rows == rows[:, :1]).all()
    counts = np.bincount(rows[:, 0], minlength=4)
    assert (counts > 25).all()
    assert np.unique(z[..., 3:]).size == 200 * 3 * 2
    assert -1 <= z[..., 3:].min() < -0.9 and 0.9 < z[..., 3:].max() < 1


@pytest.mark.parametrize("matched", [True, False])
def test_pairs_are_what_they_are_called(known, matched):
    codes, subjects = known.pairs(key(), 300, matched)
    rows = rows_of(codes[..., :3])
    np.testing.assert_array_equal(rows, subjects)
    # By chance a quarter of the unmatched ones would be of one subject.
    assert ((rows[:, 0] == rows[:, 1]) == matched).all()
    assert np.unique(codes[..., 3:]).size == 300 * 2 * 2


def test_grid_holds_nobody_twice(known):
    z_i, z_o = known.codes(5, 4, 6)
    assert sorted(rows_of(z_i)) == [0, 1, 2, 3]
    assert z_o.shape == (6, 2)
    orders = {tuple(rows_of(known.codes(seed, 4, 1)[0])) for seed in range(6)}
    assert len(orders) > 2
    assert known.grid_sides(8) == (4, 8)


def test_more_than_are_known_is_an_error(known):
    with pytest.raises(ValueError, match="it knows 4 .* Received: 5 id"):
        known.codes(0, 5, 1)

    @tf.function
    def served(n):
        return known.codes(0, n, 1)[0]

    assert served(tf.constant(4)).shape == (4, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="it knows 4"):
        served(tf.constant(5))


def test_codes_of_nobody(known):
    known.check_subjects(TABLE[[2, 0, 2]])
    with pytest.raises(
        ValueError, match=r"knows 4 .* others in the rows \[1\]"
    ):
        known.check_subjects(TABLE[:2] + np.array([[0], [0.5]], "float32"))
    # An encoder gives codes to others.
    open_ = dataclasses.replace(known, closed=False)
    open_.check_subjects(TABLE + 0.5)
