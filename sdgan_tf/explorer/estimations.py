"""Estimations of uploaded photographs: one at a time, told of as they go."""

import base64
import contextlib
import json
import logging
import queue
import threading
from collections.abc import Iterator

import numpy as np

from sdgan_tf.projector import Projector

WAITING_USERS = 32
# Seconds between two lines to someone who waits: who has left is noticed.
WAIT_SECONDS = 1.0


class _Left(Exception):
    """The user has left the page."""


class _Steps:
    """`sdgan_tf.progress.Progress` for a user of the page.

    Args:
        lines: Takes what is said.
        left: Set when the client has disconnected.
        steps: How many there are.
    """

    def __init__(
        self, lines: queue.SimpleQueue, left: threading.Event, steps: int
    ):
        self.lines, self.left, self.steps = lines, left, steps

    def logged(self, done: int, values: dict) -> None:
        """Says how many are done, and the distance."""
        if self.left.is_set():
            raise _Left
        distance = values["distance"]
        self.lines.put(
            {"step": done, "steps": self.steps, "distance": distance}
        )


class Estimations:
    """A queue of estimations; nothing of an estimation outlives it."""

    def __init__(self):
        self._turn = threading.Condition()
        self._tickets: list[object] = []

    def estimate(
        self, projector: Projector, photographs: np.ndarray
    ) -> Iterator[bytes]:
        """Estimates the codes of one subject's photographs.

        Args:
            projector: Finds them.
            photographs: uint8 `[k, h, w, 3]`.

        Yields:
            Lines of JSON: `waiting`, how many are before; `step`, `steps` and
            `distance`; at last `z_i`, `z_o` and `photographs` as base64, and
            `distances` in grey levels, or an `error`.
        """
        with self._in_turn() as ticket:
            if ticket is None:
                yield _line({"error": "Too many wait: try again later."})
                return
            for ahead in self._ahead(ticket):
                yield _line({"waiting": ahead})
            yield _line({"waiting": 0})
            yield from map(_line, self._run(projector, photographs))

    @contextlib.contextmanager
    def _in_turn(self):
        """A place in the queue; None where it is full."""
        ticket = object()
        with self._turn:
            full = len(self._tickets) >= WAITING_USERS
            if not full:
                self._tickets.append(ticket)
        try:
            yield None if full else ticket
        finally:
            with self._turn:
                if not full:
                    self._tickets.remove(ticket)
                self._turn.notify_all()

    def _ahead(self, ticket: object) -> Iterator[int]:
        """Says now and then how many are before, until none is."""
        while True:
            with self._turn:
                ahead = self._tickets.index(ticket)
            if not ahead:
                return
            yield ahead
            with self._turn:
                if self._tickets.index(ticket) == ahead:
                    self._turn.wait(WAIT_SECONDS)

    def _run(
        self, projector: Projector, photographs: np.ndarray
    ) -> Iterator[dict]:
        lines: queue.SimpleQueue = queue.SimpleQueue()
        left = threading.Event()

        def work():
            try:
                found = projector.project(
                    photographs[None],
                    lambda _, steps: _Steps(lines, left, steps),
                )
                lines.put(_found(projector, photographs, *found))
            except _Left:
                pass
            except ValueError as error:
                lines.put({"error": str(error)})
            # Whatever it is: the user waits, and the others' turns come.
            except Exception:
                logging.exception("An estimation failed.")
                lines.put({"error": "The estimation failed; see the log."})

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while True:
                said = lines.get()
                yield said
                if "step" not in said:
                    return
        finally:
            left.set()
            thread.join()


def _found(
    projector: Projector,
    photographs: np.ndarray,
    z: np.ndarray,
    _images: np.ndarray,
    distance: np.ndarray,
) -> dict:
    z_i, z_o = projector.generator.latents.split(z[0])
    return {
        "z_i": _numbers(z_i[0]),
        "z_o": _numbers(z_o),
        "photographs": _text(photographs.tobytes()),
        "distances": [float(value) for value in distance[0]],
    }


def _numbers(values) -> str:
    return _text(np.asarray(values, "<f4").tobytes())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _line(said: dict) -> bytes:
    return json.dumps(said).encode() + b"\n"
