"""Whether a data set shows what a verifier knows."""

import numpy as np

from data_pipeline.records import DataSet
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.verifiers import FACENET, Verifier

# Photographs that are looked at, each of another identity, and how few tell
# nothing.
MOST, LEAST = 64, 8
# Faces of different people lie apart in FaceNet's embedding, and all that is no
# face lies together. docs/evaluation.md has what was measured.
LARGEST_COSINE = 0.4


def mean_cosine(embeddings: np.ndarray) -> float:
    """The mean cosine of unit embeddings `[n, size]` of different identities.

    Args:
        embeddings: One of each identity, at least two.
    """
    n = len(embeddings)
    total = np.sum(np.sum(embeddings, axis=0, dtype=np.float64) ** 2)
    return float((total - n) / (n * (n - 1)))


def check_faces(data: DataSet, verifier: Verifier) -> None:
    """Refuses FaceNet where the training photographs show no faces.

    It would give a figure for anything, and none of them would mean anything.

    Raises:
        ValueError: If they show none.
    """
    if verifier.name != FACENET:
        return
    photographs = Photographs.open(data, "train")
    firsts = np.cumsum(photographs.counts) - photographs.counts
    if len(firsts) < LEAST:
        return
    chosen = np.linspace(0, len(firsts) - 1, min(MOST, len(firsts)))
    cosine = mean_cosine(verifier(photographs.read(firsts[chosen.astype(int)])))
    if cosine > LARGEST_COSINE:
        raise ValueError(
            "`verifier` facenet is for faces, and it sees none in the "
            "photographs of the split train: the mean cosine of "
            f"different identities is {cosine:.2f}, and that of faces is "
            f"below {LARGEST_COSINE}. For anything but faces, train a "
            "verifier (train_verifier) and pass its folder as "
            "`verifier`. For faces that are small in their photographs, "
            'build with crop="face". Received: '
            f"verifier={verifier.name!r}, data_dir={data.folder!r}"
        )
