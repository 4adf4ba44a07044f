"""Tests of the CSV that other programs write."""

import pytest

from data_pipeline.build import csv_tables
from data_pipeline.build.csv_tables import Table
from data_pipeline.build.errors import BadCollection

WANTED = ("image", "identity")


def table_of(tmp_path, text, written="utf-8", **options):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(written))
    return Table(str(path), WANTED, **options)


def cells_of(table):
    return [tuple(row[name] for name in WANTED) for _, row in table.rows()]


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1252",
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_found_by_itself(tmp_path, delimiter, encoding, newline):
    lines = ["image;identity", "a.png;Zoë", 'b.png;"x;y"', "c.png;z"]
    text = newline.join(lines).replace(";", delimiter)
    table = table_of(tmp_path, text, encoding)
    assert cells_of(table) == [
        ("a.png", "Zoë"),
        ("b.png", f"x{delimiter}y"),
        ("c.png", "z"),
    ]
    name = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
    told = encoding.upper().removesuffix("-SIG")
    if encoding == "cp1252":
        told += ", as it is not UTF-8; --encoding sets another"
    assert str(table) == (
        f"`{tmp_path}/t.csv`: cells separated by {name[delimiter]}, {told}"
    )  # fmt: skip


def test_a_page_in_a_cell(tmp_path):
    page = "x" * 200_000
    table = table_of(tmp_path, f"image,identity,text\na.png,Ada,{page}\n")
    assert cells_of(table) == [("a.png", "Ada")]


@pytest.mark.parametrize("mark", ["sep=;", '"sep=;"', "SEP=;"])
def test_line_of_excel(tmp_path, mark):
    table = table_of(tmp_path, f"{mark}\r\nimage;identity\r\na,b.png;x\r\n")
    assert [*table.rows()] == [(3, {"image": "a,b.png", "identity": "x"})]


def test_given_delimiter_and_encoding_go_first(tmp_path):
    table = table_of(
        tmp_path, "image^identity\nä.png^x", "latin-1",
        delimiter="^", encoding="latin-1",
    )  # fmt: skip
    assert cells_of(table) == [("ä.png", "x")]
    with pytest.raises(BadCollection, match=r"t\.csv` is not UTF-8"):
        table_of(tmp_path, "image,identity\nä,x", "latin-1", encoding="utf-8")


def test_an_empty_table(tmp_path):
    with pytest.raises(BadCollection, match="is empty. A table must have"):
        table_of(tmp_path, "")


def test_text_in_no_known_encoding(tmp_path):
    with pytest.raises(BadCollection, match="pass its --encoding"):
        table_of(tmp_path, b"image,identity\n\x81\xff,x\n")


@pytest.mark.parametrize(
    "blank", [" ", "\u00a0", "\u3000", "\u2009", "\ufeff", "\u200b"]
)
def test_blanks_around_cells_and_names_are_no_part_of_them(tmp_path, blank):
    text = f"image{blank};{blank}identity\n{blank}a.png;{blank}x y{blank}\n"
    assert cells_of(table_of(tmp_path, text)) == [("a.png", "x y")]


def test_empty_lines_are_passed_over(tmp_path):
    text = "\n\nimage,identity\n\na.png,x\n,\n , \n"
    table = table_of(tmp_path, text)
    assert [line for line, _ in table.rows()] == [5]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (['a,"12 inch', "b,x", "c,y"], 2),
        (["a,x", 'b,"12 inch', "c,y"], 3),
        (["a,x", 'b,"12 inch', "c,y", 'd,"14 inch', "e,z"], 3),
        # It closes at the end of another row.
        (["a,x", 'b,"12 inch', 'c,14"', "d,z"], 3),
        (["a,x", '"b,y', "c,z"], 3),
        (['a,"12" plate"', "b,x"], 2),
        (['a,"x ""y"""', 'b,"z""', "c,x"], 3),
        (['a,"x', *["b,y"] * 40_000], 2),
    ],
)
def test_quote_that_is_not_closed(tmp_path, rows, line):
    table = table_of(tmp_path, "\n".join(["image,identity", *rows, ""]))
    with pytest.raises(BadCollection, match=rf"t\.csv` line {line}: the quote"):
        cells_of(table)


def test_quote_of_another_column_that_swallows_rows(tmp_path):
    text = (
        'image,identity,text\na.png,x,"12 inch\nb.png,y,wide\n'
        'c.png,z,14"\nd.png,z,\n'
    )
    with pytest.raises(BadCollection, match="line 2: the quote"):
        cells_of(table_of(tmp_path, text))


def test_a_text_of_several_lines_is_taken(tmp_path):
    text = 'image,text,identity\na.png,"Red, soft\n\nand ""big""",x\nb.png,,y\n'
    table = table_of(tmp_path, text)
    assert [(line, row["identity"]) for line, row in table.rows()] == [
        (2, "x"),
        (5, "y"),
    ]


def test_quotes_inside_of_a_plain_cell(tmp_path):
    text = 'image,identity\na.png,12" plate\nb.png, "x, y"\n'
    assert cells_of(table_of(tmp_path, text)) == [
        ("a.png", '12" plate'),
        ("b.png", "x, y"),
    ]


def test_cells_beyond_the_header(tmp_path):
    table = table_of(tmp_path, "image,identity\na.png,x,\nb.png,Smith, Jo\n")
    with pytest.raises(BadCollection, match="line 3 has 3 cells and the hea"):
        cells_of(table)


@pytest.mark.parametrize(
    "header", ["image,identity,identity", "image,identity, image"]
)
def test_column_that_is_there_twice(tmp_path, header):
    with pytest.raises(BadCollection, match=r"has the column `\w+` 2 times"):
        table_of(tmp_path, f"{header}\na.png,x,y\n")


def test_columns_that_nobody_asked_for_may_be_alike(tmp_path):
    table = table_of(tmp_path, "image,identity,,\na.png,x,1,2\n")
    assert cells_of(table) == [("a.png", "x")]


@pytest.mark.parametrize(
    ("header", "guess"),
    [
        ("Image,identity", "Is `Image` `image`?"),
        ("image,identty", "Is `identty` `identity`?"),
        ("filename,person", "Is `filename` `image`?"),
    ],
)
def test_near_misses_of_columns(tmp_path, header, guess):
    with pytest.raises(BadCollection) as error:
        table_of(tmp_path, f"{header}\na.png,x\n")
    assert guess in str(error.value)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("t.zip", b"PK\x03\x04rest"),
        ("t.csv", b"PK\x03\x04rest"),
        ("t.parquet", b"PAR1rest"),
        ("t.csv.gz", b"\x1f\x8brest"),
        ("t.mdb", bytes(16)),
    ],
)
def test_containers_are_named(tmp_path, name, head):
    (tmp_path / name).write_bytes(head)
    ending = name[name.rindex(".") :]
    with pytest.raises(
        BadCollection,
        match=rf"not a plain-text CSV .*\{ending}\).*: unpack it",
    ):
        Table(str(tmp_path / name), WANTED)


def test_trim():
    assert csv_tables.trim("\u200b \xa0a b\u2003\n") == "a b"
