"""MS-SSIM against the paper's formula written out, and literal cases."""

import numpy as np
import pytest

from sdgan_tf.evaluation import diversity


def plain_terms(x, y):
    """One pair `[h, w, c]`, window by window, as the formula says."""
    x, y = x.astype(float), y.astype(float)
    terms = []
    for scale in range(5):
        h, w, channels = x.shape
        size = min(11, h)
        sigma = 1.5 * size / 11
        place = np.arange(size) - (size - 1) / 2
        weight = np.exp(
            -(place[:, None] ** 2 + place[None] ** 2) / (2 * sigma**2)
        )
        weight /= weight.sum()
        ssims, contrasts = [], []
        for channel in range(channels):
            for i in range(h - size + 1):
                for j in range(w - size + 1):
                    a = x[i : i + size, j : j + size, channel]
                    b = y[i : i + size, j : j + size, channel]
                    mu_a, mu_b = (weight * a).sum(), (weight * b).sum()
                    var_a = (weight * (a - mu_a) ** 2).sum()
                    var_b = (weight * (b - mu_b) ** 2).sum()
                    cov = (weight * (a - mu_a) * (b - mu_b)).sum()
                    c1, c2 = 6.5025, 58.5225
                    contrast = (2 * cov + c2) / (var_a + var_b + c2)
                    light = (2 * mu_a * mu_b + c1) / (mu_a**2 + mu_b**2 + c1)
                    contrasts.append(contrast)
                    ssims.append(light * contrast)
        terms.append(np.mean(ssims if scale == 4 else contrasts))
        x, y = (
            (v[::2, ::2] + v[1::2, ::2] + v[::2, 1::2] + v[1::2, 1::2]) / 4
            for v in (x, y)
        )
    return np.array(terms)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, [2, 3, 32, 32, 3], dtype=np.uint8)


def test_terms_are_the_formula(images):
    x, y = images
    y = (x // 2 + y // 2).astype(np.uint8)
    terms = diversity.ms_ssim_terms(x, y)
    assert terms.shape == (3, 5) and terms.dtype == np.float64
    for n in range(3):
        np.testing.assert_allclose(terms[n], plain_terms(x[n], y[n]), rtol=1e-9)


def test_at_64_pixels(images):
    x, y = (np.kron(i[:1, :16, :16], np.ones([4, 4, 1], "u1")) for i in images)
    terms = diversity.ms_ssim_terms(x, y)
    np.testing.assert_allclose(terms[0], plain_terms(x[0], y[0]), rtol=1e-9)


def test_equal_images_have_no_diversity(images):
    terms = diversity.ms_ssim_terms(images[0], images[0])
    np.testing.assert_allclose(terms, 1.0, rtol=1e-12)
    assert diversity.diversity(terms) == pytest.approx(0.0, abs=1e-12)


def test_flat_grey_levels_by_hand():
    # Contrast terms are 1; the luminance at the coarsest scale is left.
    x = np.full([1, 32, 32, 3], 100, np.uint8)
    y = np.full([1, 32, 32, 3], 200, np.uint8)
    ssim = (2 * 100 * 200 + 6.5025) / (100**2 + 200**2 + 6.5025)
    result = diversity.diversity(diversity.ms_ssim_terms(x, y))
    assert result == pytest.approx(1 - ssim**0.1333, rel=1e-12)


def test_terms_are_averaged_before_the_product():
    terms = np.array([[1.0, 1, 1, 1, 0], [1, 1, 1, 1, 1]])
    assert diversity.diversity(terms) == pytest.approx(1 - 0.5**0.1333)
    weighted = diversity.diversity(terms, np.array([[0.0, 2], [1, 3]]))
    np.testing.assert_allclose(weighted, [0, 1 - 0.75**0.1333], atol=1e-12)


def test_mean_below_zero_counts_as_zero():
    assert diversity.diversity(np.array([[-0.1, 1, 1, 1, 1]])) == 1.0


def test_rounding_makes_no_diversity_below_zero():
    assert diversity.diversity(np.full([1, 5], 1 + 1e-15)) == 0.0


def test_exponents_sum_to_one():
    assert diversity.EXPONENTS.sum() == pytest.approx(1.0, abs=1e-4)


def test_bad_images(images):
    with pytest.raises(ValueError, match="must be uint8"):
        diversity.ms_ssim_terms(images[0].astype("float32"), images[1])
    with pytest.raises(ValueError, match="equal shape"):
        diversity.ms_ssim_terms(images[0], images[1][:2])
    with pytest.raises(ValueError, match="multiples of 16"):
        diversity.ms_ssim_terms(images[0][:, :24], images[1][:, :24])
