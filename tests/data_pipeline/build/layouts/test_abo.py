"""Tests of the layout `abo`."""

import gzip
import json

import pytest

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.reading import TableColumns

PRODUCTS = [
    {
        "item_id": "B0",
        "main_image_id": "m0",
        "other_image_id": ["o0", "m0"],
        "brand": [
            {"language_tag": "de_DE", "value": "Marke"},
            {"language_tag": "en_GB", "value": "make"},
        ],
        "product_type": [{"value": "SHOES"}],
    },
    {"item_id": "B1", "other_image_id": ["o0", "gone"]},
    {"item_id": "B2"},
]


@pytest.fixture
def objects(tmp_path, touch):
    touch(tmp_path, "images/small/6/m0.jpg", "images/small/0/o0.jpg")
    rows = "image_id,height,width,path\nm0,1,1,6/m0.jpg\no0,1,1,0/o0.jpg\n"
    for name, text in (
        ("images/metadata/images.csv.gz", rows),
        (
            "listings/metadata/listings_0.json.gz",
            "".join(json.dumps(p) + "\n" for p in PRODUCTS),
        ),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(text.encode()))
    return tmp_path


def test_products_have_their_pictures(objects, listed):
    columns = TableColumns(labels=("brand", "product_type"))
    found = listed("abo", objects, columns)
    folder = objects / "images/small"
    assert [(p.path, p.identity) for p in found[:3]] == [
        (str(folder / "6/m0.jpg"), "B0"),
        (str(folder / "0/o0.jpg"), "B0"),
        (str(folder / "0/o0.jpg"), "B1"),
    ]
    assert found[0].labels == (("brand", "make"), ("product_type", "SHOES"))
    assert found[2].labels == ()
    assert "does not have 'gone'" in found[3].fault and len(found) == 4


def test_another_identity(objects, listed):
    columns = TableColumns(identity="brand")
    found = listed("abo", objects, columns)
    assert [p.identity for p in found if not p.fault] == ["make", "make"]


@pytest.mark.parametrize("damage", ["gone", "no gzip", "no json"])
def test_damaged_parts(objects, listed, damage):
    path = objects / "listings/metadata/listings_0.json.gz"
    if damage == "gone":
        path.unlink()
        path.parent.rmdir()
    else:
        text = b"{" if damage == "no gzip" else gzip.compress(b"{")
        path.write_bytes(text)
    with pytest.raises(BadCollection, match="needs|cannot be read|is not JSON"):
        listed("abo", objects)
