"""Tests of hashes and splits."""

import numpy as np
import pytest

from data_pipeline import records


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        # The first 16 digits that `sha256sum` prints, as a signed integer.
        ("1", 7748076420210162913),
        ("Ada Lovelace", 8535449487673758096),
        ("Zoë/李", 6358858741278439632),
        ("", -2039914840885289964),
    ],
)
def test_identity_hash_is_the_start_of_sha256(identity, expected):
    assert records.identity_hash(identity) == expected


@pytest.mark.parametrize(
    ("hashed", "split"),
    [
        (0, "train"),
        (7, "train"),
        (8, "valid"),
        (9, "test"),
        (18, "valid"),
        (-1, "train"),  # 2**64 - 1 ends in 5.
        (-7, "test"),  # 2**64 - 7 ends in 9.
        (-8, "valid"),
    ],
)
def test_split_of_is_the_last_decimal(hashed, split):
    assert records.split_of(hashed) == split


def test_splits_are_80_10_10():
    n = 20_000
    splits = [
        records.split_of(records.identity_hash(f"person {i}")) for i in range(n)
    ]
    for split, fraction in (("train", 0.8), ("valid", 0.1), ("test", 0.1)):
        deviation = np.sqrt(n * fraction * (1 - fraction))
        assert abs(splits.count(split) - n * fraction) < 4 * deviation, split


def test_split_fractions_of_their_own():
    hashes = [records.identity_hash(f"person {i}") for i in range(3000)]
    usual = [records.split_of(h) for h in hashes]
    assert usual == [records.split_of(h, (0.8, 0.1, 0.1)) for h in hashes]
    for fractions in ((0.6, 0.2, 0.2), (0.75, 0.25, 0), (0, 0.5, 0.5)):
        splits = [records.split_of(h, fractions) for h in hashes]
        for split, part in zip(records.SPLITS, fractions, strict=True):
            assert abs(splits.count(split) / 3000 - part) < 0.03
    # What is trained on with fewer was trained on with more.
    fewer = [records.split_of(h, (0.5, 0.25, 0.25)) for h in hashes]
    assert all(
        big == "train"
        for big, small in zip(usual, fewer, strict=True)
        if small == "train"
    )
