"""Line and bar charts as SVG, for a page that opens without a network."""

import math
from collections.abc import Sequence

import numpy as np

WIDTH, HEIGHT, MARGIN = 360, 300, 52
LEAST_RATE = 1e-3  # Where the axes of error rates begin.
MAX_POINTS = 400  # Of a line: more would not be seen.


def _frame(body: str, x_label: str, y_label: str, ticks: str, title: str):
    centre, bottom = WIDTH / 2, HEIGHT - 6
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title>{ticks}{body}'
        f'<text x="{centre}" y="{bottom}" text-anchor="middle">{x_label}'
        f'</text><text transform="translate(12 {HEIGHT / 2}) rotate(-90)" '
        f'text-anchor="middle">{y_label}</text></svg>'
    )


class _Axes:
    """Data to the chart's coordinates.

    Args:
        x_range: Ends of the axis.
        y_range: Likewise.
        label: Text of a place on either axis.
        places: Where each axis has a label.
    """

    def __init__(self, x_range, y_range, label="{:.2g}".format, places=5):
        (self.x0, self.x1), (self.y0, self.y1) = x_range, y_range
        self.label, self.places = label, places

    def x(self, value):
        fraction = (value - self.x0) / (self.x1 - self.x0)
        return MARGIN + fraction * (WIDTH - MARGIN - 12)

    def y(self, value):
        fraction = (value - self.y0) / (self.y1 - self.y0)
        return HEIGHT - MARGIN - fraction * (HEIGHT - MARGIN - 12)

    def ticks(self, with_y: bool = True) -> str:
        parts = []
        for value in np.linspace(self.x0, self.x1, self.places):
            x = self.x(value)
            parts.append(
                f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="12" '
                f'y2="{HEIGHT - MARGIN}"/><text x="{x:.1f}" '
                f'y="{HEIGHT - MARGIN + 15}" text-anchor="middle">'
                f"{self.label(value)}</text>"
            )
        for value in np.linspace(self.y0, self.y1, self.places * with_y):
            y = self.y(value)
            parts.append(
                f'<line class="rule" x1="{MARGIN}" x2="{WIDTH - 12}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/><text x="{MARGIN - 5}" '
                f'y="{y + 4:.1f}" text-anchor="end">{self.label(value)}</text>'
            )
        return "".join(parts)


def roc(curves: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> str:
    """ROC curves.

    Args:
        curves: CSS class, false accept rates `[t]`, true accept rates `[t]`.
    """
    axes = _Axes((0, 1), (0, 1))
    body = _diagonal(axes)
    for name, x, y in curves:
        body += _line(axes, name, np.append(0.0, x), np.append(0.0, y))
    return _frame(
        body, "false accepts", "true accepts", axes.ticks(), "ROC curves"
    )


def det(curves: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> str:
    """Curves of the detection error trade-off, both axes logarithmic.

    The line from corner to corner has equal errors of both kinds.

    Args:
        curves: CSS class, false accept rates `[t]`, true accept rates `[t]`.
    """
    low = math.log10(LEAST_RATE)
    axes = _Axes((low, 0), (low, 0), "1e{:.0f}".format, 1 - round(low))
    body = _diagonal(axes)
    for name, false, true in curves:
        x, y = (
            np.log10(np.maximum(rates, LEAST_RATE))
            for rates in (np.append(0.0, false), np.append(1.0, 1.0 - true))
        )
        body += _line(axes, name, x, y)
    return _frame(
        body, "false accepts", "false rejects", axes.ticks(), "DET curves"
    )


def _diagonal(axes: _Axes) -> str:
    return (
        f'<line class="chance" x1="{axes.x(axes.x0)}" y1="{axes.y(axes.y0)}" '
        f'x2="{axes.x(axes.x1)}" y2="{axes.y(axes.y1)}"/>'
    )


def _line(axes: _Axes, name: str, x: np.ndarray, y: np.ndarray) -> str:
    """A line of CSS class `name` through points."""
    # The corners that matter are spread over the curve, not the pairs.
    length = np.cumsum(
        np.hypot(np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0]))
    )
    places = np.searchsorted(length, np.linspace(0, length[-1], MAX_POINTS))
    points = " ".join(
        f"{axes.x(x[p]):.1f},{axes.y(y[p]):.1f}" for p in np.unique(places)
    )
    return f'<polyline class="line {name}" points="{points}"/>'


def histograms(
    groups: Sequence[tuple[str, np.ndarray]],
    limits: tuple[float, float],
    mark: float,
    title: str,
    y_label: str = "fraction of the pairs",
) -> str:
    """Histograms over each other, of equal area, with a line at `mark`.

    Args:
        groups: CSS class and values `[n]`.
        limits: Of the values shown.
        mark: Where the line stands.
        title: Read out in place of the picture.
        y_label: What a group's area is.
    """
    edges = np.linspace(*limits, 41)
    counts = [np.histogram(v, edges)[0] / max(len(v), 1) for _, v in groups]
    axes = _Axes(limits, (0, max(float(np.max(counts)), 1e-9) * 1.05))
    body = ""
    for (name, _), heights in zip(groups, counts, strict=True):
        points = [(edges[0], 0.0)]
        for left, right, height in zip(
            edges[:-1], edges[1:], heights, strict=True
        ):
            points += [(left, height), (right, height)]
        points.append((edges[-1], 0.0))
        path = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in points)
        body += f'<polygon class="area {name}" points="{path}"/>'
    x = axes.x(mark)
    body += (
        f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="12" '
        f'y2="{HEIGHT - MARGIN}"/><text x="{x + 4:.1f}" y="22">tau</text>'
    )
    return _frame(
        body, "distance of the embeddings", y_label,
        axes.ticks(with_y=False), title,
    )  # fmt: skip
