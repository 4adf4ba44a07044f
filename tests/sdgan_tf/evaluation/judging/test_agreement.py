"""Accuracy and kappa, by hand and by published numbers."""

import math

import numpy as np
import pytest

from sdgan_tf.evaluation.judging import agreement

# Fleiss' example as textbooks give it: 10 subjects, 14 raters, 5 categories.
TEXTBOOK = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def test_kappa_of_the_textbook():
    assert agreement.fleiss_kappa(TEXTBOOK) == pytest.approx(0.20993, abs=1e-5)


def test_kappa_by_hand():
    assert agreement.fleiss_kappa([[3, 0], [0, 3]]) == 1.0
    # 4 of 6 answers are the first: chance 5/9. Agreeing: 1/3 and 1.
    assert agreement.fleiss_kappa([[1, 2], [3, 0]]) == pytest.approx(
        (2 / 3 - 5 / 9) / (4 / 9)
    )
    # Two judges who never agree, each answer half of all.
    assert agreement.fleiss_kappa([[1, 1], [1, 1]]) == pytest.approx(-1.0)


@pytest.mark.parametrize("counts", [[], [[1, 0], [0, 1]], [[3, 0], [3, 0]]])
def test_kappa_is_not_defined(counts):
    assert math.isnan(agreement.fleiss_kappa(counts))


def test_kappa_needs_equal_numbers():
    with pytest.raises(ValueError, match="equally many.*from 2 to 3"):
        agreement.fleiss_kappa([[3, 0], [1, 1]])


def test_accuracy():
    assert agreement.accuracy(3, 4, 1, 2) == 0.625
    assert math.isnan(agreement.accuracy(3, 4, 0, 0))


def test_accuracy_interval():
    # Newcombe (1998), table II: the difference of 56/70 and 48/80 lies
    # between 0.0524 and 0.3339.
    np.testing.assert_allclose(
        agreement.accuracy_interval(56, 70, 48, 80),
        [(1 + 0.0524) / 2, (1 + 0.3339) / 2],
        atol=6e-5,
    )
    assert agreement.accuracy_interval(5, 5, 0, 5)[1] == 1.0
    assert all(map(math.isnan, agreement.accuracy_interval(1, 2, 0, 0)))
