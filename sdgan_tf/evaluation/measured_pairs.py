"""Pairs of pictures to what is measured of each pair.

A chunk of pairs at a time: what is kept are numbers, never pictures.
"""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from sdgan_tf.evaluation import diversity, verification
from sdgan_tf.evaluation.photograph_pairs import Pairs, Photographs
from sdgan_tf.evaluation.verifiers import Embed
from sdgan_tf.generators import Generator
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.progress import Progress

CHUNK = 32  # Pairs.
LINE_SECONDS = 10.0


@dataclasses.dataclass(frozen=True)
class Measured:
    """Measurements of n pairs.

    Attributes:
        embeddings: Of both pictures, float32 `[n, 2, size]`.
        matched: Whether they are one identity, bool `[n]`.
        terms: MS-SSIM's, `[n, 5]`; see `diversity.ms_ssim_terms`.
        identities: Identity hashes `[n, 2]` of photographs; None if no two
            pairs share an identity.
    """

    embeddings: np.ndarray
    matched: np.ndarray
    terms: np.ndarray
    identities: np.ndarray | None = None

    @property
    def distances(self) -> np.ndarray:
        """Of the embeddings, float64 `[n]`."""
        return verification.distances(
            self.embeddings[:, 0], self.embeddings[:, 1]
        )

    def one_of_each(self) -> tuple[np.ndarray, np.ndarray]:
        """One picture of each identity, none of them twice.

        Returns:
            Numbers of the pairs, int `[n]`, and which of the two it is, 0 or
            1, int `[n]`.
        """
        if self.identities is not None:
            _, first = np.unique(self.identities, return_index=True)
            first = np.sort(first)
            return first // 2, first % 2
        matched = np.flatnonzero(self.matched)
        unmatched = np.repeat(np.flatnonzero(~self.matched), 2)
        which = np.arange(len(unmatched)) % 2
        return (
            np.concatenate([matched, unmatched]),
            np.concatenate([np.zeros_like(matched), which]),
        )


def pair_codes(generator: Generator, seed, start, n, matched: bool) -> tuple:
    """Codes of generated pairs and whose they are: see `LatentSpace.pairs`.

    Args:
        generator: Whose prior to sample from.
        seed: Seed of the evaluation.
        start: Number of the first pair; it determines the codes.
        n: Pairs.
        matched: Whether the two of a pair share z_i.
    """
    key = Keys(seed, tf.constant(start)).key(Stream.EVALUATION, int(matched))
    return generator.latents.pairs(key, n, matched)


def generate(generator: Generator, codes) -> np.ndarray:
    """Pictures of codes `[n, 2, d_z]`, uint8 `[n, 2, h, w, 3]`.

    Raises:
        ValueError: If a number of a picture is not finite.
    """
    images = generator(tf.reshape(codes, [-1, codes.shape[-1]])).numpy()
    if not np.isfinite(images).all():
        raise ValueError(
            "The generator's pictures hold numbers that are not finite: "
            f"training diverged before step {generator.step}."
        )
    return generator.pixels.to_uint8(images).reshape(
        *codes.shape[:2], *images.shape[1:]
    )


def independent_pairs(measured: Measured) -> Measured:
    """Pairs that share nothing called matched: the floor of verification.

    What a model without identity tuples makes of "one identity" when all of z
    is sampled afresh. The first pictures of the unmatched pairs, which are
    independent, are paired anew and stand for matched pairs.

    Args:
        measured: Generated pairs, at least two of them unmatched.
    """
    unmatched = measured.embeddings[~measured.matched]
    paired = np.stack(
        [unmatched[:, 0], np.roll(unmatched[:, 0], 1, axis=0)], axis=1
    )
    n = len(unmatched)
    terms = measured.terms[~measured.matched]
    return Measured(
        np.concatenate([paired, unmatched]),
        np.arange(2 * n) < n,
        np.concatenate([terms, terms]),
    )


def chosen_pairs(
    generator: Generator, seed: int, num_pairs: int, chosen
) -> np.ndarray:
    """Pictures of some of the pairs that `measure_generated` measures.

    Args:
        generator: It drew them.
        seed: Seed of the evaluation.
        num_pairs: Of the evaluation.
        chosen: Numbers of the pairs, `[n]`.

    Returns:
        uint8 `[n, 2, h, w, 3]`.
    """
    num_matched = num_pairs // 2
    codes = []
    for number in map(int, chosen):
        matched = number < num_matched
        place = number if matched else number - num_matched
        total = num_matched if matched else num_pairs - num_matched
        start = place - place % CHUNK
        n = min(CHUNK, total - start)
        sampled, _ = pair_codes(generator, seed, start, n, matched)
        codes.append(sampled[place - start])
    return generate(generator, tf.stack(codes))


def generated_pairs(
    generator: Generator, num_pairs: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Generates balanced pairs, the matched ones first.

    Half of them, rounded down, are matched.

    Yields:
        Pictures of a chunk of pairs, uint8 `[n, 2, h, w, 3]`, and whose they
        are, `[n, 2]`, or None; no chunk holds pairs of both kinds.
    """
    num_matched = num_pairs // 2
    progress = Progress("generated pairs", num_pairs, line_seconds=LINE_SECONDS)
    for matched, total in (True, num_matched), (False, num_pairs - num_matched):
        for start in range(0, total, CHUNK):
            n = min(CHUNK, total - start)
            codes, rows = pair_codes(generator, seed, start, n, matched)
            yield generate(generator, codes), rows
            progress.logged(start + n + (0 if matched else num_matched))


def measure_generated(
    generator: Generator, verifier: Embed, num_pairs: int, seed: int
) -> Measured:
    """Generates balanced pairs, the matched ones first, and measures them."""
    embeddings, terms, subjects = [], [], []
    for images, rows in generated_pairs(generator, num_pairs, seed):
        if rows is not None:
            subjects.append(rows)
        terms.append(diversity.ms_ssim_terms(images[:, 0], images[:, 1]))
        flat = verifier(images.reshape(-1, *images.shape[2:]))
        embeddings.append(flat.reshape(len(images), 2, -1))
    return Measured(
        np.concatenate(embeddings),
        np.arange(num_pairs) < num_pairs // 2,
        np.concatenate(terms),
        np.concatenate(subjects) if subjects else None,
    )


def embed(images: np.ndarray, verifier: Callable, what: str) -> np.ndarray:
    """Embeddings `[n, size]` of uint8 pictures, a chunk at a time.

    Args:
        images: `[n, h, w, 3]`.
        verifier: It embeds them.
        what: The pictures' name, for the progress.
    """
    progress = Progress(what, len(images), line_seconds=LINE_SECONDS)
    embeddings = []
    for start in range(0, len(images), CHUNK):
        embeddings.append(verifier(images[start : start + CHUNK]))
        progress.logged(min(start + CHUNK, len(images)))
    return np.concatenate(embeddings)


def embed_photographs(
    photographs: Photographs, pairs: Pairs, verifier: Callable
) -> np.ndarray:
    """Embeddings of pairs `[n, 2, size]`; each photograph is embedded once."""
    positions, places = pairs.distinct_photographs()
    return verifier(photographs.read(positions))[places]


def measure_photographs(
    photographs: Photographs, pairs: Pairs, verifier: Embed
) -> Measured:
    """Measures pairs of photographs; each one is read and embedded once."""
    positions, places = pairs.distinct_photographs()
    images = photographs.read(positions)
    # A small split's pairs repeat; which way round does not matter.
    distinct, which = np.unique(
        np.sort(places, axis=1), axis=0, return_inverse=True
    )
    embeddings = embed(images, verifier, f"photographs of {photographs.split}")
    terms = [
        diversity.ms_ssim_terms(images[first], images[second])
        for first, second in (
            distinct[start : start + CHUNK].T
            for start in range(0, len(distinct), CHUNK)
        )
    ]
    return Measured(
        embeddings[places],
        pairs.matched,
        np.concatenate(terms)[which.reshape(-1)],
        pairs.identities,
    )
