"""Tests of what a manifest says and refuses."""

import pytest

from data_pipeline.build import manifest as manifests
from data_pipeline.build.errors import BadCollection


@pytest.fixture
def with_bad_files(make_folders, source):
    """2 bad files of 10."""
    make_folders({"a": 4, "b": 4})
    (source / "a/empty.png").write_bytes(b"")
    (source / "b/text.jpg").write_text("no picture")


def test_bad_files_are_listed(
    images_of, with_bad_files, build, read_records, source, target
):
    # As many as are allowed.
    manifest = build("folders", source, target, max_bad_fraction=0.2)
    assert images_of(read_records(target)) == {"a": 4, "b": 4}
    assert manifest["files_listed"] == 10
    assert manifest["bad_files"] == [
        {"path": str(source / "a/empty.png"), "reason": "empty file"},
        {
            "path": str(source / "b/text.jpg"),
            "reason": "not a picture that Pillow can read",
        },
    ]
    text = manifests.summary(manifest)
    assert "left out: 2 bad files" in text
    assert f"{source}/a/empty.png: empty file" in text


def test_too_many_bad_files(no_manifest, with_bad_files, build, source, target):
    with pytest.raises(
        BadCollection,
        match=r"2 of 10 files are bad, more than `max_bad_fraction` 0\.19 "
        r"allows:\n.*a/empty\.png: empty file\n.*b/text\.jpg: not a picture",
    ):
        build("folders", source, target, max_bad_fraction=0.19)
    assert no_manifest(target)


def test_no_identity_with_enough_images(
    no_manifest, make_folders, build, source, target
):
    make_folders({"a": 2, "b": 3})
    with pytest.raises(
        BadCollection,
        match=r"No identity has enough images: `min_images` is 4, and 2 ",
    ):
        build("folders", source, target, min_images=4)
    assert no_manifest(target)


def test_empty_split_is_warned_of(save_picture, build, source, target):
    for split in ("train", "test"):
        for j in range(2):
            save_picture(
                source / split / f"{split}_{j}_1.png", (len(split), j, 0)
            )
    manifest = build("flat", source, target)
    text = manifests.summary(manifest)
    assert "WARNING: the split `valid` is empty." in text
    assert "WARNING: 1 identity of `train` with two images" in text
    assert "`valid` has 0, `test` has 1" in text
    assert text.count("WARNING") == 3
    assert [line.split() for line in text.splitlines()[:3]] == [
        ["train", "1", "identities", "2", "images"],
        ["valid", "0", "identities", "0", "images"],
        ["test", "1", "identities", "2", "images"],
    ]


def test_build_id_is_that_of_the_records(build, save_picture, tmp_path):
    for name in ("a", "b"):
        for n in range(3):
            path = tmp_path / "in" / name / f"{n}.png"
            save_picture(path, (40 * n, ord(name), 7), (50, 50))
    ids = [
        build("folders", tmp_path / "in", tmp_path / out, image_size=size)[
            "build_id"
        ]
        for out, size in (("x", 32), ("y", 32), ("z", 64))
    ]
    assert ids[0] == ids[1] != ids[2]
