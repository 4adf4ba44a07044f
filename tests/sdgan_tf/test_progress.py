"""What is shown of a long job, on a terminal and without one."""

import sys

import pytest

from sdgan_tf import progress
from sdgan_tf.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is set."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_line_without_a_terminal(clock, capsys):
    shown = Progress("step", 110, first=10)
    shown.moved(20)
    clock[0] = 36.0
    shown.logged(20, {"loss": 0.25}, note="2.0 pairs/s")
    # 10 of 100 took 36 s.
    assert capsys.readouterr().out == (
        "step 20/110 loss=0.2500 2.0 pairs/s 0:05:24 left\n"
    )


def test_lines_keep_their_distance_but_the_last_comes(clock, capsys):
    shown = Progress("pairs", 4, line_seconds=10)
    for done, clock[0] in ((1, 9.0), (2, 10.0), (3, 19.0), (4, 19.5)):
        shown.logged(done)
    assert capsys.readouterr().out.splitlines() == [
        "pairs 2/4 0:00:10 left",
        "pairs 4/4 0:00:00 left",
    ]


def test_bar_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    shown = Progress("step", 3, first=1)
    shown.moved(2)
    shown.logged(3, {"loss": 0.5})
    out = capsys.readouterr().out
    assert out.startswith("step\n")
    assert "2/2" in out and "loss: 0.5" in out and "left" not in out
