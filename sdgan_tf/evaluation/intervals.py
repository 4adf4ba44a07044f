"""Rates of a number of trials, and their intervals: pure functions."""

import math

Z = 1.959963984540054  # 95 % of the normal distribution lie within +-Z.


def rate(count: int, total: int) -> float:
    """`count / total`, nan of nothing."""
    return count / total if total else math.nan


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a rate, in [0, 1]; nan if `total` is 0.

    Args:
        count: Of what is asked for.
        total: Of all.

    Source: Wilson, "Probable inference, the law of succession, and
    statistical inference", 1927.
    """
    if not total:
        return math.nan, math.nan
    p, z2 = count / total, Z * Z
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z * math.sqrt(p * (1 - p) / total + z2 / (4 * total**2))
    half /= 1 + z2 / total
    # Rounding may leave an end just outside, or just past `p`.
    return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))
