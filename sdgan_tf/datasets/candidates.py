"""Candidates for a data set: their codes, pictures and embeddings."""

import dataclasses

import numpy as np
import tensorflow as tf

from sdgan_tf.datasets.rejection import Rejected, choose_pictures
from sdgan_tf.evaluation.measured_pairs import generate
from sdgan_tf.evaluation.uniqueness_and_novelty import templates
from sdgan_tf.evaluation.verifiers import Verifier
from sdgan_tf.generators import Generator
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import Keys, Stream

PICTURES = 512  # Of a block, about.
# Times that pictures are generated of an identity, where some are left out.
ATTEMPTS = 4


@dataclasses.dataclass(frozen=True)
class Identities:
    """Identities with equally many pictures each.

    Attributes:
        codes: `[n, m, d_z]`.
        images: uint8 `[n, m, h, w, 3]`.
        templates: `[n, size]`; size is 0 where nothing was embedded.
    """

    codes: np.ndarray
    images: np.ndarray
    templates: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    def at(self, rows) -> "Identities":
        """Some of them."""
        return Identities(
            self.codes[rows], self.images[rows], self.templates[rows]
        )


class Candidates:
    """Samples identities, a block at a time.

    A block is a function of the seed and its number.

    Args:
        generator: It generates the pictures.
        seed: Of the codes.
        pictures: Of each identity.
        outliers: Distance to its identity's template from which a picture is
            left out, and another one sampled; 0: none is.
        verifier: It embeds the pictures; None where nothing asks for it.
    """

    def __init__(
        self,
        generator: Generator,
        seed: int,
        pictures: int,
        outliers: float,
        verifier: Verifier | None,
    ):
        self.generator, self.seed, self.pictures = generator, seed, pictures
        self.outliers, self.verifier = outliers, verifier
        self.block_size = max(1, PICTURES // pictures)

    def block(self, number: int) -> tuple[Identities, int, Rejected]:
        """The identities of a block that have enough pictures.

        Returns:
            These, how many were sampled, and what was rejected. None is sampled
            where the model knows no further identities.
        """
        codes = self._codes(number, 0)
        sampled = len(codes)
        if self.verifier is None or not sampled:
            images = generate(self.generator, codes) if sampled else codes
            empty = np.zeros([sampled, 0], np.float32)
            return Identities(codes, images, empty), sampled, Rejected()
        images = generate(self.generator, codes)
        embeddings = _embed(self.verifier, images)
        if not self.outliers:
            kept = Identities(codes, images, _means(embeddings))
            return kept, sampled, Rejected()
        codes, images, embeddings = self._with_enough(
            self.verifier, number, codes, images, embeddings
        )
        places, found = choose_pictures(
            embeddings, self.pictures, self.outliers
        )
        rows = np.flatnonzero(found == self.pictures)
        which = rows[:, None], places[rows]
        chosen = Identities(
            codes[which], images[which], _means(embeddings[which])
        )
        # Those before an identity's last picture were looked at and left out.
        outlying = int(np.sum(places[rows, -1] + 1 - self.pictures))
        scattered = np.flatnonzero(found < self.pictures)
        outlying += int(np.sum(codes.shape[1] - found[scattered]))
        return chosen, sampled, Rejected(outlying, len(scattered))

    def _with_enough(
        self, verifier: Verifier, number: int, codes, images, embeddings
    ) -> tuple:
        """Generates further pictures of identities with too few near ones."""
        for attempt in range(1, ATTEMPTS):
            _, found = choose_pictures(embeddings, self.pictures, self.outliers)
            lacking = np.flatnonzero(found < self.pictures)
            if not len(lacking):
                break
            more = self._codes(number, attempt)
            shown = np.zeros_like(images[:, : self.pictures])
            shown[lacking] = generate(self.generator, more[lacking])
            # Of identities that need none, no further picture is near.
            embedded = np.full([*shown.shape[:2], embeddings.shape[-1]], np.inf)
            embedded[lacking] = _embed(verifier, shown[lacking])
            codes = np.concatenate([codes, more], axis=1)
            images = np.concatenate([images, shown], axis=1)
            embeddings = np.concatenate([embeddings, embedded], axis=1)
        return codes, images, embeddings

    def _codes(self, number: int, attempt: int) -> np.ndarray:
        """Codes `[n, pictures, d_z]`; each attempt has observations anew."""
        latents, n, m = self.generator.latents, self.block_size, self.pictures
        keys = Keys(self.seed, tf.constant(number))
        if isinstance(latents, IdentityEmbedding):
            first = min(number * n, latents.num_identities)
            last = min(first + n, latents.num_identities)
            z_i = latents.look_up(range(first, last))
        else:
            z_i = latents.z_i(keys.key(Stream.DATA_SET, 0), n)
        z_o = latents.z_o(keys.key(Stream.DATA_SET, 1 + attempt), n * m)
        z_o = tf.reshape(z_o, [n, m, -1])[: len(z_i)]
        return np.concatenate(
            [np.repeat(np.asarray(z_i)[:, None], m, axis=1), z_o], axis=-1
        )


def _embed(verifier: Verifier, images: np.ndarray) -> np.ndarray:
    """Embeddings `[n, m, size]` of pictures `[n, m, h, w, 3]`."""
    flat = verifier(images.reshape(-1, *images.shape[2:]))
    return flat.reshape(*images.shape[:2], -1)


def _means(embeddings: np.ndarray) -> np.ndarray:
    """Templates `[n, size]` of embeddings `[n, m, size]`."""
    n, m, size = embeddings.shape
    return templates(embeddings.reshape(-1, size), np.full(n, m))
