"""FaceNet is refused where no faces are."""

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import protocol, subjects


class Stub:
    """FaceNet by name, with embeddings of a given cosine."""

    name, file_hash, size, resize, image_size = "facenet", "none", 9, "", None

    def __init__(self, cosine):
        self.cosine, self.seen = cosine, 0

    def __call__(self, images):
        self.seen += len(images)
        # A common part, and one of each picture's own.
        own = np.eye(len(images), 100)[:, :99]
        return np.concatenate(
            [
                np.full([len(images), 1], self.cosine**0.5),
                (1 - self.cosine) ** 0.5 * own,
            ],
            axis=1,
        ).astype(np.float32)


def test_mean_cosine():
    embeddings = np.array([[1, 0], [0, 1], [0.6, 0.8]])
    assert subjects.mean_cosine(embeddings) == pytest.approx(1.4 / 3)
    assert subjects.mean_cosine(Stub(0.3)(embeddings)) == pytest.approx(0.3)


def test_no_faces_are_refused(split_data):
    data = DataSet.open(split_data)
    with pytest.raises(
        ValueError, match=r"cosine of different identities is 0\.67.*train a"
    ):
        protocol.Protocol(data, Stub(0.67), 8)


def test_faces_are_taken(split_data):
    verifier = Stub(0.1)
    subjects.check_faces(DataSet.open(split_data), verifier)
    assert verifier.seen == 12  # One photograph of each.


def test_others_and_few_are_not_judged(split_data, make_splits, mean_colour):
    subjects.check_faces(DataSet.open(split_data), mean_colour)
    assert not mean_colour.seen
    few = make_splits("few", {"train": {f"t{n}": 2 for n in range(7)}})
    verifier = Stub(0.67)
    subjects.check_faces(DataSet.open(few), verifier)
    assert not verifier.seen
