"""Tests of the layout `table`."""

import os

import pytest

from data_pipeline.build.listing import BadCollection, Notes
from data_pipeline.build.photograph import Photograph, TableColumns


def test_table(listed, write_table, tmp_path):
    path = write_table(tmp_path, "price,identity,image\n3,shoe,pics/1.jpg\n")
    assert listed("table", path) == [
        Photograph(str(tmp_path / "pics/1.jpg"), "shoe", "1")
    ]


def test_table_beside_the_working_folder(
    listed, write_table, tmp_path, monkeypatch
):
    write_table(tmp_path, "image,identity\n1.jpg,shoe\n")
    monkeypatch.chdir(tmp_path)
    (photograph,) = listed("table", "shop.csv")
    assert (tmp_path / photograph.path) == tmp_path / "1.jpg"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_table_with_mark_quotes_labels_and_other_names(
    listed, write_table, tmp_path, newline
):
    path = write_table(
        tmp_path,
        newline.join(
            [
                "file,who,colour,size",
                '"a, b.jpg","Smith, ""Jo""",rouge é,',
                "c.jpg,Ann,,7",
            ]
        ),
        encoding="utf-8-sig",
    )
    columns = TableColumns("file", "who", ("size", "colour"))
    assert listed("table", path, columns) == [
        Photograph(
            str(tmp_path / "a, b.jpg"),
            'Smith, "Jo"',
            "a, b",
            (("colour", "rouge é"),),
        ),
        Photograph(
            str(tmp_path / "c.jpg"),
            "Ann",
            "c",
            (("size", "7"),),
        ),
    ]


def test_table_with_a_short_row_has_no_label(listed, write_table, tmp_path):
    path = write_table(tmp_path, "image,identity,size\n1.jpg,shoe\n")
    notes = Notes()
    (photograph,) = listed("table", path, TableColumns(labels=("size",)), notes)
    assert photograph.labels == ()
    assert "without the label `size`: 1 of 1 pictures" in notes.report(1)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", r"\['image', 'identity', 'size'\].*Received: None"),
        ("a,b\n1.jpg,x\n", r"\['image', 'identity', 'size'\].*\['a', 'b'\]"),
        ("image,identity\n1.jpg,x\n", r"\['size'\].*\['image', 'identity'\]"),
    ],
)
def test_table_without_columns(listed, write_table, tmp_path, text, missing):
    path = write_table(tmp_path, text)
    with pytest.raises(
        BadCollection,
        match=rf"shop\.csv` has no columns {missing}",
    ):
        listed("table", path, TableColumns(labels=("size",)))


@pytest.mark.parametrize("row", [",shoe", "2.jpg,", "2.jpg"])
def test_table_with_an_empty_cell_has_a_bad_file(
    listed, write_table, tmp_path, row
):
    path = write_table(tmp_path, f"image,identity\n1.jpg,shoe\n{row}\n")
    good, bad = listed("table", path)
    assert good.fault is None
    assert bad.path.endswith("shop.csv line 3")
    lacking = "image" if row[0] == "," else "identity"
    assert bad.fault == f"no {lacking}"


@pytest.mark.parametrize("lines", [[], ["image,identity", "1.jpg,shoe"]])
def test_table_with_a_field_without_end(listed, write_table, tmp_path, lines):
    path = write_table(tmp_path, "\n".join([*lines, "x" * 200_000 + ",y"]))
    with pytest.raises(
        BadCollection, match=rf"shop\.csv` line {len(lines) + 1}: field larger"
    ):
        listed("table", path)


def test_table_that_is_not_utf8_is_windows(listed, write_table, tmp_path):
    path = write_table(
        tmp_path, "image,identity\n1.jpg,Zoë’s\n", encoding="cp1252"
    )
    notes = Notes()
    (photograph,) = listed("table", path, notes=notes)
    assert photograph.identity == "Zoë’s"
    assert notes.lines[0].endswith(
        "cells separated by comma, CP1252, as it is "
        "not UTF-8; --encoding sets another"
    )


def test_table_with_a_name_that_no_file_has(listed, write_table, tmp_path):
    path = write_table(tmp_path, "image,identity\n1\0.jpg,shoe\n")
    with pytest.raises(BadCollection, match="line 2"):
        listed("table", path)


@pytest.mark.parametrize(
    "name",
    ["../a.png", "/etc/a.png", "b/../../a.png", "gs://x/a.png", "..\\a.png"],
)
def test_tables_reach_only_into_their_folder(listed, tmp_path, name):
    table = tmp_path / "table.csv"
    table.write_text(f"image,identity\nb/..a.png,one\n{name},one\n")
    with pytest.raises(BadCollection, match=r"line 3 names a file outside"):
        listed("table", table)
    (tmp_path / "identity_CelebA.txt").write_text(f"{name} 1\n")
    with pytest.raises(BadCollection, match=r"line 1 names a file outside"):
        listed("celeba", tmp_path)


@pytest.mark.parametrize("written", ["pics\\0.png", ".\\pics\\0.png"])
def test_table_of_windows(touch, listed, write_table, tmp_path, written):
    touch(tmp_path, "pics/0.png")
    path = write_table(tmp_path, f"image,identity\n{written},x\n")
    (photograph,) = listed("table", path)
    assert os.path.samefile(photograph.path, tmp_path / "pics/0.png")
    assert photograph.observation == "0"


def test_table_names_a_file_with_a_backslash(
    touch, listed, write_table, tmp_path
):
    touch(tmp_path, "pics\\0.png", "pics/0.png")
    path = write_table(tmp_path, "image,identity\npics\\0.png,x\n")
    (photograph,) = listed("table", path)
    assert photograph.path == str(tmp_path / "pics\\0.png")


def test_table_of_macos(touch, listed, write_table, tmp_path):
    touch(tmp_path, "Jose\u0301.png")
    path = write_table(tmp_path, "image,identity\nJos\u00e9.png,x\n")
    (photograph,) = listed("table", path)
    assert photograph.path == str(tmp_path / "Jose\u0301.png")


def test_table_with_an_image_root(touch, listed, write_table, tmp_path):
    touch(tmp_path, "pictures/a/0.png")
    root = tmp_path / "pictures"
    path = write_table(
        tmp_path, f"image,identity\na/0.png,x\n{root}/a/0.png,x\n"
    )
    found = listed("table", path, image_root=str(root))
    assert [p.path for p in found] == [str(root / "a/0.png")] * 2
    # The table's own folder holds it too.
    assert listed("table", path)[1].path == str(root / "a/0.png")
    with pytest.raises(BadCollection, match=r"line 3 .* outside .*image_root"):
        listed("table", path, image_root=str(tmp_path / "pict"))


@pytest.mark.parametrize(
    "name",
    [
        "https://x.org/a.png",
        "HTTP://x/a.png",
        "//cdn.x.com/a.png",
        "data:image/png;base64",
    ],
)
def test_table_of_the_web(listed, write_table, tmp_path, name):
    path = write_table(tmp_path, f"image,identity\n{name},x\n")
    with pytest.raises(
        BadCollection, match=r"line 2 names a picture on the web"
    ):
        listed("table", path)
