"""Tests of the layout `table`."""

import os

import pytest

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import TableColumns


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
        ("\n", r"\['image', 'identity', 'size'\].*Received: None"),
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
    path = write_table(tmp_path, "\n".join([*lines, "x" * (2**24 + 1) + ",y"]))
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
    [
        "../a.png",
        "/etc/a.png",
        "b/../../a.png",
        "gs://x/a.png",
        "..\\a.png",
        "C:\\shop\\a.png",
        "d:/shop/a.png",
    ],
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


@pytest.mark.parametrize(
    ("text", "columns", "separator"),
    [
        ("sku,photos\na,0.jpg| 1.jpg |\nb,2.jpg\n", "photos", "|"),
        ("sku,img 1,img 2,img\na,0.jpg,1.jpg,x\nb,2.jpg,,\n", "img *", None),
        # As WooCommerce exports it.
        ('sku,Images\na,"0.jpg, 1.jpg, 0.jpg"\nb,2.jpg\n', "Images", ","),
        # As Shopify does: further pictures in rows of their own.
        ("sku,src,title\na,0.jpg,shoe\na,1.jpg,\nb,2.jpg,hat\n", "src", None),
    ],
)
def test_several_pictures_of_a_row(
    tmp_path, listed, write_table, text, columns, separator
):
    path = write_table(tmp_path, text)
    found = listed(
        "table", path, TableColumns(columns, "sku"), image_separator=separator
    )
    assert [(p.identity, p.observation) for p in found] == [
        ("a", "0"),
        ("a", "1"),
        ("b", "2"),
    ]


def test_no_column_of_many(tmp_path, listed, write_table):
    path = write_table(tmp_path, "sku,photo\na,0.jpg\n")
    with pytest.raises(BadCollection, match=r"no columns \['img_\*'\]"):
        listed("table", path, TableColumns("img_*", "sku"))
    with pytest.raises(BadCollection, match=r"no columns \['s\*'\]"):
        listed("table", path, TableColumns("photo", "s*"))


def test_list_of_stanford_online_products(tmp_path, listed, write_table):
    path = write_table(
        tmp_path,
        "image_id class_id super_class_id path\n"
        "1 1 1 bicycle_final/111085122871_0.JPG\n"
        "2 1 1 bicycle_final/111085122871_1.JPG\n",
    )
    columns = TableColumns("path", "class_id", ("super_class_id",))
    notes = Notes()
    found = listed("table", path, columns, notes)
    assert [p.observation for p in found] == [
        "111085122871_0",
        "111085122871_1",
    ]
    assert found[0].labels == (("super_class_id", "1"),)
    assert "cells separated by blanks" in notes.lines[0]


def test_list_of_in_shop(tmp_path, listed, write_table):
    """The number of its lines comes first, and columns are aligned."""
    path = write_table(
        tmp_path,
        "2\nimage_name     item_id evaluation_status\n"
        "img/WOMEN/Dresses/id_00000002/02_1_front.jpg  id_00000002 train\n"
        "img/WOMEN/Dresses/id_00000002/02_2_side.jpg   id_00000002 train \n",
    )
    columns = TableColumns("image_name", "item_id", ("evaluation_status",))
    found = listed("table", path, columns)
    assert [p.identity for p in found] == ["id_00000002"] * 2
    assert found[1].path.endswith("id_00000002/02_2_side.jpg")
    assert found[1].labels == (("evaluation_status", "train"),)
