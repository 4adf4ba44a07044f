"""Tests of the written collection of portraits."""

import csv
import dataclasses
import os

import numpy as np
import pytest
from PIL import Image

from data_pipeline.portraits import attributes, collection
from data_pipeline.portraits.painter import draw_portrait


def test_table_holds_what_was_drawn(tmp_path):
    table = collection.write_portraits(
        str(tmp_path), 3, 2, image_size=32, seed=5, first_identity=11
    )
    assert table == str(tmp_path / "portraits.csv")
    with open(table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = ["image", "identity", "observation", *collection.factor_columns()]
    assert list(rows[0]) == columns
    assert "identity_hair_style" in columns and "observation_yaw" in columns
    assert [row["identity"] for row in rows] == [
        f"person-{i:06d}" for i in (11, 11, 12, 12, 13, 13)
    ]
    files = sorted(tmp_path.glob("images/*/*.png"))
    assert files == [tmp_path / row["image"] for row in rows]

    def reread(kind, prefix, row):
        return kind(**{
            f.name: f.type(row[f"{prefix}_{f.name}"])
            for f in dataclasses.fields(kind)
        })  # fmt: skip

    for number, row in enumerate(rows):
        person = reread(attributes.Identity, "identity", row)
        view = reread(attributes.Observation, "observation", row)
        assert person == attributes.identity(5, 11 + number // 2)
        assert view == attributes.observation(5, 11 + number // 2, number % 2)
        assert row["image"] == os.path.join(
            "images", row["identity"], row["observation"] + ".png"
        )
        with Image.open(tmp_path / row["image"]) as picture:
            np.testing.assert_array_equal(
                np.asarray(picture), np.asarray(draw_portrait(person, view, 32))
            )


def test_scenes_are_shared_by_all_people(tmp_path):
    table = collection.write_portraits(
        str(tmp_path), 6, 5, image_size=8, seed=2, num_scenes=3
    )
    with open(table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    scenery = {}
    for row in rows:
        place = tuple(row[f"observation_{n}"] for n in collection.SCENERY)
        scenery.setdefault(row["scene"], set()).add(place)
    # A scene is one background, whoever stands before it.
    assert sorted(scenery) == ["0", "1", "2"]
    assert all(len(places) == 1 for places in scenery.values())
    assert len(set.union(*scenery.values())) == 3
    assert len({row["observation_yaw"] for row in rows}) == 30
    for scene in scenery:
        people = {row["identity"] for row in rows if row["scene"] == scene}
        assert len(people) > 3


def test_an_existing_table_is_kept(tmp_path):
    table = tmp_path / "portraits.csv"
    table.write_text("precious")
    with pytest.raises(FileExistsError, match="Remove the folder or give"):
        collection.write_portraits(str(tmp_path), 1, 1)
    assert table.read_text() == "precious"
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize(
    ("name", "value", "minimum"),
    [
        ("num_identities", 0, 1),
        ("images_per_identity", 0, 1),
        ("image_size", 7, 8),
        ("seed", -1, 0),
        ("first_identity", -1, 0),
    ],
)
def test_wrong_numbers_of_write_portraits(tmp_path, name, value, minimum):
    arguments = {"num_identities": 1, "images_per_identity": 1, name: value}
    message = f"`{name}` must be at least {minimum}. Received: {name}={value}"
    with pytest.raises(ValueError) as error:
        collection.write_portraits(str(tmp_path / "new"), **arguments)
    assert str(error.value) == message
    assert not (tmp_path / "new").exists()
