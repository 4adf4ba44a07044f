"""Distances of sets by hand and by other formulas, nearest, leakage."""

import numpy as np
import pytest

from sdgan_tf.evaluation import distributions

RNG = np.random.default_rng(0)


def test_frechet_of_numbers_by_hand():
    # Means 1 and 4, variances 2 and 8: 9 + (sqrt(8) - sqrt(2))^2.
    x, y = np.array([[0.0], [2]]), np.array([[2.0], [6]])
    assert distributions.frechet_distance(x, y) == pytest.approx(11.0)


@pytest.mark.parametrize("n", [3, 40])
def test_frechet_is_the_formula_with_eigenvalues(n):
    x, y = RNG.normal(size=[n, 5]), 2 * RNG.normal(size=[30, 5]) + 1
    a, b = np.cov(x.T), np.cov(y.T)
    roots = np.sqrt(np.linalg.eigvals(a @ b).astype(complex)).real.sum()
    mean = np.sum((x.mean(0) - y.mean(0)) ** 2)
    expected = mean + np.trace(a) + np.trace(b) - 2 * roots
    distance = distributions.frechet_distance(x, y)
    assert distance == pytest.approx(expected, rel=1e-6)
    assert distributions.frechet_distance(x, x) == pytest.approx(0, abs=1e-9)


def test_kernel_distance_by_hand():
    # Kernels: 0.0 -> 1, 1.1 -> 8, 0.1 -> 1 (one dimension).
    x, y = np.array([[0.0], [0]]), np.array([[1.0], [1]])
    assert distributions.kernel_distance(x, y) == pytest.approx(1 + 8 - 2)


def test_kernel_distance_of_one_distribution_is_near_zero():
    x, y = RNG.normal(size=[2, 500, 4])
    assert abs(distributions.kernel_distance(x, y)) < 0.02
    assert distributions.kernel_distance(x, y + 1) > 0.5


def test_nearest():
    x, y = np.array([[0.0, 0], [5, 5]]), np.array([[5.0, 4], [3, 4], [9, 9]])
    rows, distances = distributions.nearest(x, y)
    np.testing.assert_array_equal(rows, [1, 0])
    np.testing.assert_allclose(distances, [5.0, 1.0])


def test_covered_by_hand():
    # Balls around 0, 1, 3 and 7 that reach the next but one: 3, 2, 3 and 6.
    y = np.array([[0.0], [1], [3], [7]])
    x = np.array([[-3.0], [-3.1], [6.1], [13.0], [13.1]])
    found = distributions.covered(x, y, k=2)
    assert found.tolist() == [True, False, True, True, False]
    with pytest.raises(ValueError, match="Received: 4 rows, k=4"):
        distributions.covered(x, y, k=4)


def test_covered_is_precision_and_recall_of_scikit_learns_neighbours():
    neighbors = pytest.importorskip(
        "sklearn.neighbors", reason="no scikit-learn to compare with"
    )
    x, y = RNG.normal(size=[40, 6]), 1.2 * RNG.normal(size=[50, 6])
    search = neighbors.NearestNeighbors(n_neighbors=3).fit(y)
    # Without arguments a row is no neighbour of itself.
    radii = search.kneighbors()[0][:, -1]
    apart = np.linalg.norm(x[:, None] - y, axis=-1)
    expected = (apart <= radii).any(axis=1)
    assert 0 < expected.sum() < 40
    np.testing.assert_array_equal(distributions.covered(x, y), expected)


def test_leakage():
    training, test = np.array([[0.0], [10]]), np.array([[5.0], [20]])
    generated = np.array([[0.1], [9.0], [19.0], [2.5]])
    # Nearer to training: the first two; the last is halfway.
    assert distributions.leakage(generated, training, test) == 2.5 / 4
    with pytest.raises(ValueError, match="equally large"):
        distributions.leakage(generated, training, test[:1])
