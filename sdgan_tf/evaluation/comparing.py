"""Generated pictures as a set against photographs: distances and leakage."""

import dataclasses

import numpy as np

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import distributions
from sdgan_tf.evaluation.intervals import wilson_interval
from sdgan_tf.evaluation.measured_pairs import Measured, embed
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.verifiers import Embed

NEIGHBOUR = 3  # Reached by the balls of precision and recall.
MAX_COMPARED = 2000  # Photographs of a split that pictures are compared with.
MAX_SEARCHED = 20_000  # Training photographs searched for the nearest one.


def scaled(embeddings: np.ndarray) -> np.ndarray:
    """Unit embeddings `[n, d]` to a norm of sqrt(d).

    The kernel's x.y / d is then their cosine; unscaled it would hardly leave
    the kernel's straight part, and see the means alone.
    """
    return embeddings * np.sqrt(embeddings.shape[-1])


def pair_kernel_distance(generated: Measured, real: Measured) -> float:
    """Kernel distance of matched pairs, each embedded as one vector.

    Unlike a distance of single pictures it also sees whether the two of a
    generated pair agree, and differ, as two photographs of one subject do.
    Each distinct real pair counts once.
    """
    pairs = [
        scaled(m.embeddings[m.matched].reshape(m.matched.sum(), -1))
        for m in (generated, real)
    ]
    return distributions.kernel_distance(pairs[0], np.unique(pairs[1], axis=0))


def embed_sample(
    photographs: Photographs, count: int, seed: int, verifier: Embed
) -> np.ndarray:
    """Embeddings `[count, size]` of photographs sampled without replacement."""
    images = photographs.read(photographs.sample(count, seed))
    return embed(images, verifier, f"photographs of {photographs.split}")


def precision_recall(generated: np.ndarray, real: np.ndarray) -> dict:
    """How far generated embeddings and real ones cover each other.

    Args:
        generated: `[n, d]`.
        real: `[n, d]`.

    Returns:
        `precision` and `recall`, see `distributions.covered`, and their
        intervals, Wilson's, which take the other set as given.
    """
    result: dict[str, float | list[float]] = {}
    for name, x, y in (
        ("precision", generated, real),
        ("recall", real, generated),
    ):
        count = int(distributions.covered(x, y, NEIGHBOUR).sum())
        result[name] = count / len(x)
        result[f"{name}_interval"] = list(wilson_interval(count, len(x)))
    return result


def compare_with_photographs(
    measured: Measured, data: DataSet, verifier: Embed, seed: int
) -> dict:
    """Generated pictures as a set against real test and training ones.

    As many training photographs are used as test ones: see
    `distributions.leakage`. For precision and recall there are equally many
    generated pictures and test photographs.
    """
    splits = [Photographs.open(data, s) for s in ("train", "test")]
    count = min(MAX_COMPARED, *(int(split.counts.sum()) for split in splits))
    result = {"compared_photographs": count}
    if count < 2:
        return result
    training, test = (
        embed_sample(photographs, count, seed, verifier)
        for photographs in splits
    )
    # The pictures of unmatched pairs are independent of each other.
    generated = measured.embeddings[~measured.matched].reshape(
        -1, test.shape[1]
    )
    alike = min(len(generated), count)
    if alike > NEIGHBOUR:
        rng = np.random.default_rng(seed)
        chosen = rng.choice(count, alike, replace=False)
        result |= precision_recall(generated[:alike], test[chosen])
    return result | {
        "frechet": distributions.frechet_distance(generated, test),
        "kernel": distributions.kernel_distance(
            scaled(generated), scaled(test)
        ),
        "leakage": distributions.leakage(generated, training, test),
    }


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """The photographs nearest to each of n generated pictures.

    Attributes:
        images: By split, uint8 `[n, h, w, 3]`.
        distances: By split, of the embeddings, `[n]`.
        searched: By split, how many photographs were looked at.
    """

    images: dict[str, np.ndarray]
    distances: dict[str, np.ndarray]
    searched: dict[str, int]


def find_neighbours(
    embeddings: np.ndarray, data: DataSet, verifier: Embed, seed: int
) -> Neighbours:
    """Looks for generated pictures among the training and test photographs.

    All of a split are searched, or a sample of 20,000.

    Args:
        embeddings: Of the generated pictures, `[n, size]`.
        data: The data set.
        verifier: It embedded them.
        seed: Of the sample.
    """
    images, distances, searched = {}, {}, {}
    for split in ("train", "test"):
        photographs = Photographs.open(data, split)
        chosen = photographs.sample(MAX_SEARCHED, seed)
        pictures = photographs.read(chosen)
        known = embed(pictures, verifier, f"photographs of {split}")
        rows, distances[split] = distributions.nearest(embeddings, known)
        images[split], searched[split] = pictures[rows], len(chosen)
    return Neighbours(images, distances, searched)
