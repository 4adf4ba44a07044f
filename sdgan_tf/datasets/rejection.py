"""Chooses the identities and pictures that a data set keeps.

An identity stands for its template: the mean of the embeddings of its
pictures, brought back to unit norm.
"""

import dataclasses

import numpy as np

from sdgan_tf.evaluation.distributions import nearest
from sdgan_tf.evaluation.gallery import Gallery
from sdgan_tf.evaluation.uniqueness_and_novelty import templates


@dataclasses.dataclass(frozen=True)
class Rejected:
    """Counts of what was left out, by reason.

    Attributes:
        outlying_pictures: Too far from their identity.
        scattered_identities: With too many outlying pictures.
        near_another: Identities too near to one that was kept.
        near_training: Identities too near to a training identity.
    """

    outlying_pictures: int = 0
    scattered_identities: int = 0
    near_another: int = 0
    near_training: int = 0

    def __add__(self, other: "Rejected") -> "Rejected":
        return Rejected(
            *(
                a + b
                for a, b in zip(
                    dataclasses.astuple(self),
                    dataclasses.astuple(other),
                    strict=True,
                )
            )
        )


def choose_pictures(
    embeddings: np.ndarray, pictures: int, outliers: float
) -> tuple[np.ndarray, np.ndarray]:
    """The first pictures of each identity that lie near it.

    The template that they are measured by is that of the first `pictures`.

    Args:
        embeddings: Of candidates, `[n, m, size]`, m >= pictures.
        pictures: Wanted of each identity.
        outliers: Distance to the template from which a picture is left out.

    Returns:
        Places of the chosen pictures, int `[n, pictures]`, and how many of
        them were found, `[n]`; where these are fewer, the last places are -1.
    """
    n, m, size = embeddings.shape
    first = embeddings[:, :pictures].reshape(-1, size)
    centres = templates(first, np.full(n, pictures))
    near = np.linalg.norm(embeddings - centres[:, None], axis=-1) <= outliers
    # Stable: those that are near, in their order, before all others.
    order = np.argsort(~near, axis=1, kind="stable")[:, :pictures]
    found = np.minimum(near.sum(axis=1), pictures)
    return np.where(np.arange(pictures) < found[:, None], order, -1), found


class Separation:
    """Keeps identities apart from each other and from training identities.

    Args:
        min_distance: Distance of templates below which two are one.
        gallery: Training identities; None where these are unknown.
        kept: Templates of the identities that were kept before, `[n, size]`.
    """

    def __init__(
        self, min_distance: float, gallery: Gallery | None, kept: np.ndarray
    ):
        self.min_distance, self.gallery, self.kept = min_distance, gallery, kept

    def choose(self, candidates: np.ndarray) -> tuple[np.ndarray, Rejected]:
        """Looks at candidates in their order.

        Args:
            candidates: Templates, `[n, size]`.

        Returns:
            Rows of the candidates that can be kept, int `[k]`, and what was
            rejected. They are kept by `keep` only.
        """
        n = len(candidates)
        far = np.ones(n, bool)
        if self.gallery is not None and n:
            to_training = self.gallery.nearest(candidates).distances
            far = to_training >= self.min_distance
        training = int(np.sum(~far))
        if len(self.kept) and n:
            _, to_kept = nearest(candidates, self.kept)
            far &= to_kept >= self.min_distance
        rows = []
        for row in range(n):
            if far[row]:
                rows.append(row)
                apart = np.linalg.norm(candidates - candidates[row], axis=1)
                far &= apart >= self.min_distance
        another = n - training - len(rows)
        return np.array(rows, int), Rejected(
            near_another=another, near_training=training
        )

    def keep(self, chosen: np.ndarray) -> None:
        """Adds the templates of identities that are kept, `[k, size]`."""
        self.kept = np.concatenate([self.kept, chosen])
