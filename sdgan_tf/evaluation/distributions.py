"""Generated against real embeddings as sets: distances and leakage."""

import numpy as np


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Squared Fréchet distance of the normal distributions fitted to sets.

    Biased upwards where a set holds few embeddings for their size.

    Args:
        x: `[n, d]`, n >= 2.
        y: `[m, d]`, m >= 2.

    Source: Heusel et al. 2017, arXiv 1706.08500.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    mean = np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2)
    a, b = (
        (values - values.mean(axis=0)) / np.sqrt(len(values) - 1)
        for values in (x, y)
    )
    # The trace of the covariances' root product is the nuclear norm of a b^T,
    # which needs no matrix root; triangular factors keep it d by d.
    r, s = (np.asarray(np.linalg.qr(part, mode="r")) for part in (a, b))
    cross = np.linalg.svd(r @ s.T, compute_uv=False).sum()
    return float(mean + np.sum(r**2) + np.sum(s**2) - 2 * cross)


def kernel_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased squared MMD with the kernel (x.y / d + 1)^3; may be below 0.

    Args:
        x: `[n, d]`, n >= 2.
        y: `[m, d]`, m >= 2.

    Source: Bińkowski et al. 2018, arXiv 1801.01401.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    d = x.shape[1]

    def kernel(a, b):
        return (a @ b.T / d + 1) ** 3

    def within(a):
        values = kernel(a, a)
        return (values.sum() - np.trace(values)) / (len(a) * (len(a) - 1))

    return float(within(x) + within(y) - 2 * kernel(x, y).mean())


def nearest(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest row of `y` to each row of `x`.

    Args:
        x: `[n, d]`.
        y: `[m, d]`.

    Returns:
        Rows of `y`, int `[n]`, and their Euclidean distances `[n]`.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    rows = _squares(x, y).argmin(axis=1)
    return rows, np.linalg.norm(x - y[rows], axis=1)


def covered(x: np.ndarray, y: np.ndarray, k: int = 3) -> np.ndarray:
    """Rows of `x` that lie where the rows of `y` are.

    There are balls around the rows of `y`, each as large as reaches its k-th
    nearest other row; a row of `x` is covered if it lies in one. Of generated
    pictures among photographs the covered fraction is the precision, of
    photographs among generated pictures the recall.

    Args:
        x: `[n, d]`.
        y: `[m, d]`, m > k.
        k: Which neighbour a ball reaches.

    Returns:
        bool `[n]`.

    Raises:
        ValueError: If `y` has no k-th neighbours.

    Source: Kynkäänniemi et al. 2019, arXiv 1904.06991.
    """
    if len(y) <= k:
        raise ValueError(
            f"`y` must hold more than `k` rows. Received: {len(y)} rows, k={k}"
        )
    x, y = x.astype(np.float64), y.astype(np.float64)
    within = _squares(y, y)
    np.fill_diagonal(within, 0.0)  # The nearest row to each is itself.
    radii = np.partition(within, k, axis=1)[:, k]
    return np.any(_squares(x, y) <= radii, axis=1)


def _squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Squared distances, `[n, m]`; rounding may leave them below 0."""
    return np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1) - 2 * x @ y.T


def leakage(
    generated: np.ndarray, training: np.ndarray, test: np.ndarray
) -> float:
    """Fraction of generated embeddings nearer to training than to test people.

    Half without leakage. The sets of photographs must be equally large: among
    more photographs a near one is found more easily.

    Args:
        generated: `[n, d]`.
        training: `[m, d]`.
        test: `[m, d]`.

    Raises:
        ValueError: If the sets of photographs differ in size.
    """
    if training.shape != test.shape:
        raise ValueError(
            "`training` and `test` must be equally large. Received: "
            f"{training.shape}, {test.shape}"
        )
    _, to_training = nearest(generated, training)
    _, to_test = nearest(generated, test)
    return float(
        np.mean((to_training < to_test) + 0.5 * (to_training == to_test))
    )
