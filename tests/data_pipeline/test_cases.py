"""The inputs that users stumbled over, where they are at hand."""

import os
import pathlib

import numpy as np
import pytest

from data_pipeline.build import csv_tables, preview
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts import registry
from data_pipeline.build.listing import Notes
from data_pipeline.build.reading import Reading, TableColumns
from data_pipeline.records import pictures
from sdgan_tf.photograph_files import find_photographs


@pytest.fixture(scope="module")
def cases():
    """The folder with a folder of each case."""
    given = os.environ.get("SDGAN_TEST_DATA")
    if not given:
        pytest.skip("SDGAN_TEST_DATA names no folder, beside which `cases` is.")
    folder = pathlib.Path(given).parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"{folder} is no folder.")
    return folder


def listed(cases, case, layout="folders", **how):
    """Photographs by identity, and what is said of them."""
    notes, found = Notes(), {}
    name = "t.csv" if layout == "table" else "photos"
    for photograph in registry.list_photographs(
        layout, str(cases / case / name), Reading(**how), notes
    ):
        found.setdefault(photograph.identity, []).append(photograph)
    number = sum(map(len, found.values()))
    return found, "\n".join(notes.report(number))


def test_csv_unclosed_quote(cases):
    with pytest.raises(BadCollection, match="line 8: the quote that opens"):
        listed(cases, "csv_unclosed_quote", "table")


def test_csv_duplicate_header(cases):
    with pytest.raises(BadCollection, match="column `identity` 2 times"):
        listed(cases, "csv_duplicate_header", "table")


def test_csv_spaces_in_names(cases):
    found, _ = listed(cases, "csv_spaces_in_names", "table")
    assert [*map(len, found.values())] == [4] * 6


@pytest.mark.parametrize("case", ["csv_semicolon", "csv_backslash"])
def test_other_csv(cases, case):
    found, said = listed(cases, case, "table")
    assert [*map(len, found.values())] == [2] * 12
    assert all(os.path.exists(p.path) for own in found.values() for p in own)
    separated = "semicolon" if case == "csv_semicolon" else "comma"
    assert f"cells separated by {separated}, UTF-8" in said


def test_empty_label(cases):
    columns = TableColumns(labels=("brand",))
    found, said = listed(cases, "empty_label", "table", columns=columns)
    assert "without the label `brand`: 36 of 48 pictures" in said
    assert found["prod1"][0].labels == ()
    assert found["prod0"][0].labels == (("brand", "acme"),)


def test_containers_and_zip(cases, tmp_path):
    (tmp_path / "faces.parquet").write_bytes(b"PAR1")
    assert "1 file .parquet" in registry.suggest(str(tmp_path), "folders")
    with pytest.raises(BadCollection, match=r": \.parquet\) .*unpack it"):
        csv_tables.Table(str(tmp_path / "faces.parquet"), ("image",))


def test_folders_of_splits(cases):
    found, said = listed(cases, "folders_of_splits")
    # Each person is in two splits, which the build refuses.
    assert [{p.split for p in own} for own in found.values()] == [
        {"train", "valid"}
    ] * 3
    assert "skipped: 4 pictures directly in folders of splits" in said
    found, _ = listed(cases, "folders_of_splits", folder_splits=False)
    assert [*map(len, found.values())] == [6] * 3


def test_folders_with_variants(cases):
    found, said = listed(cases, "folders_with_variants")
    assert [*map(len, found.values())] == [3] * 4
    assert "skipped: 6 pictures in folders below an identity's" in said
    found, said = listed(cases, "folders_with_variants", identity_depth=1)
    assert len(found["Anna"]) == 9 and not said


def test_hidden_folder(cases):
    found, said = listed(cases, "hidden_folder")
    assert [*map(len, found.values())] == [4] * 8
    assert not said


def test_macos_files(cases):
    found, said = listed(cases, "macos_files")
    assert [*map(len, found.values())] == [4] * 4
    assert not said
    folder = cases / "macos_files/photos/person0"
    assert len(find_photographs(str(folder))) == 4
    assert len(find_photographs(str(folder / "*.jpg"))) == 4


def test_suffixes(cases):
    found, said = listed(cases, "suffixes")
    newer = {"AVIF", "JPEG2000"} & set(pictures.FORMATS)
    taken = 5 + len(newer)
    assert [*map(len, found.values())] == [taken] * 3
    assert f"skipped: {24 - 3 * taken} files: " in said
    assert ".heic 3" in said
    for photograph in found["id0"]:
        pictures.decode(pathlib.Path(photograph.path).read_bytes())


def test_unicode_nfc_nfd(cases):
    found, _ = listed(cases, "unicode_nfc_nfd")
    assert len(found) == 8 and len(found["Jos\u00e9"]) == 6


def test_one_identity(cases):
    found, _ = listed(cases, "one_identity")
    assert [*map(len, found.values())] == [12]


def test_lfw_flattened(cases):
    with pytest.raises(BadCollection, match="--layout=pattern"):
        listed(cases, "lfw_flattened", "flat")
    pattern = r"(?P<identity>.+)_(?P<observation>\d+)\.jpg"
    found, _ = listed(cases, "lfw_flattened", "pattern", pattern=pattern)
    assert [*map(len, found.values())] == [3] * 4
    assert {"Anna_Smith", "George_W_Bush"} < set(found)


COLOURS = {
    "photos/p3/skin.png": (214, 116, 82),
    "photos/adobe/skin.png": (224, 121, 88),
    "photos/srgb/skin.png": (200, 120, 90),
    "photos/p3/green.png": (0, 205, 0),
    "photos/adobe/green.png": (0, 201, 37),
    "photos/srgb/green.png": (60, 200, 60),
    "cmyk/cyan.jpg": (0, 150, 217),
    "cmyk/magenta.jpg": (216, 0, 120),
    "cmyk/skin.jpg": (228, 169, 149),
}


@pytest.mark.parametrize("name", COLOURS)
def test_icc_profile(cases, name):
    picture = pictures.decode((cases / "icc_profile" / name).read_bytes())
    for is_, right in zip(picture.getpixel((9, 9)), COLOURS[name], strict=True):
        assert abs(is_ - right) <= 1


def test_rgb_12_bits_in_16(cases):
    for path in (cases / "rgb_12_bits_in_16/photos").rglob("*.png"):
        with pytest.raises(pictures.BadPicture, match="of which it uses 12"):
            pictures.decode(path.read_bytes())


def test_project_too_large(cases):
    with pytest.raises(
        pictures.BadPicture,
        match="^too large: 400.0 megapixels, where 110 is the limit$",
    ):
        pictures.decode((cases / "project_too_large/huge.png").read_bytes())


def test_evaluate_few_identities():
    pairs = {"train": 9, "valid": 0, "test": 1}
    advice = preview._advise(pairs, np.arange(10), False)
    assert "takes about 46 identities. --split_fractions=" in advice
