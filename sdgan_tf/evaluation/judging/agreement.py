"""How right judges are and how far they agree: pure functions."""

import math

import numpy as np

from sdgan_tf.evaluation.intervals import rate, wilson_interval


def accuracy(
    same_matched: int, matched: int, same_unmatched: int, unmatched: int
) -> float:
    """Accuracy on balanced classes; nan if one is empty.

    Args:
        same_matched: Matched pairs that were called the same.
        matched: All matched pairs.
        same_unmatched: Unmatched pairs that were called the same.
        unmatched: All unmatched pairs.
    """
    true = rate(same_matched, matched)
    return (true + 1.0 - rate(same_unmatched, unmatched)) / 2


def accuracy_interval(
    same_matched: int, matched: int, same_unmatched: int, unmatched: int
) -> tuple[float, float]:
    """The 95 % interval of `accuracy`, of the same arguments.

    The accuracy is (1 + difference of the two rates) / 2, and the interval
    that of the difference.

    Source: Newcombe, "Interval estimation for the difference between
    independent proportions", 1998, method 10.
    """
    a, b = rate(same_matched, matched), rate(same_unmatched, unmatched)
    low_a, high_a = wilson_interval(same_matched, matched)
    low_b, high_b = wilson_interval(same_unmatched, unmatched)
    low = a - b - math.hypot(a - low_a, high_b - b)
    high = a - b + math.hypot(high_a - a, b - low_b)
    return (1 + low) / 2, (1 + high) / 2


def fleiss_kappa(counts) -> float:
    """Agreement beyond chance: 1 is full, 0 that of chance.

    Args:
        counts: How many judges gave each answer to each pair, `[n, answers]`;
            each pair has as many answers as any other.

    Returns:
        kappa, at most 1. nan where it is not defined: without pairs, with
        fewer than two answers a pair, and if all answers are one and the same.

    Raises:
        ValueError: If the pairs have different numbers of answers.

    Source: Fleiss, "Measuring nominal scale agreement among many raters",
    1971.
    """
    counts = np.asarray(counts, np.float64)
    if not counts.size:
        return math.nan
    totals = counts.sum(axis=1)
    if (totals != totals[0]).any():
        raise ValueError(
            "`counts` must hold equally many answers for each pair. Received: "
            f"from {totals.min():g} to {totals.max():g} answers"
        )
    judges = totals[0]
    by_chance = np.sum((counts.sum(axis=0) / max(counts.sum(), 1)) ** 2)
    if judges < 2 or by_chance == 1.0:
        return math.nan
    agreeing = np.sum(counts * (counts - 1), axis=1) / (judges * (judges - 1))
    return float((agreeing.mean() - by_chance) / (1 - by_chance))
