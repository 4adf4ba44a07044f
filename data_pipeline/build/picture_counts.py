"""How far a build has come, by counts that its workers leave in files.

Beam's runners tell their counters only at the end. So each worker appends a
byte for each picture to a file, whose size is the count. Where the output is
no local folder, there are no counts.
"""

import os
import threading
import time
from typing import TextIO

INSPECTED, WRITTEN = "inspected", "written"
EXPECTED = "expected"
VERBS = {INSPECTED: "Inspected", WRITTEN: "Wrote"}
QUIET_SECONDS = 5  # Before the first line.
SECONDS = {True: 1, False: 10}  # Between lines, on a terminal or not.


def count(folder: str, what: str) -> None:
    """Counts one picture, in a worker."""
    if "://" in folder:
        return
    os.makedirs(folder, exist_ok=True)
    # Unbuffered: what several workers append at once does not mix.
    with open(os.path.join(folder, what), "ab", buffering=0) as file:
        file.write(b".")


def expect(folder: str, number: int) -> None:
    """Notes, in a worker, how many pictures will be written."""
    if "://" in folder:
        return
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, EXPECTED)
    with open(f"{path}.part", "w", encoding="ascii") as file:
        file.write(str(number))
    os.replace(f"{path}.part", path)


class Watch:
    """Shows the counts of a build while it runs; for a `with` block."""

    def __init__(self, folder: str, total: int, stream: TextIO | None):
        """Notes what is to be shown.

        Args:
            folder: See `count`.
            total: Pictures of the collection.
            stream: Where lines go; None shows none.
        """
        self._folder, self._total = folder, total
        self._ended = threading.Event()
        self._thread = None
        if stream:
            self._thread = threading.Thread(
                target=self._show, args=[stream], daemon=True
            )
        self._began: dict[str, tuple[int, float]] = {}

    def __enter__(self):
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        if self._thread:
            self._thread.join()

    def line(self, now: float) -> str:
        """Describes what is being done, and how long it will take.

        Args:
            now: Seconds on a clock that only goes forwards.
        """
        counts = {what: self._count(what) for what in VERBS}
        what = WRITTEN if counts[WRITTEN] else INSPECTED
        done = counts[what]
        if not done:
            return ""
        first, at = self._began.setdefault(what, (done, now))
        total = self._total
        if what == WRITTEN:
            # Some of those that were inspected are left out.
            total = self._expected() or total
        text = f"{VERBS[what]} {done:,} of {total:,} pictures"
        if done > first and now > at:
            left = (total - done) * (now - at) / (done - first)
            minutes, seconds = divmod(round(left), 60)
            text += f", {minutes}:{seconds:02d} left"
        return text

    def _count(self, what: str) -> int:
        try:
            return os.path.getsize(os.path.join(self._folder, what))
        except OSError:
            return 0

    def _expected(self) -> int:
        try:
            path = os.path.join(self._folder, EXPECTED)
            with open(path, encoding="ascii") as file:
                return int(file.read())
        except OSError:
            return 0

    def _show(self, stream: TextIO) -> None:
        on_terminal = stream.isatty()
        wait, shown = QUIET_SECONDS, ""
        while not self._ended.wait(wait):
            wait = SECONDS[on_terminal]
            line = self.line(time.monotonic())
            if line == shown:
                continue
            # On a terminal each line takes the place of the one before.
            over = f"\r{line.ljust(len(shown))}"
            stream.write(over if on_terminal else f"{line}\n")
            stream.flush()
            shown = line
        if shown and on_terminal:
            stream.write("\n")
