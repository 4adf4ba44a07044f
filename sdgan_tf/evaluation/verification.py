"""Verification of pairs by the distance of their embeddings.

A pair counts as matched when its distance is at most tau. Source: the paper,
section 4.
"""

import dataclasses

import numpy as np

INTERVAL = (2.5, 97.5)  # Percentiles of the bootstrap: 95 %.
# Resamples that are held at once, for an upper bound on memory.
SAMPLES_AT_ONCE = 50


@dataclasses.dataclass(frozen=True)
class Curve:
    """Accept rates at each threshold; rows are resamples.

    Attributes:
        thresholds: The distances that occur, ascending, `[t]`.
        true_accepts: Fraction of the matched pairs accepted, `[samples, t]`.
        false_accepts: Fraction of the unmatched pairs accepted, `[samples, t]`.
    """

    thresholds: np.ndarray
    true_accepts: np.ndarray
    false_accepts: np.ndarray

    def auc(self) -> np.ndarray:
        """Area under the ROC curve, `[samples]`; ties count half."""
        x, y = (
            np.pad(rates, ((0, 0), (1, 0)))
            for rates in (self.false_accepts, self.true_accepts)
        )
        area = np.sum(np.diff(x) * (y[:, 1:] + y[:, :-1]) / 2, axis=1)
        return np.minimum(area, 1.0)  # Rounding may leave it just above.

    def accuracies(self) -> np.ndarray:
        """Accuracy of each threshold on balanced classes, `[samples, t]`."""
        return (self.true_accepts + 1.0 - self.false_accepts) / 2

    def _at(self, rates: np.ndarray, tau: float) -> np.ndarray:
        accepted = np.searchsorted(self.thresholds, tau, side="right")
        return np.pad(rates, ((0, 0), (1, 0)))[:, accepted]

    def accuracy(self, tau: float) -> np.ndarray:
        """Accuracy at `tau` on balanced classes, `[samples]`."""
        true = self._at(self.true_accepts, tau)
        return (true + 1.0 - self._at(self.false_accepts, tau)) / 2

    def false_accept_rate(self, tau: float) -> np.ndarray:
        """Fraction of the unmatched pairs that `tau` accepts, `[samples]`."""
        return self._at(self.false_accepts, tau)

    def equal_error_rate(self) -> np.ndarray:
        """Error rate where both kinds of error are equal, `[samples]`.

        Between two thresholds the ROC curve is a straight line.
        """
        false, true = (
            np.pad(rates, ((0, 0), (1, 0)))
            for rates in (self.false_accepts, self.true_accepts)
        )
        # False accepts less false rejects: from -1 to 1, never falling.
        excess = false + true - 1.0
        after = np.maximum(np.argmax(excess >= 0, axis=1), 1)
        rows = np.arange(len(excess))
        low, high = excess[rows, after - 1], excess[rows, after]
        way = -low / (high - low)
        start = false[rows, after - 1]
        return start + way * (false[rows, after] - start)

    def true_accept_rate(self, far: float) -> np.ndarray:
        """The highest true accept rate at false accepts of at most `far`.

        Source: the TAR at a FAR of NIST's and IJB's evaluations, `[samples]`.
        """
        # Rates are sums of weights; equal ones may differ in their last bits.
        allowed = self.false_accepts <= far + 1e-12
        return np.max(self.true_accepts * allowed, axis=1)

    def best_accuracy(self) -> np.ndarray:
        """The highest accuracy over all thresholds, `[samples]`."""
        return self.accuracies().max(axis=1)

    def best_threshold(self) -> float:
        """The smallest distance that reaches the best accuracy."""
        # Equal accuracies may differ in their last bits.
        accuracies = np.round(self.accuracies()[0], 12)
        return float(self.thresholds[np.argmax(accuracies)])


class Verification:
    """Pairs in the order of their distance.

    Args:
        distances: `[n]`.
        matched: bool `[n]`.

    Raises:
        ValueError: If a class is empty or a distance is not finite.
    """

    def __init__(self, distances: np.ndarray, matched: np.ndarray):
        distances = np.asarray(distances, np.float64)
        matched = np.asarray(matched, bool)
        if not 0 < matched.sum() < len(matched):
            raise ValueError(
                "Verification needs matched and unmatched pairs. Received: "
                f"{matched.sum()} matched of {len(matched)} pairs"
            )
        if not np.isfinite(distances).all():
            raise ValueError("`distances` holds numbers that are not finite.")
        self._order = np.argsort(distances, kind="stable")
        self._matched = matched[self._order]
        ordered = distances[self._order]
        # Pairs of one distance are accepted together.
        self._ends = np.flatnonzero(np.append(np.diff(ordered) > 0, True))
        self._thresholds = ordered[self._ends]

    def curve(self, weights: np.ndarray | None = None) -> Curve:
        """The curve under `weights` `[samples, n]` of the pairs."""
        if weights is None:
            weights = np.ones([1, len(self._order)])
        ordered = weights[:, self._order]

        def rates(chosen):
            accepted = np.cumsum(ordered * chosen, axis=1)
            return accepted[:, self._ends] / accepted[:, -1:]

        return Curve(
            self._thresholds, rates(self._matched), rates(~self._matched)
        )


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances of embeddings `[n, d]`, float64 `[n]`."""
    return np.linalg.norm(a.astype(np.float64) - b.astype(np.float64), axis=1)


def fisher_ratio(
    distances: np.ndarray,
    matched: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Fisher's discriminant ratio of matched and unmatched scores.

    The squared difference of the means over the sum of the variances. Scores
    are squared distances. For embeddings of unit norm these are 2 - 2 cos, and
    the ratio is that of the cosines.

    Args:
        distances: `[n]`.
        matched: bool `[n]`.
        weights: `[samples, n]` of the pairs; None weighs all alike.

    Returns:
        `[samples]`; infinite where neither kind varies.
    """
    scores = np.asarray(distances, np.float64) ** 2
    if weights is None:
        weights = np.ones([1, len(scores)])
    means, variances = [], []
    for kind in (matched, ~matched):
        chosen, values = weights[:, kind], scores[kind]
        total = chosen.sum(axis=1)
        mean = chosen @ values / total
        means.append(mean)
        # About a constant near the mean, so that little is cancelled.
        centred = values - values.mean()
        shift = chosen @ centred / total
        variances.append(chosen @ centred**2 / total - shift**2)
    spread = np.maximum(variances[0], 0) + np.maximum(variances[1], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (means[0] - means[1]) ** 2 / spread


def resample_pairs(
    rng: np.random.Generator, matched: np.ndarray, samples: int
) -> np.ndarray:
    """How often each bootstrap sample holds each pair, `[samples, n]`.

    Each class keeps its number of pairs. Right where no two pairs share an
    identity, as generated ones.
    """
    weights = np.zeros([samples, len(matched)])
    for chosen in (matched, ~matched):
        where = np.flatnonzero(chosen)
        picks = rng.integers(0, len(where), [samples, len(where)])
        for row, pick in zip(weights, picks, strict=True):
            row[where] = np.bincount(pick, minlength=len(where))
    return weights


def resample_identities(
    rng: np.random.Generator, identities: np.ndarray, samples: int
) -> np.ndarray:
    """Weights of the pairs when identities are resampled, `[samples, n]`.

    A pair weighs as often as its identity was sampled, a pair of two identities
    by the product. Right where pairs share identities: to resample pairs would
    take them for independent and give intervals that are too narrow.

    Args:
        rng: Source of the samples.
        identities: `[n, 2]`, equal in matched pairs.
        samples: Bootstrap samples.
    """
    names, places = np.unique(identities, return_inverse=True)
    places = places.reshape(identities.shape)
    picks = rng.integers(0, len(names), [samples, len(names)])
    counts = np.stack([np.bincount(p, minlength=len(names)) for p in picks])
    first, second = counts[:, places[:, 0]], counts[:, places[:, 1]]
    same = identities[:, 0] == identities[:, 1]
    return np.where(same, first, first * second).astype(np.float64)
