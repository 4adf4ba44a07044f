"""The prior: ranges, what a tuple shares, and which keys differ."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.latents import Keys, LatentSpace, Stream, uniform


def draw(seed=3, stream=Stream.D_LATENTS, step=7, substep=0, n=4, k=2):
    key = Keys(seed, tf.constant(step)).key(stream, substep)
    return LatentSpace(3, 2).tuples(key, n, k).numpy()


def test_d_z():
    assert LatentSpace(3, 2).d_z == 5


@pytest.mark.parametrize("k", [1, 2, 3])
def test_tuples_share_z_i_and_not_z_o(k):
    z = draw(n=4, k=k)
    assert z.shape == (4, k, 5)
    assert z.dtype == np.float32
    z_i, z_o = z[..., :3], z[..., 3:]
    np.testing.assert_array_equal(z_i, np.repeat(z_i[:, :1], k, axis=1))
    # Identities and observations are all different numbers.
    assert np.unique(z_i[:, 0]).size == 4 * 3
    assert np.unique(z_o).size == 4 * k * 2
    assert not np.intersect1d(z_i, z_o).size


def test_tuples_are_uniform_on_minus_1_to_1():
    key = Keys(0, tf.constant(0)).key(Stream.G_LATENTS)
    z = LatentSpace(10, 10).tuples(key, 2000, 2).numpy()
    for part in (z[:, 0, :10], z[..., 10:]):
        assert part.min() >= -1.0
        assert part.max() < 1.0
        assert part.min() < -0.99
        assert part.max() > 0.99
        assert part.mean() == pytest.approx(0.0, abs=0.02)
        # The variance of a uniform on (-1, 1) is 1/3.
        assert part.var() == pytest.approx(1 / 3, abs=0.01)
    # Half of it lies in the middle half: uniform, not only its moments.
    assert np.mean(np.abs(z) < 0.5) == pytest.approx(0.5, abs=0.02)


def test_same_key_same_numbers():
    np.testing.assert_array_equal(draw(), draw())


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 4},
        {"stream": Stream.G_LATENTS},
        {"step": 8},
        {"substep": 1},
        # Sums of the parts are equal: they must not be simply added.
        {"step": 6, "substep": 1},
        {"seed": 2, "step": 8},
        {"seed": 2, "stream": Stream.G_LATENTS},
    ],
)
def test_other_key_other_numbers(other):
    assert not np.intersect1d(draw(), draw(**other)).size


def test_streams_are_distinct():
    values = [int(stream) for stream in Stream.__members__.values()]
    # 7 was the explorer's, whose codes are those of GRID now.
    assert sorted(values) == [0, 1, 2, 3, 4, 5, 6, 8, 9]


def test_key_is_the_same_inside_a_graph_and_for_any_integer_step():
    @tf.function
    def key(step):
        return Keys(3, step).key(Stream.G_LATENTS, 1)

    eager = Keys(3, tf.constant(7)).key(Stream.G_LATENTS, 1)
    assert eager.shape == (2,)
    np.testing.assert_array_equal(eager, key(tf.constant(7)))
    np.testing.assert_array_equal(eager, key(tf.constant(7, tf.int64)))


def test_uniform_range():
    values = uniform(tf.constant([1, 2], tf.int64), [5000], low=0.0).numpy()
    assert values.dtype == np.float32
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert values.mean() == pytest.approx(0.5, abs=0.02)
    assert values.var() == pytest.approx(1 / 12, abs=0.005)


def test_codes():
    z_i, z_o = LatentSpace(3, 3).codes(seed=5, identities=4, observations=4)
    assert z_i.shape == (4, 3)
    assert z_o.shape == (4, 3)
    both = np.concatenate([z_i, z_o])
    assert np.unique(both).size == 24
    assert both.min() >= -1.0
    assert both.max() < 1.0
    again = LatentSpace(3, 3).codes(seed=5, identities=4, observations=4)
    np.testing.assert_array_equal(both, np.concatenate(again))
    other = LatentSpace(3, 3).codes(seed=6, identities=4, observations=4)
    assert not np.intersect1d(both, np.concatenate(other)).size


def test_codes_have_the_asked_numbers_and_sizes():
    z_i, z_o = LatentSpace(3, 2).codes(seed=0, identities=5, observations=7)
    assert z_i.shape == (5, 3)
    assert z_o.shape == (7, 2)


def test_grid_rows_share_z_i_and_columns_z_o():
    grid = LatentSpace.grid(
        tf.constant([[1.0, 2.0], [3.0, 4.0]]),
        tf.constant([[10.0], [20.0], [30.0]]),
    )
    np.testing.assert_array_equal(
        grid,
        [
            [1, 2, 10],
            [1, 2, 20],
            [1, 2, 30],
            [3, 4, 10],
            [3, 4, 20],
            [3, 4, 30],
        ],
    )


def test_unfold_shares_z_i():
    codes = tf.constant([[1.0, 2.0, 3.0, 10.0, 11.0, 20.0, 21.0]])
    np.testing.assert_array_equal(
        LatentSpace(3, 2).unfold(codes, 2),
        [[[1, 2, 3, 10, 11], [1, 2, 3, 20, 21]]],
    )


def test_split():
    z_i, z_o = LatentSpace(2, 1).split(np.float32([[[1, 2, 3]]]))
    assert z_i.tolist() == [[[1, 2]]]
    assert z_o.tolist() == [[[3]]]


FIRST, SECOND = tf.constant([0.0, -1.0, 4.0]), tf.constant([1.0, 1.0, 8.0])


def test_between_goes_along_z_i_by_rows_and_along_z_o_by_columns():
    np.testing.assert_array_equal(
        LatentSpace(2, 1).between(FIRST, SECOND, rows=3, columns=2),
        [
            [0, -1, 4],
            [0, -1, 8],
            [0.5, 0, 4],
            [0.5, 0, 8],
            [1, 1, 4],
            [1, 1, 8],
        ],
    )


def test_between_of_one_row_and_column_is_the_first():
    grid = LatentSpace(2, 1).between(FIRST, SECOND, rows=1, columns=1)
    np.testing.assert_array_equal(grid, [[0, -1, 4]])


def test_round_trip_changes_z_i_then_z_o_and_comes_back():
    np.testing.assert_array_equal(
        LatentSpace(2, 1).round_trip(FIRST, SECOND, frames=2),
        [
            [0, -1, 4],
            [0.5, 0, 4],
            [1, 1, 4],
            [1, 1, 6],
            [1, 1, 8],
            [0.5, 0, 8],
            [0, -1, 8],
            [0, -1, 6],
        ],
    )


def test_truncate():
    z = LatentSpace(1, 1).truncate(tf.constant([[1.0, -0.5]]), 0.5)
    np.testing.assert_array_equal(z, [[0.5, -0.25]])


@pytest.mark.parametrize("factor", [0.0, -0.5, 1.01])
def test_truncate_range(factor):
    with pytest.raises(ValueError, match=f"Received: truncate={factor}"):
        LatentSpace(1, 1).truncate(tf.zeros([1, 2]), factor)
