"""Downstream use: a verifier trained on generated identities alone.

The number that papers on synthetic identities quote. The network of
`train_verifier` is trained three times, each time from the same first weights
and for as many steps: on generated identities, on as many training identities
with as many photographs each, and on both. All three are tested on real pairs.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from data_pipeline.records import BadDataSet, DataSet
from data_pipeline.tuples.batching import Batching
from data_pipeline.tuples.groups import Groups
from data_pipeline.tuples.memory import sample_batches
from sdgan_tf.evaluation import trained_verifier
from sdgan_tf.evaluation.measured_pairs import embed_photographs, generate
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.summary import with_intervals
from sdgan_tf.evaluation.verification import Verification, distances
from sdgan_tf.evaluation.verifier_training import TUPLES, EmbeddingTraining
from sdgan_tf.generators import Generator
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.progress import Progress

# Of each set that is trained on, decoded; of a larger split fewer identities.
MAX_BYTES = 1_000_000_000
GENERATED_AT_ONCE = 256
LINE_SECONDS = 10.0
# Substreams of an evaluation; the pairs have the first two.
IDENTITIES, OBSERVATIONS = 2, 3


@dataclasses.dataclass(frozen=True)
class PictureSet:
    """Pictures to train on, identity by identity.

    Attributes:
        images: uint8 `[n, h, w, 3]`.
        counts: Pictures of each identity, int64 `[identities]`; sum n.
    """

    images: np.ndarray
    counts: np.ndarray

    def __add__(self, other: "PictureSet") -> "PictureSet":
        """The identities of both, none of them in common."""
        return PictureSet(
            np.concatenate([self.images, other.images]),
            np.concatenate([self.counts, other.counts]),
        )

    def batches(self, seed: int) -> tf.data.Dataset:
        """Endless batches of pairs of one identity each."""
        numbers = np.repeat(np.arange(len(self.counts)), self.counts)
        return sample_batches(
            self.images,
            numbers,
            [Groups(None, self.counts)],
            Batching(2, seed, TUPLES),
        ).prefetch(tf.data.AUTOTUNE)


@dataclasses.dataclass(frozen=True)
class Tested:
    """The test of one network.

    Attributes:
        distances: Of the real test pairs, `[n]`.
        tau: Of the best accuracy on real validation pairs.
    """

    distances: np.ndarray
    tau: float


def generated_pictures(
    generator: Generator, counts: np.ndarray, seed: int
) -> PictureSet:
    """Generates so many pictures of each of `len(counts)` identities.

    Of a model that knows its identities these are its first ones.
    """
    latents, n = generator.latents, len(counts)
    if isinstance(latents, IdentityEmbedding):
        z_i = latents.look_up(range(n))
    else:
        key = Keys(seed, tf.constant(0)).key(Stream.EVALUATION, IDENTITIES)
        z_i = latents.z_i(key, n)
    z_i = np.repeat(np.asarray(z_i), counts, axis=0)
    side = generator.image_size
    images = np.empty([len(z_i), side, side, 3], np.uint8)
    progress = Progress("training pictures", len(images), 0, LINE_SECONDS)
    for start in range(0, len(images), GENERATED_AT_ONCE):
        part = z_i[start : start + GENERATED_AT_ONCE]
        key = Keys(seed, tf.constant(start)).key(
            Stream.EVALUATION, OBSERVATIONS
        )
        z = np.concatenate([part, latents.z_o(key, len(part))], axis=1)
        images[start : start + len(part)] = generate(generator, z[None])[0]
        progress.logged(start + len(part))
    return PictureSet(images, counts)


def train(
    pictures: PictureSet, steps: int, width: int, seed: int, what: str
) -> Callable:
    """Trains the verifier network; the last step is kept.

    No photograph chooses a step: a network that is trained on generated
    pictures sees none.

    Args:
        pictures: The set.
        steps: Training steps.
        width: Channels of the network's first stage.
        seed: Of weights, batches and shifts.
        what: The set's name, for the progress.

    Returns:
        A function of uint8 `[n, h, w, 3]` to embeddings `[n, size]`.
    """
    numbers = np.arange(len(pictures.counts))
    side = pictures.images.shape[1]
    training = EmbeddingTraining(numbers, width, side, steps, seed)
    progress = Progress(f"step on {what}", steps, 0, LINE_SECONDS)
    batches = pictures.batches(seed).take(steps)
    for step, batch in enumerate(batches, start=1):
        loss = training.step(batch, tf.constant(step, tf.int64))
        progress.logged(step, {"loss": float(loss)})
    return trained_verifier.embedder(training.network)


class Downstream:
    """Trains on sets of one size and tests them on one set of real pairs.

    Args:
        data: The data set.
        num_pairs: Of the splits valid and test, half of them matched.
        steps: Training steps of each network.
        width: Channels of the network's first stage.
        seed: Of all that is random.
        bootstrap_samples: Resamples behind each interval.

    Raises:
        BadDataSet: If fewer than two training identities have two photographs.
    """

    def __init__(
        self,
        data: DataSet,
        num_pairs: int,
        steps: int,
        width: int,
        seed: int,
        bootstrap_samples: int,
    ):
        self.data, self.num_pairs, self.seed = data, num_pairs, seed
        self.steps, self.width = steps, width
        self.bootstrap_samples = bootstrap_samples
        self._photographs = Photographs.open(data, "train")
        self._identities = self._choose()
        self._of_photographs: dict[int, Tested] = {}

    def _choose(self) -> np.ndarray:
        """Identities of the split train in the order that they are taken."""
        counts = self._photographs.counts
        usable = np.flatnonzero(counts >= 2)
        if len(usable) < 2:
            raise BadDataSet(
                "`downstream` needs two training identities of two "
                f"photographs; there are {len(usable)}. "
                f"Received: data_dir={self.data.folder!r}"
            )
        order = np.random.default_rng(self.seed).permutation(usable)
        most = MAX_BYTES // (3 * self.data.image_size**2)
        fitting = int(np.sum(np.cumsum(counts[order]) <= most))
        return order[: max(2, fitting)]

    def photographs(self) -> dict:
        """The measures of the network that is trained on photographs.

        Returns:
            `downstream_auc` and `downstream_accuracy`, their intervals, and
            `downstream`, with the numbers of the training.
        """
        n = len(self._identities)
        tested = {"downstream": self._real(n)}
        return self._measured(tested) | self._size(self._chosen(n)[1])

    def generated(self, generator: Generator) -> dict:
        """The measures of the networks on generated pictures and on both.

        Returns:
            As `photographs`, of the network that saw generated pictures only;
            the same of the others as `downstream_real_` and
            `downstream_both_`, and by how much photographs are better than
            generated pictures, as `downstream_gap` and
            `downstream_accuracy_gap`.
        """
        n = len(self._identities)
        if isinstance(generator.latents, IdentityEmbedding):
            n = min(n, generator.latents.num_identities)
        _, counts = self._chosen(n)
        made = generated_pictures(generator, counts, self.seed)
        tested = {
            "downstream": self._tested(made, "generated pictures"),
            "downstream_real": self._real(n),
            "downstream_both": self._tested(made + self._read(n), "both"),
        }
        return self._measured(tested) | self._size(counts)

    def _chosen(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The first n identities, ascending, and their photographs' counts."""
        rows = np.sort(self._identities[:n])
        return rows, self._photographs.counts[rows]

    def _read(self, n: int) -> PictureSet:
        rows, counts = self._chosen(n)
        every = self._photographs.counts
        starts = (np.cumsum(every) - every)[rows]
        firsts = np.cumsum(counts) - counts
        positions = np.arange(counts.sum()) + np.repeat(starts - firsts, counts)
        return PictureSet(self._photographs.read(positions), counts)

    def _real(self, n: int) -> Tested:
        """The test of photographs of n identities: the same for each row."""
        if n not in self._of_photographs:
            self._of_photographs[n] = self._tested(self._read(n), "photographs")
        return self._of_photographs[n]

    def _tested(self, pictures: PictureSet, what: str) -> Tested:
        embed = train(pictures, self.steps, self.width, self.seed, what)
        found = {}
        for split in ("valid", "test"):
            photographs = Photographs.open(self.data, split)
            pairs = photographs.pairs(self.num_pairs, self.seed)
            embedded = embed_photographs(photographs, pairs, embed)
            found[split] = distances(embedded[:, 0], embedded[:, 1])
            if split == "valid":
                curve = Verification(found[split], pairs.matched).curve()
        return Tested(found["test"], curve.best_threshold())

    def _measured(self, tested: dict[str, Tested]) -> dict:
        """The measures of some networks by name, and the gaps, if any."""
        pairs = Photographs.open(self.data, "test").pairs(
            self.num_pairs, self.seed
        )
        ordered = {
            name: Verification(each.distances, pairs.matched)
            for name, each in tested.items()
        }

        def measures(weights):
            result = {}
            for name, each in tested.items():
                curve = ordered[name].curve(weights)
                result[f"{name}_auc"] = curve.auc()
                result[f"{name}_accuracy"] = curve.accuracy(each.tau)
            if "downstream_real" in tested:
                for gap, of in (("gap", "auc"), ("accuracy_gap", "accuracy")):
                    result[f"downstream_{gap}"] = (
                        result[f"downstream_real_{of}"]
                        - result[f"downstream_{of}"]
                    )
            return result

        return with_intervals(
            measures,
            pairs.matched,
            pairs.identities,
            self.bootstrap_samples,
            self.seed,
        )

    def _size(self, counts: np.ndarray) -> dict:
        return {
            "downstream": {
                "identities": len(counts),
                "pictures": int(counts.sum()),
                "steps": self.steps,
                "width": self.width,
            }
        }
