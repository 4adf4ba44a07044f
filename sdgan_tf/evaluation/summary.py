"""Numbers of measured pairs, each with its bootstrap interval."""

import dataclasses
from collections.abc import Callable

import numpy as np

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import verification
from sdgan_tf.evaluation.diversity import diversity
from sdgan_tf.evaluation.gallery import NearestIdentities
from sdgan_tf.evaluation.measured_pairs import Measured, measure_photographs
from sdgan_tf.evaluation.photograph_pairs import Pairs, Photographs
from sdgan_tf.evaluation.verification import Verification, fisher_ratio
from sdgan_tf.evaluation.verifiers import Embed
from sdgan_tf.generators import Generator

# Where true accept rates are read, and how many unmatched pairs must lie below
# such a threshold for the rate to say something.
FALSE_ACCEPT_RATES = {"tar_at_1e-2": 1e-2, "tar_at_1e-3": 1e-3}
FALSE_ACCEPTS = 5


@dataclasses.dataclass(frozen=True)
class Threshold:
    """tau and where it came from."""

    tau: float
    source: str


def choose_threshold(
    data: DataSet, verifier: Embed, num_pairs: int, seed: int
) -> Threshold:
    """The threshold of the best accuracy on real validation pairs."""
    photographs = Photographs.open(data, "valid")
    pairs = photographs.pairs(num_pairs, seed)
    measured = measure_photographs(photographs, pairs, verifier)
    curve = Verification(measured.distances, measured.matched).curve()
    return Threshold(
        curve.best_threshold(),
        f"{num_pairs} pairs of the split valid, {pairs.distinct_matched} "
        f"distinct matched, {pairs.num_identities} identities",
    )


def summarise(
    measured: Measured, tau: float, samples: int, seed: int
) -> dict[str, float | list[float]]:
    """The measures, and beside each its 95 % bootstrap interval.

    A true accept rate is left out where unmatched pairs are too few for its
    false accept rate.

    tau is taken as given: the intervals do not hold its uncertainty.
    """
    matched, terms = measured.matched, measured.terms
    distances, unmatched = measured.distances, int(np.sum(~matched))
    pairs = Verification(distances, matched)

    def measures(weights):
        curve = pairs.curve(weights)
        parts = (None, None)
        if weights is not None:
            parts = weights[:, matched], weights[:, ~matched]
        return {
            "auc": curve.auc(),
            "accuracy": curve.accuracy(tau),
            "far": curve.false_accept_rate(tau),
            "best_accuracy": curve.best_accuracy(),
            "eer": curve.equal_error_rate(),
            **{
                name: curve.true_accept_rate(far)
                for name, far in FALSE_ACCEPT_RATES.items()
                if far * unmatched >= FALSE_ACCEPTS
            },
            "fisher_ratio": fisher_ratio(distances, matched, weights),
            "id_div": diversity(terms[matched], parts[0]),
            "all_div": diversity(terms[~matched], parts[1]),
        }

    return with_intervals(measures, matched, measured.identities, samples, seed)


def with_intervals(
    measures: Callable,
    matched: np.ndarray,
    identities: np.ndarray | None,
    samples: int,
    seed: int,
) -> dict[str, float | list[float]]:
    """Measures of pairs, and beside each its 95 % bootstrap interval.

    Args:
        measures: A function of the pairs' weights `[samples, n]`, or of None
            for equal ones, to the measures `[samples]` by name.
        matched: Whether each pair is one identity, bool `[n]`.
        identities: Identity hashes `[n, 2]`, which are resampled; None
            resamples the pairs.
        samples: Resamples.
        seed: Of the resamples.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, samples, verification.SAMPLES_AT_ONCE):
        n = min(verification.SAMPLES_AT_ONCE, samples - start)
        if identities is None:
            weights = verification.resample_pairs(rng, matched, n)
        else:
            weights = verification.resample_identities(rng, identities, n)
        # With very few identities a sample may hold one class only.
        both = weights[:, matched].any(axis=1) & weights[:, ~matched].any(
            axis=1
        )
        parts.append(measures(weights[both]))
    result: dict[str, float | list[float]] = {}
    for name, value in measures(None).items():
        # Of a few pairs that are all alike Fisher's ratio is infinite.
        if not np.isfinite(value).all():
            continue
        result[name] = float(np.ravel(value)[0])
        resampled = np.concatenate([part[name] for part in parts])
        resampled = resampled[np.isfinite(resampled)]
        if len(resampled):
            result[f"{name}_interval"] = np.percentile(
                resampled, verification.INTERVAL
            ).tolist()
    return result


@dataclasses.dataclass(frozen=True)
class RealPairs:
    """Real test pairs and what was measured of them.

    Attributes:
        photographs: The split.
        pairs: Which photographs of it.
        measured: Of each pair.
        result: The measures.
        nearest: Training identities that are nearest to those of the pairs;
            None where they were not looked for.
    """

    photographs: Photographs
    pairs: Pairs
    measured: Measured
    result: dict
    nearest: NearestIdentities | None = None


@dataclasses.dataclass(frozen=True)
class GeneratedPairs:
    """Generated pairs and what was measured of them.

    Attributes:
        generator: It drew them.
        measured: Of each pair.
        result: The whole line of the evaluation.
        nearest: Training identities that are nearest to those of the pairs;
            None where they were not looked for.
    """

    generator: Generator
    measured: Measured
    result: dict
    nearest: NearestIdentities | None = None
