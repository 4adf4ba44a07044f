"""The meter's sums of steps and of the clock."""

import time

import pytest

from sdgan_tf.training.summaries import WAITED, Meter


def test_meter_by_hand(monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    meter = Meter()
    # 3 steps of 2 s, of which 0.1 s each waited for data; then 1 of 4 s.
    meter.add({"loss/x": 1.0, WAITED: 0.1}, steps=3, seconds=6.0)
    meter.add({"loss/x": 5.0, WAITED: 0.7}, steps=1, seconds=4.0)
    now = 112.5
    assert meter.take(batch_size=16) == pytest.approx(
        {
            "loss/x": (3 * 1.0 + 5.0) / 4,
            WAITED: (3 * 0.1 + 0.7) / 4,
            "time/pairs_per_second": 16 * 4 / 12.5,
            "time/seconds_per_step": 10.0 / 4,
            "time/data_share": 0.25 / 2.5,
            # 12.5 s, of them 10 in steps and 1 of those waiting.
            "time/overhead_share": (12.5 - 9.0) / 12.5,
        }
    )
    # Each window has a clock of its own.
    meter.add({"loss/x": 1.0, WAITED: 0.0}, steps=1, seconds=2.0)
    now = 114.5
    assert meter.take(batch_size=16)["time/overhead_share"] == 0.0
