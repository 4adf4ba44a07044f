import pytest

from data_pipeline import sources
from data_pipeline.listing import Notes
from data_pipeline.sources import (
    BadCollection,
    Photograph,
    Reading,
    TableColumns,
)


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def listed(layout, root, columns=None, notes=None, **how):
    columns = columns or TableColumns()
    return list(
        sources.list_photographs(
            layout, str(root), Reading(columns, **how), notes or Notes()
        )
    )


def test_flat_without_split_folders(tmp_path):
    touch(tmp_path, "b_7_1.0.png", "a_2_0.82.png", "a_1_0.82.png")
    assert listed("flat", tmp_path) == [
        Photograph(str(tmp_path / "a_1_0.82.png"), "a", "1"),
        Photograph(str(tmp_path / "a_2_0.82.png"), "a", "2"),
        Photograph(str(tmp_path / "b_7_1.0.png"), "b", "7"),
    ]


def test_flat_with_split_folders(tmp_path):
    touch(
        tmp_path,
        "train/a_1_1.png",
        "valid/b_1_1.png",
        "test/c_1_1.png",
        "other/not a name.png",
    )
    assert listed("flat", tmp_path) == [
        Photograph(str(tmp_path / "train/a_1_1.png"), "a", "1", (), "train"),
        Photograph(str(tmp_path / "valid/b_1_1.png"), "b", "1", (), "valid"),
        Photograph(str(tmp_path / "test/c_1_1.png"), "c", "1", (), "test"),
    ]


def test_flat_splits_at_the_last_two_underscores(tmp_path):
    touch(tmp_path, "Zoë_van_Dijk_3_0.5.png")
    (photograph,) = listed("flat", tmp_path)
    assert photograph.identity == "Zoë_van_Dijk"
    assert photograph.observation == "3"


def test_flat_takes_pictures_only(tmp_path):
    touch(tmp_path, "a_1_1.PNG", "a_2_1.Jpeg", "readme.txt", "a_3_1.png.md5")
    assert [p.observation for p in listed("flat", tmp_path)] == ["1", "2"]


@pytest.mark.parametrize("name", ["a.png", "a_1.png", "_1_1.png"])
@pytest.mark.parametrize("folder", ["", "valid/"])
def test_flat_bad_name(tmp_path, folder, name):
    touch(tmp_path, folder + name)
    with pytest.raises(
        BadCollection,
        match=rf"`<IDENTITY>_<OBSERVATION>_<x>\.png`.*Received: .*/{name}",
    ):
        listed("flat", tmp_path)


def test_folders(tmp_path):
    touch(
        tmp_path,
        "Zoë van Dijk/002.jpg",
        "Ada/10.png",
        "Ada/9.webp",
        "Ada/notes.txt",
        "Ada/deeper/1.png",
        "loose.png",
    )
    assert listed("folders", tmp_path) == [
        Photograph(str(tmp_path / "Ada/10.png"), "Ada", "10"),
        Photograph(str(tmp_path / "Ada/9.webp"), "Ada", "9"),
        Photograph(
            str(tmp_path / "Zoë van Dijk/002.jpg"), "Zoë van Dijk", "002"
        ),
    ]


@pytest.mark.parametrize("layout", ["flat", "folders"])
def test_empty_folder_lists_nothing(tmp_path, layout):
    assert listed(layout, tmp_path) == []


@pytest.mark.parametrize("name", ["lfw [1]", "what?", "a*b", "C++ (x)"])
def test_root_with_wildcard_characters(tmp_path, name):
    touch(tmp_path, f"{name}/Ada/1.png", f"{name}/Bob_2_1.png")
    # What the name would match if it were a pattern.
    touch(tmp_path, "lfw 1/Eve/1.png", "whatx/Eve/1.png", "axb/Eve/1.png")
    assert [p.identity for p in listed("folders", tmp_path / name)] == ["Ada"]
    assert [p.identity for p in listed("flat", tmp_path / name)] == ["Bob"]


def test_root_with_trailing_slash(tmp_path):
    touch(tmp_path, "Ada/1.png", "Bob_2_1.png")
    assert [p.identity for p in listed("folders", f"{tmp_path}/")] == ["Ada"]
    assert [p.identity for p in listed("flat", f"{tmp_path}/")] == ["Bob"]


def test_celeba(tmp_path):
    (tmp_path / "identity_CelebA.txt").write_text(
        "000001.jpg 2880\r\n000002.jpg  2937\n\n000003.jpg 2880"
    )
    images = tmp_path / "img_align_celeba"
    assert listed("celeba", tmp_path) == [
        Photograph(str(images / "000001.jpg"), "2880", "000001"),
        Photograph(str(images / "000002.jpg"), "2937", "000002"),
        Photograph(str(images / "000003.jpg"), "2880", "000003"),
    ]


def test_celeba_without_identities(tmp_path):
    touch(tmp_path, "img_align_celeba/000001.jpg")
    with pytest.raises(
        BadCollection, match=r"`celeba` needs the file `.*identity_CelebA\.txt`"
    ):
        listed("celeba", tmp_path)


@pytest.mark.parametrize("line", ["000002.jpg", "000002.jpg 1 2"])
def test_celeba_malformed_line(tmp_path, line):
    (tmp_path / "identity_CelebA.txt").write_text(f"000001.jpg 1\n{line}\n")
    with pytest.raises(
        BadCollection,
        match=rf"`<file> <identity>` in each line.*line 2: '{line}'",
    ):
        listed("celeba", tmp_path)


def write_table(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "shop.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_table(tmp_path):
    path = write_table(tmp_path, "price,identity,image\n3,shoe,pics/1.jpg\n")
    assert listed("table", path) == [
        Photograph(str(tmp_path / "pics/1.jpg"), "shoe", "1")
    ]


def test_table_beside_the_working_folder(tmp_path, monkeypatch):
    write_table(tmp_path, "image,identity\n1.jpg,shoe\n")
    monkeypatch.chdir(tmp_path)
    (photograph,) = listed("table", "shop.csv")
    assert (tmp_path / photograph.path) == tmp_path / "1.jpg"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_table_with_mark_quotes_labels_and_other_names(tmp_path, newline):
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


def test_table_with_a_short_row_has_no_label(tmp_path):
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
def test_table_without_columns(tmp_path, text, missing):
    path = write_table(tmp_path, text)
    with pytest.raises(
        BadCollection,
        match=rf"shop\.csv` has no columns {missing}",
    ):
        listed("table", path, TableColumns(labels=("size",)))


@pytest.mark.parametrize("row", [",shoe", "2.jpg,", "2.jpg"])
def test_table_with_an_empty_cell_has_a_bad_file(tmp_path, row):
    path = write_table(tmp_path, f"image,identity\n1.jpg,shoe\n{row}\n")
    good, bad = listed("table", path)
    assert good.fault is None
    assert bad.path.endswith("shop.csv line 3")
    lacking = "image" if row[0] == "," else "identity"
    assert bad.fault == f"no {lacking}"


@pytest.mark.parametrize("lines", [[], ["image,identity", "1.jpg,shoe"]])
def test_table_with_a_field_without_end(tmp_path, lines):
    path = write_table(tmp_path, "\n".join([*lines, "x" * 200_000 + ",y"]))
    with pytest.raises(
        BadCollection, match=rf"shop\.csv` line {len(lines) + 1}: field larger"
    ):
        listed("table", path)


def test_table_that_is_not_utf8_is_windows(tmp_path):
    path = write_table(
        tmp_path, "image,identity\n1.jpg,Zoë’s\n", encoding="cp1252"
    )
    notes = Notes()
    (photograph,) = listed("table", path, notes=notes)
    assert photograph.identity == "Zoë’s"
    assert notes.lines[0].endswith("cells separated by comma, CP1252")


def test_table_with_a_name_that_no_file_has(tmp_path):
    path = write_table(tmp_path, "image,identity\n1\0.jpg,shoe\n")
    with pytest.raises(BadCollection, match="line 2"):
        listed("table", path)


def test_layouts():
    assert sorted(sources.LAYOUTS) == [
        "celeba",
        "flat",
        "folders",
        "pattern",
        "table",
    ]
    folder_layouts = {n for n, x in sources.LAYOUTS.items() if x.is_folder}
    assert folder_layouts == {"celeba", "flat", "folders", "pattern"}


@pytest.mark.parametrize(
    "name",
    ["../a.png", "/etc/a.png", "b/../../a.png", "gs://x/a.png", "..\\a.png"],
)
def test_tables_reach_only_into_their_folder(tmp_path, name):
    table = tmp_path / "table.csv"
    table.write_text(f"image,identity\nb/..a.png,one\n{name},one\n")
    with pytest.raises(BadCollection, match=r"line 3 names a file outside"):
        listed("table", table)
    (tmp_path / "identity_CelebA.txt").write_text(f"{name} 1\n")
    with pytest.raises(BadCollection, match=r"line 1 names a file outside"):
        listed("celeba", tmp_path)
