"""The lines and bars of a report's charts, point by point."""

import re

import numpy as np
import pytest

from sdgan_tf.evaluation import charts


def coordinates(svg: str) -> np.ndarray:
    points = re.search(r'points="([^"]+)"', svg).group(1)
    return np.array([p.split(",") for p in points.split()], float)


def test_roc_goes_from_corner_to_corner():
    x, y = np.array([0.0, 0.2, 1.0]), np.array([0.5, 0.9, 1.0])
    points = coordinates(charts.roc([("made", x, y)]))
    left, right, top = charts.MARGIN, charts.WIDTH - 12, 12
    bottom = charts.HEIGHT - charts.MARGIN
    assert tuple(points[0]) == (left, bottom)
    assert tuple(points[-1]) == (right, top)
    assert [left, pytest.approx((bottom + top) / 2)] in points.tolist()


def test_det_is_logarithmic():
    x, y = np.array([0.01, 0.1, 1.0]), np.array([0.0, 0.9, 1.0])
    svg = charts.det([("made", x, y)])
    points = coordinates(svg)
    left, right, top = charts.MARGIN, charts.WIDTH - 12, 12
    bottom = charts.HEIGHT - charts.MARGIN

    def at(false_accepts, false_rejects):
        fraction_x, fraction_y = (
            1 + np.log10(rate) / 3 for rate in (false_accepts, false_rejects)
        )
        return [
            pytest.approx(left + fraction_x * (right - left), abs=0.06),
            pytest.approx(bottom - fraction_y * (bottom - top), abs=0.06),
        ]

    # From no accepts to no rejects; what is below the axes lies on them.
    assert points[0].tolist() == [left, top]
    assert at(0.1, 0.1) in points.tolist()
    assert at(0.01, 1.0) in points.tolist()
    assert points[-1].tolist() == [right, bottom]
    assert (
        re.findall(r">(1e[^<]+)<", svg) == ["1e-3", "1e-2", "1e-1", "1e0"] * 2
    )


def test_histograms_have_equal_areas():
    rng = np.random.default_rng(0)
    for values in rng.uniform(0, 2, 50), rng.uniform(0, 2, 5000):
        svg = charts.histograms([("same", values)], (0.0, 2.0), 1.0, "title")
        points = coordinates(svg)
        bottom = points[:, 1].max()
        heights = bottom - points[1:-1:2, 1]
        # The highest bin fills the chart: equal parts would fill it all.
        assert heights.max() == pytest.approx(
            (charts.HEIGHT - charts.MARGIN - 12) / 1.05, abs=0.2
        )
    assert 'aria-label="title"' in svg
