import os

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
    assert notes.lines[0].endswith(
        "cells separated by comma, CP1252, as it is "
        "not UTF-8; --encoding sets another"
    )


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


def shown(photographs):
    """(path below its root, identity, observation, split), for short."""
    return [
        (p.path.split("/in/")[1], p.identity, p.observation, p.split)
        for p in photographs
    ]


def test_folders_of_splits(tmp_path):
    touch(
        tmp_path / "in",
        "train/Ann/0.png",
        "train/cover.png",
        "Val/Bob/0.png",
        "test/people/Cid/0.png",
        "Dan/0.png",
    )
    notes = Notes()
    assert shown(listed("folders", tmp_path / "in", notes=notes)) == [
        ("Dan/0.png", "Dan", "0", None),
        ("Val/Bob/0.png", "Bob", "0", "valid"),
        ("test/people/Cid/0.png", "Cid", "0", "test"),
        ("train/Ann/0.png", "Ann", "0", "train"),
    ]
    (line,) = notes.report(4)
    assert line.startswith("passed over: 1 picture directly in folders of spl")


def test_folders_of_splits_that_are_none(tmp_path):
    touch(
        tmp_path / "in",
        "train/Ann/0.png",
        "train/cover.png",
        "val/Ann/1.png",
        "test/0.png",
    )
    found = listed("folders", tmp_path / "in", folder_splits=False)
    assert shown(found) == [
        ("test/0.png", "test", "0", None),
        ("train/Ann/0.png", "Ann", "0", None),
        ("val/Ann/1.png", "Ann", "1", None),
    ]


def test_folders_of_one_name_in_different_folders_are_two(tmp_path):
    touch(
        tmp_path / "in",
        "shoes/red/0.png",
        "shoes/high/0.png",
        "hats/red/0.png",
        "train/red/0.png",
    )
    assert shown(listed("folders", tmp_path / "in")) == [
        ("hats/red/0.png", "hats/red", "0", None),
        ("shoes/high/0.png", "high", "0", None),
        ("shoes/red/0.png", "shoes/red", "0", None),
        ("train/red/0.png", "red", "0", "train"),
    ]


def test_folders_below_an_identity_are_counted(tmp_path):
    touch(tmp_path / "in", "Ann/0.png", "Ann/red/1.png", "Ann/red/dark/2.png")
    notes = Notes()
    (photograph,) = listed("folders", tmp_path / "in", notes=notes)
    assert photograph.observation == "0"
    assert notes.report(9) == [
        "passed over: 2 pictures in folders below an identity's folder "
        "(--identity_depth=1 takes them)"
    ]


def test_identity_depth(tmp_path):
    touch(
        tmp_path / "in",
        "shoes/cover.png",
        "shoes/nike/0.png",
        "shoes/nike/red/1.png",
        "test/hats/fez/2.png",
    )
    notes = Notes()
    found = listed("folders", tmp_path / "in", notes=notes, identity_depth=2)
    assert shown(found) == [
        ("shoes/nike/0.png", "nike", "0", None),
        ("shoes/nike/red/1.png", "nike", "red/1", None),
        ("test/hats/fez/2.png", "fez", "2", "test"),
    ]
    assert notes.report(9) == [
        "passed over: 1 picture in folders above those of --identity_depth=2"
    ]
    found = listed("folders", tmp_path / "in", identity_depth=1)
    assert [p.identity for p in found] == ["shoes"] * 3 + ["hats"]


@pytest.mark.parametrize("layout", ["folders", "pattern", "flat"])
def test_hidden_files_and_folders_never_count(tmp_path, layout):
    touch(tmp_path, "Ann/a_1_0.5.png", "a_1_0.5.png")
    how = {"pattern": r"(Ann/)?(?P<identity>a)_"} if layout == "pattern" else {}
    before = listed(layout, tmp_path, **how)
    touch(
        tmp_path,
        "Ann/._a_1_0.5.png",
        "._a_1_0.5.png",
        ".ipynb_checkpoints/a_1_0.5.png",
        "Ann/.ipynb_checkpoints/a_1_0.5.png",
        "__MACOSX/Ann/a_1_0.5.png",
        "Ann/@eaDir/a_1_0.5.png/SYNOPHOTO.jpg",
        ".Trash-1000/files/Ann/a_1_0.5.png",
        "$RECYCLE.BIN/x/0.png",
        "Thumbs.db",
    )
    notes = Notes()
    assert before and listed(layout, tmp_path, notes=notes, **how) == before
    assert not notes.kinds


def test_names_are_composed(tmp_path):
    touch(
        tmp_path / "in",
        "Jos\u00e9/0.png",
        "Jose\u0301/1.png",
        "A/\u0041\u030a.png",
    )
    found = listed("folders", tmp_path / "in")
    assert [(p.identity, p.observation) for p in found] == [
        ("A", "\u00c5"),
        ("Jos\u00e9", "1"),
        ("Jos\u00e9", "0"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Anna_Smith_0001.jpg",
        "Anna_Smith_2.jpg",
        "Anna_M_Smith.jpg",
        "Anna_1_12345.jpg",
    ],
)
def test_flat_wants_an_aspect_ratio(tmp_path, name):
    touch(tmp_path, name)
    with pytest.raises(
        BadCollection, match=r"--layout=pattern.*Received: .*/A"
    ):
        listed("flat", tmp_path)


def test_flat_counts_what_it_passes_over(tmp_path):
    touch(
        tmp_path,
        "a_1_0.5.png",
        "val/b_1_1.33.png",
        "other/c_1_1.0.png",
        "x.gifv",
    )
    notes = Notes()
    found = listed("flat", tmp_path, notes=notes)
    assert [p.split for p in found] == [None, "valid"]
    assert notes.report(2) == [
        "passed over: 1 file: .gifv 1",
        "passed over: 1 picture in folders that name no split",
    ]


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
def test_patterns(tmp_path, name):
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
        f"passed over: 1 picture that --pattern does not match, like {files[1]}"
    ]


def test_pattern_without_an_observation_and_with_a_group_that_is_empty(
    tmp_path,
):
    touch(tmp_path, "a/x-red.png", "a/y.png")
    pattern = r"(?P<identity>\w)/\w(?:-(?P<colour>\w+))?"
    red, plain = listed("pattern", tmp_path, pattern=pattern)
    assert red.observation == "a/x-red" and red.labels == (("colour", "red"),)
    assert plain.observation == "a/y" and plain.labels == ()
    assert sources.pattern_labels(pattern) == ("colour",)


def test_pattern_with_a_split_of_another_name(tmp_path):
    touch(tmp_path, "dev/a.png")
    with pytest.raises(BadCollection, match=r"group `split`.*'dev'"):
        listed("pattern", tmp_path, pattern=r"(?P<split>\w+)/(?P<identity>\w)")


@pytest.mark.parametrize("written", ["pics\\0.png", ".\\pics\\0.png"])
def test_table_of_windows(tmp_path, written):
    touch(tmp_path, "pics/0.png")
    path = write_table(tmp_path, f"image,identity\n{written},x\n")
    (photograph,) = listed("table", path)
    assert os.path.samefile(photograph.path, tmp_path / "pics/0.png")
    assert photograph.observation == "0"


def test_table_names_a_file_with_a_backslash(tmp_path):
    touch(tmp_path, "pics\\0.png", "pics/0.png")
    path = write_table(tmp_path, "image,identity\npics\\0.png,x\n")
    (photograph,) = listed("table", path)
    assert photograph.path == str(tmp_path / "pics\\0.png")


def test_table_of_macos(tmp_path):
    touch(tmp_path, "Jose\u0301.png")
    path = write_table(tmp_path, "image,identity\nJos\u00e9.png,x\n")
    (photograph,) = listed("table", path)
    assert photograph.path == str(tmp_path / "Jose\u0301.png")


def test_table_with_an_image_root(tmp_path):
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
def test_table_of_the_web(tmp_path, name):
    path = write_table(tmp_path, f"image,identity\n{name},x\n")
    with pytest.raises(
        BadCollection, match=r"line 2 names a picture on the web"
    ):
        listed("table", path)


def test_suggestions(tmp_path):
    def suggest(layout, *names):
        folder = tmp_path / str(len(os.listdir(tmp_path)))
        touch(folder, *names)
        return sources.suggest(str(folder), layout)

    assert "--layout=celeba" in suggest("folders", "identity_CelebA.txt")
    assert "--layout=folders" in suggest("flat", "Ann/0.png")
    assert "--layout=pattern" in suggest("folders", "Ann_0.png")
    assert "--layout=table --input=" in suggest("folders", "shop.csv", "0.png")
    text = suggest("folders", "a/x.parquet", "a/y.rec", "a/z.rec", "r.txt")
    assert "2 files .rec, 1 file .parquet, 1 file .txt. Unpack what" in text
