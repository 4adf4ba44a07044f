"""Estimations: one after the other, and ended when nobody listens."""

import json
import threading

import numpy as np
import pytest

from sdgan_tf.explorer import estimations
from sdgan_tf.explorer.estimations import Estimations
from sdgan_tf.latents import LatentSpace

PHOTOGRAPHS = np.zeros([2, 4, 4, 3], np.uint8)


class Projector:
    """Takes two steps, each when it is let."""

    generator = type("Generator", (), {"latents": LatentSpace(3, 2)})

    def __init__(self, error=None):
        self.error = error
        self.go = threading.Semaphore(0)
        self.ended = threading.Event()

    def project(self, photographs, progress):
        shown = progress("step", 2)
        try:
            for step in (1, 2):
                self.go.acquire()
                shown.logged(step, {"distance": 5.0})
            if self.error:
                raise self.error
            k = photographs.shape[1]
            return np.ones([1, k, 5]), photographs, np.full([1, k], 7.0)
        finally:
            self.ended.set()


def test_one_after_the_other(monkeypatch):
    monkeypatch.setattr(estimations, "WAIT_SECONDS", 0.01)
    queue, first, second = Estimations(), Projector(), Projector()
    one = map(json.loads, queue.estimate(first, PHOTOGRAPHS))
    assert next(one) == {"waiting": 0}
    other = map(json.loads, queue.estimate(second, PHOTOGRAPHS))
    assert next(other) == next(other) == {"waiting": 1}
    first.go.release(2)
    assert next(one) == {"step": 1, "steps": 2, "distance": 5.0}
    assert next(one)["step"] == 2
    assert next(one)["distances"] == [7.0, 7.0]
    assert list(one) == []
    assert next(said for said in other if said["waiting"] == 0)
    second.go.release(2)
    assert [len(said) for said in other] == [3, 3, 4]


def test_who_leaves_ends_it_and_the_next_one_comes():
    queue, first = Estimations(), Projector()
    one = queue.estimate(first, PHOTOGRAPHS)
    next(one)
    first.go.release()
    next(one)
    first.go.release()
    one.close()
    assert first.ended.wait(5)
    other = queue.estimate(Projector(), PHOTOGRAPHS)
    assert json.loads(next(other)) == {"waiting": 0}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("too dark"), "too dark"),
        (RuntimeError("secret"), "The estimation failed; see the log."),
    ],
)
def test_errors(error, said):
    projector = Projector(error)
    projector.go.release(2)
    *_, last = Estimations().estimate(projector, PHOTOGRAPHS)
    assert json.loads(last) == {"error": said}


def test_too_many(monkeypatch):
    monkeypatch.setattr(estimations, "WAITING_USERS", 1)
    queue = Estimations()
    one = queue.estimate(Projector(), PHOTOGRAPHS)
    next(one)
    (refused,) = queue.estimate(Projector(), PHOTOGRAPHS)
    assert "Too many wait" in json.loads(refused)["error"]
