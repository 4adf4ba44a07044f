"""Which pairs a report shows, and when it has no curves."""

import types

import numpy as np

from sdgan_tf.evaluation import report
from sdgan_tf.evaluation.measured_pairs import Measured


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


def test_no_curves_where_photographs_are_not_told_apart():
    generated, real = (
        types.SimpleNamespace(
            result={"photographs_told_apart": False, "warning": "as <chance>"}
        )
        for _ in range(2)
    )
    shown = report._verification(generated, real)
    assert shown == "<p>None: as &lt;chance&gt;.</p>"
