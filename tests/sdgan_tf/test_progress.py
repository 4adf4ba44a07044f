"""Lines of a long job, on a terminal and without one."""

import re
import sys
import time

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


def test_a_watched_job_is_not_silent(clock, capsys):
    shown = Progress("step", 110, first=10)
    clock[0] = 8.0
    assert shown.beat(9.0) == 1.0
    assert not capsys.readouterr().out
    # The first one compiles for a long time.
    for clock[0] in (9.0, 18.5):
        assert shown.beat(9.0) == 9.0
    clock[0] = 25.0
    shown.moved(11)
    clock[0] = 27.5
    shown.beat(9.0)
    clock[0] = 35.0
    shown.moved(12)
    clock[0] = 36.5
    shown.beat(9.0)
    shown.logged(12, {"loss": 0.5})
    assert shown.beat(9.0) == 9.0
    assert capsys.readouterr().out.splitlines() == [
        "step 11/110: preparing for 0:00:09",
        "step 11/110: preparing for 0:00:18",
        # Nothing else is known than the first one, compiled on the way.
        "step 11/110 at most 25.0 s each 0:41:15 left",
        # 98 of 10 s.
        "step 12/110 10.0 s each 0:16:20 left",
        "step 12/110 loss=0.5000 0:18:47 left",
    ]


def test_the_time_left_is_not_that_of_the_first(clock, capsys):
    shown = Progress("step", 1000)
    clock[0] = 30.0
    shown.moved(1)
    clock[0] = 31.0
    shown.moved(101)
    assert (shown.seconds_each, shown.seconds_left) == (0.01, 8.99)
    clock[0] = 40.0
    shown.beat(9.0)
    assert capsys.readouterr().out == "step 101/1000 100.0/s 0:00:08 left\n"


def test_a_thread_watches(capsys):
    shown = Progress("step", 10)
    with shown.watched(0.02):
        time.sleep(0.3)
        shown.moved(1)
        time.sleep(0.3)
    before = capsys.readouterr().out.splitlines()
    assert before[0] == "step 1/10: preparing for 0:00:00"
    assert re.fullmatch(
        r"step 1/10 at least [\d.]+/s 0:00:0\d left", before[-1]
    )
    assert len(before) > 4
    # Whatever ends it.
    with pytest.raises(ValueError), shown.watched(0.02):  # noqa: PT011
        raise ValueError
    time.sleep(0.1)
    assert not capsys.readouterr().out


def test_a_bar_is_drawn_again_while_nothing_moves(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    shown = Progress("step", 3)
    shown.beat(0.0)
    assert "step 1/3: preparing for" in capsys.readouterr().out
    shown.moved(1)
    time.sleep(0.1)
    capsys.readouterr()
    shown.beat(0.0)
    assert "1/3" in capsys.readouterr().out
