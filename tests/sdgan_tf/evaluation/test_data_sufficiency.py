"""Figures that say nothing, and the advice that comes with them."""

import pytest

from sdgan_tf.evaluation import data_sufficiency

TOLD = {
    "auc": 0.9,
    "auc_interval": [0.8, 0.95],
    "num_identities": 12,
    "num_matched_pairs": 50,
    "distinct_matched_pairs": 50,
}
CHANCE = TOLD | {"auc": 0.56, "auc_interval": [0.47, 0.66]}


def test_told_apart():
    assert data_sufficiency.assess(TOLD, 90) == {"photographs_told_apart": True}
    assert data_sufficiency.assess_generated(TOLD) == {
        "photographs_told_apart": True
    }


def test_not_told_apart():
    said = data_sufficiency.assess(CHANCE, 90)
    assert said == data_sufficiency.assess_generated(CHANCE)
    assert said["photographs_told_apart"] is False
    assert "AUC is 0.560 (0.470 to 0.660, by 12 identities)" in said["warning"]
    # The interval touches chance, or is missing where nothing was resampled.
    assert not data_sufficiency.tells_apart(TOLD | {"auc_interval": [0.5, 1.0]})
    assert data_sufficiency.tells_apart({"auc": 0.7})


def test_repeated_pairs_are_said_beside_it():
    few = CHANCE | {"distinct_matched_pairs": 9}
    warning = data_sufficiency.assess(few, 9)["warning"]
    assert warning.startswith("the test split has 9 distinct matched pairs")
    assert "; the verifier does not tell the photographs apart" in warning


def test_needs():
    assert not data_sufficiency.find_needs(200, 10_000, True)
    found = {n.figure: n for n in data_sufficiency.find_needs(31, 999, True)}
    assert {f: (n.least, n.there) for f, n in found.items()} == {
        "novelty_fpir5": (100, 31),
        "real_uniqueness": (200, 31),
        "tar_at_1e-2": (1000, 999),
        "tar_at_1e-3": (10_000, 999),
    }
    without = data_sufficiency.find_needs(31, 10_000, False)
    assert [n.figure for n in without] == ["real_uniqueness"]


@pytest.mark.parametrize(
    ("least", "identities", "fractions"),
    [
        # 100 and two deviations, 120, of 1,000 are 12 hundredths.
        (100, 1000, (0.78, 0.1, 0.12)),
        (100, 300, (0.5, 0.1, 0.4)),
        (100, 299, None),
        (200, 0, None),
    ],
)
def test_fractions(least, identities, fractions):
    assert data_sufficiency.fractions_for(least, identities) == fractions
