"""Tests of commonalities as a user names them."""

import pytest

from data_pipeline.tuples.commonalities import Commonalities


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names separated by commas"),
        ("brand,,identity", "names separated by commas"),
        ("brand+identity,identity+brand", "not name a kind twice"),
    ],
)
def test_bad_commonalities(text, message):
    with pytest.raises(ValueError, match=message):
        Commonalities.parse(text)


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", ".hidden"])
def test_names_lead_into_no_other_folder(name):
    with pytest.raises(ValueError, match="must not contain slashes"):
        Commonalities.parse(f"identity,{name}")


def test_names_and_what_kinds_share():
    parsed = Commonalities.parse("product+brand, brand")
    assert parsed.names == ("product", "brand")
    assert parsed.shared.tolist() == [[True, True], [False, True]]
