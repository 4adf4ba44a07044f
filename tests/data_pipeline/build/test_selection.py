"""Tests of what a build leaves out."""

import pytest

from data_pipeline import records
from data_pipeline.build import manifest as manifests
from data_pipeline.build.errors import BadCollection
from data_pipeline.records import splits


def test_duplicates(
    images_of, save_picture, build, read_records, source, target
):
    for i, identity in enumerate(("Ada", "Bob", "Cid")):
        for j in range(3):
            save_picture(source / identity / f"{j}.png", (i, j, 0))
    # The same pixels in other files: under two identities, and repeated.
    save_picture(source / "Ada/both.png", (9, 9, 9))
    save_picture(source / "Bob/both.webp", (9, 9, 9), lossless=True)
    save_picture(source / "Cid/1 again.bmp", (2, 1, 0))
    save_picture(source / "Cid/1 once more.png", (2, 1, 0))
    # Left with one picture, which is too few.
    save_picture(source / "Dan/0.png", (3, 0, 0))
    save_picture(source / "Dan/1.png", (3, 0, 0))
    manifest = build("folders", source, target)
    read = read_records(target)
    assert images_of(read) == {"Ada": 3, "Bob": 3, "Cid": 3}
    assert [9, 9, 9] not in [r["pixels"][0, 0].tolist() for r in read]
    assert manifest["pictures_of_two_identities"] == [
        str(source / "Ada/both.png"),
        str(source / "Bob/both.webp"),
    ]
    assert manifest["repeated_pictures"] == [
        str(source / "Cid/1 once more.png"),
        str(source / "Cid/1.png"),
        str(source / "Dan/1.png"),
    ]
    assert manifest["identities_with_too_few_images"] == 1
    text = manifests.summary(manifest)
    assert "left out: 3 repeated pictures" in text
    assert "left out: 2 pictures under two identities" in text
    assert "left out: 1 identities with too few images" in text


def test_min_images(
    images_of, make_folders, build, read_records, source, target
):
    make_folders({"a": 1, "b": 2, "c": 3, "d": 4, "e": 2})
    manifest = build("folders", source, target, min_images=3)
    assert images_of(read_records(target)) == {"c": 3, "d": 4}
    assert manifest["identities_with_too_few_images"] == 3


def test_max_identities_takes_the_first_by_hash(
    images_of, make_folders, build, read_records, source, target
):
    names = sorted((f"p{i}" for i in range(20)), key=records.identity_hash)
    # The very first has too few images and must not use up a place.
    make_folders({name: 1 if name == names[0] else 2 for name in names})
    manifest = build("folders", source, target, max_identities=5)
    assert set(images_of(read_records(target))) == set(names[1:6])
    assert manifest["identities_beyond_max"] == 14
    assert manifest["identities_with_too_few_images"] == 1


def test_fewer_identities_than_max_and_one_image_each(
    images_of, make_folders, build, read_records, source, target
):
    make_folders({"a": 1, "b": 2})
    manifest = build("folders", source, target, max_identities=50, min_images=1)
    assert images_of(read_records(target)) == {"a": 1, "b": 2}
    assert manifest["identities_beyond_max"] == 0


def test_two_identities_of_one_hash(
    no_manifest, make_folders, build, source, target, monkeypatch
):
    make_folders({"Ada": 2, "Bob": 2, "Cid": 2})
    monkeypatch.setattr(
        splits, "identity_hash", lambda name: 5 if name == "Cid" else 7
    )
    with pytest.raises(
        BadCollection,
        match=r"two identities have the hash 7: \['Ada', 'Bob'\]",
    ):
        build("folders", source, target)
    assert no_manifest(target)


def test_identity_in_two_given_splits(
    no_manifest, save_picture, build, source, target
):
    for i, split in enumerate(("train", "valid")):
        for j in range(2):
            save_picture(source / split / f"Ada_{j}_1.png", (i, j, 0))
            save_picture(source / split / f"{split}_{j}_1.png", (i, j, 9))
    with pytest.raises(
        BadCollection,
        match=r"identity 'Ada' is in more than one split: "
        r"\['train', 'valid'\]",
    ):
        build("flat", source, target)
    assert no_manifest(target)
