"""How far a long job is: a bar on a terminal, plain lines otherwise."""

import sys
import time
from collections.abc import Mapping

import keras


class Progress:
    """Shows how many of a known number are done, and the time left.

    Args:
        what: Stands before the numbers, for example "step".
        total: How many there are.
        first: How many were done before.
        line_seconds: Least time between two plain lines; the last one always
            comes.
    """

    def __init__(
        self, what: str, total: int, first: int = 0, line_seconds: float = 0.0
    ):
        self.what, self.total, self.first = what, total, first
        self.line_seconds = line_seconds
        self.started = self.reported = time.monotonic()
        self.bar = None
        if sys.stdout.isatty():
            print(what)
            self.bar = keras.utils.Progbar(total - first)

    def moved(self, done: int) -> None:
        """Moves the bar; prints no line."""
        if self.bar:
            self.bar.update(done - self.first)

    def logged(
        self, done: int, values: Mapping[str, float] | None = None, note=""
    ) -> None:
        """Moves the bar, or prints a line.

        Args:
            done: How many are done, those before included.
            values: Numbers to show.
            note: More for the line.
        """
        values = values or {}
        if self.bar:
            self.bar.stateful_metrics = set(values)
            self.bar.update(done - self.first, values=list(values.items()))
            return
        now = time.monotonic()
        if now - self.reported < self.line_seconds and done < self.total:
            return
        self.reported = now
        left = (now - self.started) / (done - self.first) * (self.total - done)
        shown = [f"{name}={value:.4f}" for name, value in values.items()]
        parts = [f"{self.what} {done}/{self.total}", *shown, note]
        print(
            " ".join(filter(None, parts)), f"{_duration(left)} left", flush=True
        )


def _duration(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
