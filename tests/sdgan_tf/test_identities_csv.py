"""Names of identities by their rows, written and read again."""

import pytest

from sdgan_tf import identities_csv


def test_names_keep_their_rows():
    names = ["b", 'quoted "x", y', "two\nlines", "a"]
    text = identities_csv.to_csv(names)
    assert identities_csv.rows_of(text, ["a", "two\nlines"]) == [3, 2]
    assert identities_csv.rows_of(text, names) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"these identities: \['c'\].* 4 training"):
        identities_csv.rows_of(text, ["a", "c"])
    assert identities_csv.rows_of(text.encode(), ["a"]) == [3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not enough values"),
        ("row,identity\n-1,a\n0,b\n", "a row is missing"),
        ("row,identity\n0,a\n2,b\n", "a row is missing"),
        ("row,identity\n0,a\n1,a\n", "name comes twice"),
        ("row,identity\n0\n", "not enough values"),
        ("row,identity\n0,a,b\n", "too many values"),
        ("row,identity\nzero,a\n", "'zero'"),
        (f"row,identity\n0,{'a' * (2**24 + 1)}\n", "field larger"),
        (b"row,identity\n0,\xff\n", "can't decode"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_damaged_table(text, message):
    with pytest.raises(ValueError, match=f"`identities.csv`.*{message}"):
        identities_csv.rows_of(text, ["a"])
