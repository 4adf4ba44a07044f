"""How far a long job is: a bar on a terminal, plain lines otherwise."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Mapping

import keras

# Longest silence of a job that is watched: less than the 10 s after which
# a user begins to wonder.
SILENT_SECONDS = 9.0


def say(line: str) -> None:
    """Prints a line of a long job at once."""
    print(line, flush=True)


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
        # How many are done, and since when; the same after the first move,
        # which may have compiled what the others run.
        self._done, self._at = first, self.started
        self._rated: tuple[int, float] | None = None
        self._lock = threading.Lock()
        self.bar = None
        if sys.stdout.isatty():
            print(what)
            self.bar = keras.utils.Progbar(total - first)

    def moved(self, done: int) -> None:
        """Moves the bar; prints no line."""
        with self._lock:
            self._move(done)
            if self._rated is None:
                self._rated = done, self._at
            if self.bar:
                self.reported = self._at
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
        with self._lock:
            self._move(done)
            now = self._at
            if self.bar:
                self.reported = now
                self.bar.stateful_metrics = set(values)
                self.bar.update(done - self.first, values=list(values.items()))
                return
            if now - self.reported < self.line_seconds and done < self.total:
                return
            shown = [f"{name}={value:.4f}" for name, value in values.items()]
            self._print(*shown, note)

    def say(self, line: str) -> None:
        """Prints a line of its own among those of the progress."""
        with self._lock:
            say(line)

    @contextlib.contextmanager
    def watched(self, seconds: float = SILENT_SECONDS) -> Iterator[None]:
        """Lets no `seconds` pass without a sign, whatever one of them takes."""
        ended = threading.Event()

        def watch():
            wait = seconds
            while not ended.wait(wait):
                wait = self.beat(seconds)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def beat(self, seconds: float) -> float:
        """Gives a sign if `seconds` have passed since the last one.

        Returns:
            Seconds until the next one is due.
        """
        with self._lock:
            now = time.monotonic()
            due = self.reported + seconds - now
            if due > 0:
                return due
            if self._done >= self.total:
                # What follows the last one is not its progress.
                return seconds
            if self._done == self.first:
                # No rate is known, and the bar has nothing to show.
                self.reported = now
                print(
                    f"{self.what} {self.first + 1}/{self.total}: preparing for "
                    f"{duration(now - self.started)}",
                    flush=True,
                )
            elif self.bar:
                self.reported = now
                self.bar.update(self._done - self.first)
            else:
                # The first one has compiled what the others run.
                is_bound = self._rated is not None and not self.is_rated
                self._print(_rate(self.seconds_each, is_bound))
        return seconds

    @property
    def is_rated(self) -> bool:
        """Whether the rate is that of more than the first move."""
        return self._rated is not None and self._done > self._rated[0]

    @property
    def seconds_each(self) -> float:
        """Seconds that one takes; without the first move if there are more."""
        done, since = self.first, self.started
        if self._rated is not None and self.is_rated:
            done, since = self._rated
        return (self._at - since) / max(1, self._done - done)

    @property
    def seconds_left(self) -> float:
        """Seconds that the others will take."""
        return self.seconds_each * (self.total - self._done)

    def _move(self, done: int) -> None:
        self._done, self._at = done, time.monotonic()

    def _print(self, *parts: str) -> None:
        self.reported = time.monotonic()
        said = [f"{self.what} {self._done}/{self.total}", *parts]
        left = duration(self.seconds_left)
        print(" ".join(filter(None, said)), f"{left} left", flush=True)


def _rate(seconds_each: float, is_bound: bool) -> str:
    if seconds_each >= 1:
        return "at most " * is_bound + f"{seconds_each:.1f} s each"
    return "at least " * is_bound + f"{1 / max(seconds_each, 1e-9):.1f}/s"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, as 1:02:03."""
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
