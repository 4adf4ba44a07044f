"""Identities as a set: how many are distinct, how many are new.

An identity stands here for one embedding of it, or for its template: the mean
of several embeddings, brought back to unit norm.
"""

import numpy as np

from sdgan_tf.evaluation.distributions import nearest
from sdgan_tf.evaluation.intervals import wilson_interval
from sdgan_tf.evaluation.verification import INTERVAL

# Sampled identities among which the distinct ones are counted: more lie within
# tau of each other by chance, so the rate depends on it.
GROUP = 100
# False positive identifications that the calibrated novelty allows, and how
# many test identities must be there to find their threshold.
IDENTIFICATION_RATE = 0.05
LEAST_CALIBRATING = 100
CHUNK = 512  # Embeddings that are compared at once.


def templates(embeddings: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The template of each identity, float32 `[identities, size]`.

    Args:
        embeddings: Of photographs, identity by identity, `[n, size]`.
        counts: Photographs of each identity, at least 1; their sum is n.
    """
    if not len(counts):
        return np.zeros([0, embeddings.shape[-1]], np.float32)
    starts = np.cumsum(counts) - counts
    sums = np.add.reduceat(embeddings.astype(np.float64), starts, axis=0)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.maximum(norms, 1e-12)).astype(np.float32)


def distinct(embeddings: np.ndarray, tau: float) -> np.ndarray:
    """The identities that are distinct, by their rows, int `[m]`.

    In order, each that lies farther than tau from all that were kept before.

    Args:
        embeddings: One of each identity, `[n, size]`.
        tau: Distance up to which two embeddings are one identity.
    """
    rows: list[int] = []
    for start in range(0, len(embeddings), CHUNK):
        chunk = embeddings[start : start + CHUNK].astype(np.float64)
        free = np.ones(len(chunk), bool)
        if rows:
            _, distances = nearest(chunk, embeddings[rows])
            free = distances > tau
        for place in np.flatnonzero(free):
            if not free[place]:
                continue
            rows.append(start + int(place))
            apart = np.linalg.norm(chunk - chunk[place], axis=1)
            free &= apart > tau
    return np.array(rows, int)


def uniqueness(
    embeddings: np.ndarray, tau: float, samples: int, seed: int
) -> dict:
    """How many sampled identities are distinct.

    Args:
        embeddings: One of each identity, `[n, size]`.
        tau: Distance up to which two embeddings are one identity.
        samples: Bootstrap samples.
        seed: Of the bootstrap.

    Returns:
        `sampled_identities`, n, and how many of them are distinct as
        `distinct_identities`. With 200 identities or more also `uniqueness`,
        the fraction that is distinct of 100, the mean over n // 100 groups that
        share none, and its interval, for which groups are resampled.
    """
    result = {
        "sampled_identities": len(embeddings),
        "distinct_identities": len(distinct(embeddings, tau)),
    }
    groups = len(embeddings) // GROUP
    if groups < 2:
        return result
    rates = np.array(
        [
            len(distinct(group, tau)) / GROUP
            for group in np.split(embeddings[: groups * GROUP], groups)
        ]
    )
    rng = np.random.default_rng(seed)
    means = rng.choice(rates, [samples, groups]).mean(axis=1)
    return result | {
        "uniqueness": float(rates.mean()),
        "uniqueness_interval": np.percentile(means, INTERVAL).tolist(),
    }


def novelty(distances: np.ndarray, tau: float) -> dict:
    """The fraction of identities that are no training identity.

    Args:
        distances: Of each to its nearest training identity, `[n]`.
        tau: Distance up to which two are one identity.

    Returns:
        `novelty` and its interval, Wilson's.
    """
    count, total = int(np.sum(distances > tau)), len(distances)
    return {
        "novelty": count / total,
        "novelty_interval": list(wilson_interval(count, total)),
    }


def calibrated_novelty(
    distances: np.ndarray, real: np.ndarray, samples: int, seed: int
) -> dict:
    """Novelty at a threshold that nearly all new people pass.

    At tau, which is chosen for one comparison, a search among thousands of
    training identities nearly always finds one, whoever is looked for. The
    threshold here is the distance below which 5 % of the test identities find
    one: a false positive identification rate of 5 %. Of generated identities
    that are as new as test identities 95 % lie beyond.

    Args:
        distances: Of generated identities to their nearest training identity,
            `[n]`.
        real: Of test identities, `[m]`.
        samples: Bootstrap samples.
        seed: Of the bootstrap.

    Returns:
        `novelty_fpir5` and its interval, for which identities of both kinds
        are resampled. Nothing below 100 test identities.

    Source: open-set identification, ISO/IEC 19795-1 and NIST's FRVT 1:N.
    """
    if len(real) < LEAST_CALIBRATING:
        return {}

    def beyond(made, known):
        return float(np.mean(made > np.quantile(known, IDENTIFICATION_RATE)))

    rng = np.random.default_rng(seed)
    resampled = [
        beyond(
            rng.choice(distances, len(distances)), rng.choice(real, len(real))
        )
        for _ in range(samples)
    ]
    return {
        "novelty_fpir5": beyond(distances, real),
        "novelty_fpir5_interval": np.percentile(resampled, INTERVAL).tolist(),
    }
