"""Tests of the layout `parquet`."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_pipeline.build import places
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.reading import TableColumns
from data_pipeline.records import pictures

ROWS = [
    {"image": {"bytes": b"a", "path": "a.png"}, "label": 1, "colour": "red"},
    {"image": {"bytes": b"b", "path": None}, "label": 0, "colour": None},
    {"image": {"bytes": None, "path": "c.png"}, "label": -1, "colour": "blue"},
]


def write(path, rows=ROWS, names=("ann", "bob")):
    table = pa.Table.from_pylist(rows)
    if names:
        feature = {"names": list(names), "_type": "ClassLabel"}
        noted = {"info": {"features": {"label": feature}}}
        table = table.replace_schema_metadata(
            {"huggingface": json.dumps(noted)}
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=2)


def test_pictures_and_classes_of_hugging_face(tmp_path, listed):
    write(tmp_path / "in/train/a-00000-of-00001.parquet")
    columns = TableColumns("image", "label", ("colour",))
    found = listed("parquet", tmp_path / "in", columns)
    assert [(p.identity, p.labels, p.split, p.fault) for p in found] == [
        ("bob", (("colour", "red"),), "train", None),
        ("ann", (), "train", None),
        ("", (("colour", "blue"),), "train", "no identity"),
    ]
    assert [places.read(p.place) for p in found] == [b"a", b"b", b""]
    assert len({p.path for p in found}) == len({p.observation for p in found})


def test_bytes_without_notes(tmp_path, listed):
    rows = [{"jpg": b"x", "who": "Zoe"}, {"jpg": b"y", "who": "7"}]
    write(tmp_path / "x.parquet", rows, names=None)
    found = listed(
        "parquet", tmp_path / "x.parquet", TableColumns("jpg", "who")
    )
    assert [(p.identity, places.read(p.place)) for p in found] == [
        ("Zoe", b"x"),
        ("7", b"y"),
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (TableColumns("picture", "label"), "no column `picture`.*'image'"),
        (TableColumns("image", "who"), "no column `who`"),
        (TableColumns("colour", "label"), "must hold pictures as bytes"),
        (TableColumns("image", "image"), "must hold one text or number"),
    ],
)
def test_columns_that_are_not_there(tmp_path, listed, columns, message):
    write(tmp_path / "x.parquet")
    with pytest.raises(BadCollection, match=message):
        listed("parquet", tmp_path, columns)


def test_numbers_that_became_floats(tmp_path, listed):
    whos = [7.0, float("nan"), 0.5, None]
    rows = [{"jpg": b"x", "who": who} for who in whos]
    write(tmp_path / "x.parquet", rows, names=None)
    found = listed(
        "parquet", tmp_path / "x.parquet", TableColumns("jpg", "who")
    )
    assert [p.identity for p in found] == ["7", "", "0.5", ""]


def test_damaged_file(tmp_path, listed):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(BadCollection, match="x.parquet` cannot be read"):
        listed("parquet", tmp_path)


def test_real_file(listed):
    given = os.environ.get("SDGAN_TEST_DATA")
    if not given:
        pytest.skip("SDGAN_TEST_DATA names no folder.")
    folder = Path(given) / "formats/parquet_mnist"
    found = listed("parquet", folder, TableColumns("image", "label"))
    assert len(found) == 10_000
    assert {p.identity for p in found} == set("0123456789")
    assert [p.identity for p in found[:4]] == list("7210")
    picture = pictures.decode(places.read(found[1234].place))
    assert picture.size == (28, 28)
