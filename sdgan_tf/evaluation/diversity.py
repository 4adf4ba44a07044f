"""Diversity of image pairs: 1 - MS-SSIM.

Source: Wang, Simoncelli and Bovik 2003; Odena et al. 2017, arXiv 1610.09585,
for generated images; the paper, section 4.
"""

import numpy as np

# Exponents of the five scales, from the finest; their sum is 1.
EXPONENTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])
WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2


def _window_matrix(side: int) -> np.ndarray:
    """Gaussian means of all whole windows of a line, `[places, side]`."""
    size = min(WINDOW, side)
    sigma = SIGMA * size / WINDOW
    offsets = np.arange(size) - (size - 1) / 2
    window = np.exp(-(offsets**2) / (2 * sigma**2))
    window /= window.sum()
    places = side - size + 1
    matrix = np.zeros([places, side])
    for place in range(places):
        matrix[place, place : place + size] = window
    return matrix


def _ssim_terms(x: np.ndarray, y: np.ndarray) -> tuple:
    """Mean SSIM and mean contrast-structure term of each pair, `[n]`.

    Args:
        x: float64 `[n, c, h, w]` in 0..255.
        y: Same shape.
    """
    rows, columns = _window_matrix(x.shape[2]), _window_matrix(x.shape[3]).T

    def mean(values):
        return rows @ values @ columns

    mean_x, mean_y = mean(x), mean(y)
    variances = mean(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = mean(x * y) - mean_x * mean_y
    contrast = (2 * covariance + C2) / (variances + C2)
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    axes = (1, 2, 3)
    return np.mean(luminance * contrast, axes), np.mean(contrast, axes)


def ms_ssim_terms(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The factors of MS-SSIM before they are averaged and multiplied.

    The window is 11 pixels wide or, where the scale is smaller, as the image,
    its sigma in proportion; each scale halves the one before by 2x2 means.

    Args:
        x: uint8 `[n, h, w, c]`, sides multiples of 16.
        y: Same shape.

    Returns:
        float64 `[n, 5]`: the contrast-structure terms of the four finer
        scales, and the full SSIM of the coarsest.

    Raises:
        ValueError: If dtypes, shapes or sides are others.
    """
    for image in (x, y):
        if image.dtype != np.uint8 or image.shape != x.shape or x.ndim != 4:
            raise ValueError(
                "`x` and `y` must be uint8 [n, h, w, c] of equal shape. "
                f"Received: {x.dtype} {x.shape}, {y.dtype} {y.shape}"
            )
    scales = len(EXPONENTS)
    step = 2 ** (scales - 1)
    if x.shape[1] % step or x.shape[2] % step:
        raise ValueError(
            f"MS-SSIM of {scales} scales needs sides that are multiples of "
            f"{step}. Received: x.shape={x.shape}"
        )
    x, y = (np.moveaxis(image, 3, 1).astype(np.float64) for image in (x, y))
    terms = []
    for scale in range(scales):
        ssim, contrast = _ssim_terms(x, y)
        terms.append(ssim if scale == scales - 1 else contrast)
        x, y = _halve(x), _halve(y)
    return np.stack(terms, axis=1)


def _halve(x: np.ndarray) -> np.ndarray:
    n, c, h, w = x.shape
    halves = x[:, :, : h // 2 * 2, : w // 2 * 2]
    return halves.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5))


def diversity(terms: np.ndarray, weights: np.ndarray | None = None):
    """1 - MS-SSIM, the terms averaged over the pairs before the product.

    That is the order of the evaluation code which GAN papers of 2017 used. A
    mean term below zero, which has no real power, counts as zero, and one that
    rounding left above one counts as one.

    Args:
        terms: `[n, 5]` of `ms_ssim_terms`.
        weights: `[samples, n]` of the pairs; None weighs all alike.

    Returns:
        A float, or `[samples]` with weights.
    """
    if weights is None:
        return float(diversity(terms, np.ones([1, len(terms)]))[0])
    means = weights @ terms / weights.sum(axis=1, keepdims=True)
    return 1.0 - np.prod(np.clip(means, 0.0, 1.0) ** EXPONENTS, axis=1)
