"""The loop alone: steps that cost nothing, and what happens between them."""

import os
import signal
import types

import pytest

from sdgan_tf.training import loop
from sdgan_tf.training.actions import Action
from sdgan_tf.training.strategy import Workers
from sdgan_tf.training.training_state import Diverged

ALONE = Workers(strategy=None)


def state(step=0):
    return types.SimpleNamespace(steps_done=step, last_checkpoint="step 3 in x")


def take(steps, last, at, actions=()):
    """Takes steps while signals are noted."""
    signals = loop.StopSignal()
    with signals.noted():
        return loop.take_steps(steps, last, at, actions, ALONE, signals)


class Told(Action):
    """Notes what it is told."""

    def __init__(self, name, interval_steps, notes):
        super().__init__(interval_steps)
        self.name, self.notes = name, notes

    def begin(self, step):
        self.notes.append(f"{self.name} begin {step}")

    def stepped(self, step, values, n, seconds):
        assert values == {"loss": float(n)} and seconds >= 0
        self.notes.append(f"{self.name} +{n}")

    def act(self, step):
        self.notes.append(f"{self.name} {step}")

    def end(self, step):
        self.notes.append(f"{self.name} end {step}")


def test_actions_come_in_order_and_end_in_the_opposite_one():
    notes = []
    actions = [Told("a", 4, notes), Told("b", 2, notes), Told("c", 0, notes)]
    stopped_by = take(lambda n: {"loss": float(n)}, 5, state(1), actions)
    assert stopped_by == ""
    assert notes == [
        *("a begin 1", "b begin 1", "c begin 1"),
        *("a +1", "b +1", "c +1", "b 2"),
        # As many at once as there are before the next action.
        *("a +2", "b +2", "c +2", "a 4", "b 4"),
        *("a +1", "b +1", "c +1"),
        *("c end 5", "b end 5", "a end 5"),
    ]


def test_calls_are_as_long_as_a_signal_may_wait(monkeypatch):
    now, calls = [0.0], []
    clock = types.SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(loop, "time", clock)

    def steps(n):
        calls.append(n)
        now[0] += 0.5 * n
        return {"loss": 1.0}

    take(steps, 14, state(), [])
    # The first call may compile; 2 s are 4 steps.
    assert calls == [1, 4, 4, 4, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_between_two_calls(number):
    before, done, notes = signal.getsignal(number), [], []

    def steps(n):
        done.append(n)
        os.kill(os.getpid(), number)
        return {"loss": float(n)}

    stopped_by = take(steps, 9, state(), [Told("a", 1, notes)])
    assert (stopped_by, done) == (signal.Signals(number).name, [1])
    assert notes[-2:] == ["a 1", "a end 1"]
    assert signal.getsignal(number) == before


def test_a_signal_to_another_worker_stops_it(monkeypatch):
    monkeypatch.setattr(
        Workers, "agree", lambda self, seconds, stopped: [seconds, 0.5]
    )
    stopped_by = take(lambda n: {"loss": 1.0}, 9, state(), [])
    assert stopped_by == "a signal to another worker"


def test_what_is_not_finite_stops_it_before_any_action():
    notes, before = [], signal.getsignal(signal.SIGTERM)
    with pytest.raises(Diverged, match="`b` is not finite at step 4.*step 3"):
        take(
            lambda n: {"a": 1.0, "b": float("nan")},
            9,
            state(3),
            [Told("a", 1, notes)],
        )
    assert notes == ["a begin 3"]
    assert signal.getsignal(signal.SIGTERM) == before
