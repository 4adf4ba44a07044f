"""AUC, accuracy, FAR and threshold by hand and by scikit-learn."""

import numpy as np
import pytest

from sdgan_tf.evaluation import verification
from sdgan_tf.evaluation.verification import Verification

# Matched at 1, 2, 4; unmatched at 3, 5, 6: of 9 comparisons one is wrong.
DISTANCES = np.array([3.0, 1.0, 5.0, 2.0, 6.0, 4.0])
MATCHED = np.array([False, True, False, True, False, True])


@pytest.fixture
def curve():
    return Verification(DISTANCES, MATCHED).curve()


def test_by_hand(curve):
    assert curve.auc()[0] == pytest.approx(8 / 9)
    # At 2: 2 of 3 matched accepted, none of the unmatched. At 4: 3 and 1.
    assert curve.best_threshold() == 2.0
    assert curve.best_accuracy()[0] == pytest.approx(5 / 6)
    assert curve.accuracy(3.5)[0] == pytest.approx(4 / 6)
    assert curve.false_accept_rate(3.5)[0] == pytest.approx(1 / 3)


def test_equal_error_rate_by_hand(curve):
    # At 3 one of 3 unmatched is accepted and one of 3 matched is not.
    assert curve.equal_error_rate()[0] == pytest.approx(1 / 3)
    # From nothing to everything in one step: halfway.
    tied = Verification([1.0, 1.0], [True, False]).curve()
    assert tied.equal_error_rate()[0] == 0.5
    apart = Verification([1.0, 2.0], [True, False]).curve()
    assert apart.equal_error_rate()[0] == 0.0
    wrong = Verification([2.0, 1.0], [True, False]).curve()
    assert wrong.equal_error_rate()[0] == 1.0


def test_true_accept_rate_by_hand(curve):
    rates = [curve.true_accept_rate(far)[0] for far in (0.0, 0.3, 1 / 3, 0.9)]
    assert rates == pytest.approx([2 / 3, 2 / 3, 1, 1])
    # Any accepted pair would be a false one.
    wrong = Verification([2.0, 1.0], [True, False]).curve()
    assert wrong.true_accept_rate(0.5)[0] == 0.0


def test_fisher_ratio_by_hand():
    # Squares: matched 1, 4, 16, mean 7, variance 42; unmatched 9, 25, 36,
    # mean 70 / 3, variance 1106 / 9.
    expected = (7 - 70 / 3) ** 2 / (42 + 1106 / 9)
    ratio = verification.fisher_ratio(DISTANCES, MATCHED)
    assert ratio == pytest.approx([expected])
    weights = np.array([[1, 2, 0, 3, 1, 1]])
    plain = verification.fisher_ratio(
        np.repeat(DISTANCES, weights[0]), np.repeat(MATCHED, weights[0])
    )
    assert verification.fisher_ratio(
        DISTANCES, MATCHED, weights
    ) == pytest.approx(plain)


def test_fisher_ratio_is_that_of_the_cosine():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=[2, 60, 8])
    b[:30] += a[:30]
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
    matched = np.arange(60) < 30
    cosines = np.sum(a * b, axis=1)
    one, other = cosines[matched], cosines[~matched]
    expected = (one.mean() - other.mean()) ** 2 / (one.var() + other.var())
    distances = verification.distances(a, b)
    assert verification.fisher_ratio(distances, matched)[0] == pytest.approx(
        expected
    )


def test_a_distance_of_tau_is_accepted(curve):
    assert curve.false_accept_rate(3.0)[0] == pytest.approx(1 / 3)
    assert curve.false_accept_rate(np.nextafter(3.0, 0))[0] == 0.0


def test_tau_outside_of_all_distances(curve):
    assert curve.accuracy(0.5)[0] == curve.accuracy(7.0)[0] == 0.5
    assert curve.false_accept_rate(7.0)[0] == 1.0


def test_ties_count_half():
    curve = Verification([1.0, 1.0, 1.0, 1.0], [True, False, True, False])
    assert curve.curve().auc()[0] == 0.5


def test_weights_are_repeats():
    weights = np.array([[1, 2, 0, 3, 1, 1], [2, 0, 1, 1, 1, 5]])
    weighted = Verification(DISTANCES, MATCHED).curve(weights)
    for row, repeats in enumerate(weights):
        plain = Verification(
            np.repeat(DISTANCES, repeats), np.repeat(MATCHED, repeats)
        ).curve()
        assert weighted.auc()[row] == pytest.approx(plain.auc()[0])
        assert weighted.best_accuracy()[row] == plain.best_accuracy()[0]
        assert weighted.accuracy(3.5)[row] == plain.accuracy(3.5)[0]
        assert weighted.equal_error_rate()[row] == pytest.approx(
            plain.equal_error_rate()[0]
        )
        assert weighted.true_accept_rate(0.4)[row] == pytest.approx(
            plain.true_accept_rate(0.4)[0]
        )


def test_scikit_learn_agrees():
    metrics = pytest.importorskip(
        "sklearn.metrics", reason="no scikit-learn to compare with"
    )
    rng = np.random.default_rng(0)
    matched = np.arange(400) < 200
    distances = np.round(rng.normal(size=400) + ~matched, 1)
    curve = Verification(distances, matched).curve()
    assert curve.auc()[0] == pytest.approx(
        metrics.roc_auc_score(matched, -distances)
    )
    tau = curve.best_threshold()
    accepted = distances <= tau
    accuracy = metrics.accuracy_score(matched, accepted)
    assert curve.accuracy(tau)[0] == pytest.approx(accuracy)
    assert curve.best_accuracy()[0] == pytest.approx(accuracy)
    far, tar, _ = metrics.roc_curve(
        matched, -distances, drop_intermediate=False
    )
    np.testing.assert_allclose(curve.true_accepts[0], tar[1:])
    np.testing.assert_allclose(curve.false_accepts[0], far[1:])
    for rate in (0.01, 0.1):
        assert curve.true_accept_rate(rate)[0] == tar[far <= rate].max()
    far, rejects, _ = metrics.det_curve(matched, -distances)
    crossing = np.argmin(np.abs(far - rejects))
    assert curve.equal_error_rate()[0] == pytest.approx(
        (far[crossing] + rejects[crossing]) / 2, abs=0.01
    )


def test_bad_pairs():
    with pytest.raises(ValueError, match="2 matched of 2 pairs"):
        Verification([1.0, 2.0], [True, True])
    with pytest.raises(ValueError, match="not finite"):
        Verification([1.0, np.nan], [True, False])


def test_distances_are_euclidean():
    a, b = np.array([[0.0, 0], [1, 1]]), np.array([[3.0, 4], [1, 1]])
    np.testing.assert_array_equal(verification.distances(a, b), [5.0, 0.0])


def test_resampled_pairs_keep_the_classes():
    matched = np.arange(10) < 4
    weights = verification.resample_pairs(np.random.default_rng(0), matched, 50)
    assert (weights[:, matched].sum(axis=1) == 4).all()
    assert (weights[:, ~matched].sum(axis=1) == 6).all()
    assert weights.std() > 0.5


def test_resampled_identities_weigh_all_their_pairs():
    identities = np.array([[7, 7], [7, 7], [9, 9], [7, 9], [9, 5]])
    weights = verification.resample_identities(
        np.random.default_rng(0), identities, 200
    )
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])
    np.testing.assert_array_equal(weights[:, 3], weights[:, 0] * weights[:, 2])
    rest = 3 - weights[:, 0] - weights[:, 2]
    np.testing.assert_array_equal(weights[:, 4], weights[:, 2] * rest)
    assert weights[:, 0].mean() == pytest.approx(1.0, abs=0.2)
