"""Tests of the layout `celeba`."""

import pytest

from data_pipeline.build.errors import BadCollection
from data_pipeline.build.photograph import Photograph


def test_celeba(listed, tmp_path):
    (tmp_path / "identity_CelebA.txt").write_text(
        "000001.jpg 2880\r\n000002.jpg  2937\n\n000003.jpg 2880"
    )
    images = tmp_path / "img_align_celeba"
    assert listed("celeba", tmp_path) == [
        Photograph(str(images / "000001.jpg"), "2880", "000001"),
        Photograph(str(images / "000002.jpg"), "2937", "000002"),
        Photograph(str(images / "000003.jpg"), "2880", "000003"),
    ]


def test_celeba_in_a_folder(listed, tmp_path):
    folder = tmp_path / "CelebA"
    folder.mkdir()
    (folder / "identity_CelebA.txt").write_text("000001.jpg 2880")
    path = str(folder / "img_align_celeba" / "000001.jpg")
    assert listed("celeba", tmp_path) == [Photograph(path, "2880", "000001")]


def test_celeba_without_identities(touch, listed, tmp_path):
    touch(tmp_path, "img_align_celeba/000001.jpg")
    with pytest.raises(
        BadCollection, match=r"`celeba` needs the file `.*identity_CelebA\.txt`"
    ):
        listed("celeba", tmp_path)


@pytest.mark.parametrize("line", ["000002.jpg", "000002.jpg 1 2"])
def test_celeba_malformed_line(listed, tmp_path, line):
    (tmp_path / "identity_CelebA.txt").write_text(f"000001.jpg 1\n{line}\n")
    with pytest.raises(
        BadCollection,
        match=rf"`<file> <identity>` in each line.*line 2: '{line}'",
    ):
        listed("celeba", tmp_path)
