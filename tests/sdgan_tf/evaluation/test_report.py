"""Which pairs a report shows, its charts, and what it leaves out."""

import re
import types

import numpy as np
import pytest

from sdgan_tf.evaluation import charts, report
from sdgan_tf.evaluation.measuring import Measured


def test_extremes():
    embeddings = np.zeros([8, 2, 1])
    embeddings[:, 1, 0] = [3, 1, 1, 2, 8, 5, 6, 5]
    measured = Measured(embeddings, np.arange(8) < 4, np.ones([8, 5]))
    found = list(report.extremes(measured).values())
    # A repeated pair, here of distance 1 and 5, is shown once.
    assert [list(numbers) for numbers in found] == [
        [1, 3, 0],
        [0, 3, 1],
        [5, 6, 4],
        [4, 6, 5],
    ]


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
        share_x, share_y = (
            1 + np.log10(rate) / 3 for rate in (false_accepts, false_rejects)
        )
        return [
            pytest.approx(left + share_x * (right - left), abs=0.06),
            pytest.approx(bottom - share_y * (bottom - top), abs=0.06),
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
        # The highest bin fills the chart: equal shares would fill it all.
        assert heights.max() == pytest.approx(
            (charts.HEIGHT - charts.MARGIN - 12) / 1.05, abs=0.2
        )
    assert 'aria-label="title"' in svg


def test_figures_that_say_nothing():
    line = {"auc": 0.55, "id_div": 0.2, "photographs_told_apart": False}
    assert "not meaningful" in report._number(line, "auc")
    assert report._number(line, "id_div") == "0.2000"
    line["photographs_told_apart"] = True
    assert report._number(line, "auc") == "0.5500"


def test_no_curves_where_photographs_are_not_told_apart():
    generated, real = (
        types.SimpleNamespace(
            result={"photographs_told_apart": False, "warning": "as <chance>"}
        )
        for _ in range(2)
    )
    shown = report._verification(generated, real)
    assert shown == "<p>None: as &lt;chance&gt;.</p>"


def test_factors_that_are_not_read_are_not_drawn():
    found = {"of": "identity", "z_i": 0.77, "z_o": 0.11}
    read, unread = (
        report._factors(
            {"factors": {"hat": found | {"read_from_photographs": r}}}
        )
        for r in (0.31, 0.29)
    )
    assert "0.77" in read and 'class="bar"' in read
    assert "0.29" in unread and "not predicted well enough" in unread
    assert "0.77" not in unread and 'class="bar"' not in unread
