"""Tests of the layout `pattern`."""

import pytest

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.listing import Notes
from data_pipeline.build.reading import Reading

# What docs/data.md gives, and what it lists.
MARKET = r"(?P<identity>\d{4})_c(?P<camera>\d)s\d_(?P<observation>\d+_\d+)"
PATTERNS = {
    "market": (
        MARKET,
        ["0002_c1s1_000451_03.jpg", "-1_c1s1_000401_03.jpg"],
        ("0002", "000451_03", (("camera", "1"),), None),
    ),
    "deepfashion": (
        r".*/(?P<product>id_\d+)/(?P<observation>[^/]+)_(?P<view>[a-z]+)\.jpg"
        .replace("product", "identity"),
        ["img/WOMEN/Dresses/id_00000002/02_1_front.jpg", "img/list.jpg"],
        ("id_00000002", "02_1", (("view", "front"),), None),
    ),
    "lfw": (
        r"(?P<identity>.+)_(?P<observation>\d{4})\.jpg",
        ["George_W_Bush_0012.jpg", "readme.jpg"],
        ("George_W_Bush", "0012", (), None),
    ),
    "vggface2": (
        r"(?P<split>train|test)/(?P<identity>n\d+)/(?P<observation>\w+)",
        ["test/n000001/0001_01.jpg", "extra/n000001/0001_01.jpg"],
        ("n000001", "0001_01", (), "test"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns(touch, listed, tmp_path, name):
    pattern, files, expected = PATTERNS[name]
    touch(tmp_path, *files)
    notes = Notes()
    (found,) = listed("pattern", tmp_path, notes=notes, pattern=pattern)
    assert found.path == str(tmp_path / files[0])
    assert expected == (
        found.identity,
        found.observation,
        found.labels,
        found.split,
    )
    assert notes.report(1) == [
        f"skipped: 1 picture that --pattern does not match, like {files[1]}"
    ]


def test_pattern_without_an_observation_and_with_a_group_that_is_empty(
    touch,
    listed,
    tmp_path,
):
    touch(tmp_path, "a/x-red.png", "a/y.png")
    pattern = r"(?P<identity>\w)/\w(?:-(?P<colour>\w+))?"
    red, plain = listed("pattern", tmp_path, pattern=pattern)
    assert red.observation == "a/x-red" and red.labels == (("colour", "red"),)
    assert plain.observation == "a/y" and plain.labels == ()
    assert Reading(pattern=pattern).label_names == ("colour",)


def test_pattern_with_a_split_of_another_name(touch, listed, tmp_path):
    touch(tmp_path, "more/a.png")
    with pytest.raises(BadCollection, match=r"group `split`.*'more'"):
        listed("pattern", tmp_path, pattern=r"(?P<split>\w+)/(?P<identity>\w)")
