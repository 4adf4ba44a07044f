"""Which identities and pictures are kept, by hand."""

import numpy as np
import pytest

from sdgan_tf.datasets import rejection
from sdgan_tf.datasets.rejection import Rejected, Separation
from sdgan_tf.evaluation.gallery import Gallery


def on_circle(*degrees: float) -> np.ndarray:
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


# Distances on the circle: 10 degrees are 0.174, 30 are 0.518.
TEN, THIRTY = 2 * np.sin(np.deg2rad([5.0, 15.0]))


def test_pictures_near_their_identity():
    embeddings = np.stack(
        [
            on_circle(0, 20, 90, 5),  # All but the third lie near 10.
            on_circle(0, 180, 90, 100),  # The first two have no middle.
            on_circle(40, 60, 50, 50),
        ]
    )
    places, found = rejection.choose_pictures(embeddings, 2, TEN * 1.01)
    assert found.tolist()[::2] == [2, 2] and found[1] < 2
    assert places[[0, 2]].tolist() == [[0, 1], [0, 1]]
    # A picture that is left out is replaced by the next one that is near.
    places, found = rejection.choose_pictures(embeddings, 3, THIRTY * 1.05)
    assert found[2] == 3 and places[2].tolist() == [0, 1, 2]
    embeddings[0] = on_circle(0, 90, 12, 8)
    places, found = rejection.choose_pictures(embeddings[:1], 3, 0.6)
    assert found.tolist() == [3] and places[0].tolist() == [0, 2, 3]


def test_too_few_are_marked():
    embeddings = on_circle(0, 0, 0, 180)[None]
    places, found = rejection.choose_pictures(embeddings, 4, 0.1)
    assert found.tolist() == [3] and places.tolist() == [[0, 1, 2, -1]]


def test_identities_are_apart():
    separation = Separation(TEN, None, np.zeros([0, 2]))
    candidates = on_circle(0, 9, 11, 20, 30)
    rows, rejected = separation.choose(candidates)
    # 9 is too near to 0, and 20 to 11.
    assert rows.tolist() == [0, 2, 4]
    assert rejected == Rejected(near_another=2)
    # Looking keeps none.
    assert separation.choose(candidates)[0].tolist() == [0, 2, 4]
    separation.keep(candidates[rows[:2]])
    rows, rejected = separation.choose(on_circle(25, 1))
    assert rows.tolist() == [0] and rejected == Rejected(near_another=1)


def test_identities_are_apart_from_training_identities():
    gallery = Gallery(np.array([7, 8]), on_circle(0, 90))
    separation = Separation(TEN, gallery, on_circle(45))
    rows, rejected = separation.choose(on_circle(5, 50, 70, 85, 180))
    assert rows.tolist() == [2, 4]
    assert rejected == Rejected(near_another=1, near_training=2)


def test_rejections_are_added():
    total = sum([Rejected(1, 2, 3, 4), Rejected(near_training=5)], Rejected())
    assert total == Rejected(1, 2, 3, 9)
    assert Rejected.__dataclass_fields__.keys() == {
        "outlying_pictures",
        "scattered_identities",
        "near_another",
        "near_training",
    }


@pytest.mark.parametrize("n", [0, 3])
def test_no_candidates(n):
    separation = Separation(0.1, None, on_circle(*[0.0] * n))
    rows, rejected = separation.choose(np.zeros([0, 2]))
    assert len(rows) == 0 and rejected == Rejected()
