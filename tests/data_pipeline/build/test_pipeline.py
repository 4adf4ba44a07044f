"""Tests of what a build puts into the shards."""

import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image, ImageDraw

from data_pipeline import records
from data_pipeline.build import manifest as manifests
from data_pipeline.build.reading import TableColumns


def test_folders(images_of, make_folders, build, read_records, source, target):
    counts = {f"Person {i}": 2 + i % 3 for i in range(30)}
    make_folders(counts)
    manifest = build("folders", source, target, num_shards=8)
    read = read_records(target)
    assert images_of(read) == counts

    # Each identity is in one split, that of its hash, and there in one piece.
    places, order = {}, []
    for record in read:
        hashed = records.identity_hash(record["identity"])
        assert record["identity_hash"] == hashed
        assert record["split"] == records.split_of(hashed)
        places.setdefault(record["identity"], set()).add(
            (record["split"], record["shard"])
        )
        if not order or order[-1] != record["identity"]:
            order.append(record["identity"])
    assert all(len(place) == 1 for place in places.values())
    assert len(order) == len(set(order)) == 30

    # The pictures are those of the files.
    for record in read:
        assert record["pixels"].shape == (32, 32, 3)
        assert record["pixels"].dtype == np.uint8
        i, j = int(record["identity"].split()[1]), int(record["observation"])
        assert np.unique(record["pixels"].reshape(-1, 3), axis=0).tolist() == [
            [i, j, 0]
        ]
        assert record["labels"] == {}

    # All shards are there, those without identities too, and no other file.
    names = [
        f"{split}-{shard:05d}-of-00008.{suffix}"
        for split in ("train", "valid", "test")
        for shard in range(8)
        for suffix in ("tfrecord", "npz")
    ]
    assert sorted(os.listdir(target)) == sorted(
        [*names, "manifest.json", "preview.png"]
    )
    held = {(r["split"], r["shard"]) for r in read}
    assert len(held) < 24, "No shard is empty: the test tests nothing."

    # The index of each shard says what its records hold.
    data = records.DataSet.open(str(target))
    for split in records.SPLITS:
        for shard, path in enumerate(data.shards(split)):
            index = data.index(path)
            here = [
                int(r["identity_hash"])
                for r in read
                if (r["split"], r["shard"]) == (split, shard)
            ]
            assert np.repeat(index.hashes, index.counts).tolist() == here
            assert index.hashes.tolist() == sorted(set(here))

    # The manifest counts.
    assert json.loads((target / "manifest.json").read_text()) == json.loads(
        json.dumps(manifest)
    )
    for split in records.SPLITS:
        here = images_of(r for r in read if r["split"] == split)
        assert manifest["splits"][split]["identities"] == len(here)
        assert manifest["splits"][split]["images"] == sum(here.values())
        assert (manifest["splits"][split]["bytes"] > 0) == bool(here)
    assert manifest["files_listed"] == sum(counts.values())
    assert manifest["image_size"] == 32 and manifest["num_shards"] == 8
    assert manifest["label_names"] == []
    assert manifest["options"]["crop"] == "center"
    for name in (
        "bad_files",
        "repeated_pictures",
        "pictures_of_two_identities",
    ):
        assert manifest[name] == []
    assert manifest["identities_with_too_few_images"] == 0
    assert manifest["identities_beyond_max"] == 0


def test_flat_keeps_the_given_splits(
    save_picture, build, read_records, source, target
):
    for i, split in enumerate(("train", "valid", "test")):
        for n in range(3):
            for j in range(2):
                save_picture(
                    source / split / f"{split}_{n}_{j}_0.8.png", (i, n, j)
                )
    build("flat", source, target)
    read = read_records(target)
    assert len(read) == 18
    for record in read:
        assert record["identity"].rsplit("_", 1)[0] == record["split"]
    assert {r["observation"] for r in read} == {"0", "1"}


def test_flat_without_splits_splits_by_hash(
    save_picture, build, read_records, source, target
):
    for n in range(8):
        for j in range(2):
            save_picture(source / f"p{n}_{j}_1.png", (n, j, 0))
    build("flat", source, target)
    read = read_records(target)
    assert len(read) == 16
    for record in read:
        assert record["split"] == records.split_of(record["identity_hash"])


def test_more_images_move_no_identity(
    make_folders, build, read_records, source, target, built
):
    def places(folder):
        return {
            r["identity"]: (r["split"], r["shard"])
            for r in read_records(folder)
        }

    before = places(built)
    make_folders(dict.fromkeys(before, 4) | {"new": 2})
    build("folders", source, target)
    after = places(target)
    assert len(before) == 20 and len(after) == 21
    assert before == {name: after[name] for name in before}


@pytest.mark.parametrize(
    ("size", "inside"),
    [((178, 218), (15, 35, 163, 183)), ((89, 109), (7, 17, 82, 92))],
)
def test_celeba_takes_the_relative_centre(
    build, read_records, source, target, size, inside
):
    """The official 148 x 148 at (15, 35), and the same of half the size."""
    (source / "img_align_celeba").mkdir(parents=True)
    for j in (0, 1):
        picture = Image.new("RGB", size, "red")
        left, top, right, bottom = inside
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=(0, 250, j))
        # Inside by 3 pixels: the crop must not be smaller than it should.
        draw.rectangle(
            (left + 3, top + 3, right - 4, bottom - 4), fill=(0, 0, 250 + j)
        )
        # Lossless, whatever the name ends in.
        picture.save(source / f"img_align_celeba/00000{j}.jpg", format="PNG")
    (source / "identity_CelebA.txt").write_text("000000.jpg 7\n000001.jpg 7\n")
    manifest = build("celeba", source, target, image_size=64)
    read = read_records(target)
    assert [(r["identity"], r["observation"]) for r in read] == [
        ("7", "000000"),
        ("7", "000001"),
    ]
    for record in read:
        pixels = record["pixels"].astype(int)
        assert pixels[..., 0].max() < 40, "The frame is in the picture."
        for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
            # Lanczos rings by a few per cent.
            assert edge[..., 1].min() > 180
        assert pixels[5:-5, 5:-5, 2].min() > 220
    assert manifest["options"]["crop"].count(",") == 3


def test_crop_of_the_user_goes_before_the_layout(
    build, read_records, source, target
):
    (source / "img_align_celeba").mkdir(parents=True)
    for j in (0, 1):
        picture = Image.new("RGB", (40, 40), "red")
        picture.paste((0, 255, j), (20, 0, 40, 40))
        picture.save(source / f"img_align_celeba/{j}.png")
    (source / "identity_CelebA.txt").write_text("0.png 7\n1.png 7\n")
    build("celeba", source, target, crop="0.5,0,1,1")
    read = read_records(target)
    assert len(read) == 2
    for record in read:
        assert record["pixels"].reshape(-1, 3).min(axis=0)[1] == 255


def test_table_keeps_labels_and_lists_missing_files(
    images_of, save_picture, build, read_records, source, target
):
    rows = ["file,who,colour,size"]
    for i in range(3):
        for j in range(3):
            save_picture(source / f"pics/{i}{j}.png", (i, j, 0))
            rows.append(f'pics/{i}{j}.png,shoe {i},"red, {i}",{j}')
    rows.append("pics/nowhere.png,shoe 0,,")
    (source / "shop.csv").write_text("\n".join(rows))
    manifest = build(
        "table",
        source / "shop.csv",
        target,
        columns=TableColumns("file", "who", ("size", "colour")),
        max_bad_fraction=0.1,
    )
    read = read_records(target)
    assert images_of(read) == {"shoe 0": 3, "shoe 1": 3, "shoe 2": 3}
    for record in read:
        i, j = record["observation"]
        assert record["identity"] == f"shoe {i}"
        assert record["labels"] == {"size": j, "colour": f"red, {i}"}
        assert record["pixels"][0, 0].tolist() == [int(i), int(j), 0]
    assert manifest["label_names"] == ["size", "colour"]
    assert records.DataSet.open(str(target)).label_names == ("size", "colour")
    (bad,) = manifest["bad_files"]
    assert bad["path"] == str(source / "pics/nowhere.png")
    assert bad["reason"].startswith("cannot be read: ")
    assert manifest["files_listed"] == 10


def test_table_of_a_shop(
    images_of, save_picture, build, read_records, source, target
):
    """Semicolons, UTF-16, blanks, an empty label, and a row without image."""
    rows = ["Image ;identity;brand"]
    for i in range(8):
        for j in range(2):
            save_picture(source / f"pics/{i}{j}.png", (i, j, 0))
            brand = "acme" if i < 2 else ""
            rows.append(f"pics\\{i}{j}.png; Schuh {i}\u00a0;{brand}")
    rows.append(";Schuh 1;acme")
    (source / "shop.csv").write_text("\r\n".join(rows), encoding="utf-16")
    manifest = build(
        "table",
        source / "shop.csv",
        target,
        columns=TableColumns("Image", "identity", ("brand",)),
        max_bad_fraction=0.1,
        split_fractions=(0.4, 0.3, 0.3),
    )
    read = read_records(target)
    assert images_of(read) == {f"Schuh {i}": 2 for i in range(8)}
    for record in read:
        few = record["identity"] in ("Schuh 0", "Schuh 1")
        assert record["labels"] == ({"brand": "acme"} if few else {})
        assert record["split"] == records.split_of(
            record["identity_hash"], (0.4, 0.3, 0.3)
        )
    (bad,) = manifest["bad_files"]
    assert bad == {"path": f"{source}/shop.csv line 18", "reason": "no image"}
    text = manifests.summary(manifest)
    assert "cells separated by semicolon, UTF-16" in text
    assert "without the label `brand`: 12 of 17 pictures" in text
    assert "images of an identity: 2 to 2 (Schuh " in text
    with Image.open(target / "preview.png") as preview:
        assert preview.size == (2 * 64, 8 * (64 + 16))


def test_folders_of_splits_and_a_single_identity(
    read_records, save_picture, build, source, target, caplog
):
    for j in range(3):
        save_picture(source / f"train/Ada/{j}.png", (1, j, 0))
        save_picture(source / f"train/.ipynb_checkpoints/{j}.png", (1, j, 0))
    manifest = build("folders", source, target)
    assert [r["split"] for r in read_records(target)] == ["train"] * 3
    assert "All 3 pictures are of one identity, Ada" in caplog.text
    text = manifests.summary(manifest)
    assert "WARNING: 1 identity of `train` with two images" in text
    assert "The collection itself decides" in text


@pytest.fixture(scope="module")
def real_collections(tmp_path_factory):
    """The folder with the unpacked `celeba` and `grocery`."""
    given = os.environ.get("SDGAN_TEST_DATA")
    if not given:
        pytest.skip("SDGAN_TEST_DATA names no folder with real photographs.")
    folder = tmp_path_factory.mktemp("real")
    for name in ("celeba_layout.zip", "grocery_folders.zip"):
        with zipfile.ZipFile(Path(given) / "raw" / name) as file:
            file.extractall(folder)
    return folder


@pytest.mark.parametrize(
    ("layout", "name", "counts"),
    [
        # 240 identities and 739 images; 40 identities have one image only.
        ("celeba", "celeba", (739, 40, 200, 699)),
        ("folders", "grocery", (310, 0, 31, 310)),
    ],
)
def test_real_collection(
    real_collections, build, read_records, target, layout, name, counts
):
    manifest = build(layout, real_collections / name, target)
    listed, too_few, identities, images = counts
    assert manifest["files_listed"] == listed
    assert manifest["identities_with_too_few_images"] == too_few
    splits = manifest["splits"].values()
    assert sum(split["identities"] for split in splits) == identities
    assert sum(split["images"] for split in splits) == images
    for name in (
        "bad_files",
        "repeated_pictures",
        "pictures_of_two_identities",
    ):
        assert manifest[name] == []
    read = read_records(target)
    assert len(read) == images
    # Photographs: many colours, and no two alike.
    assert all(len(np.unique(r["pixels"])) > 40 for r in read)
    assert len({r["image"] for r in read}) == images


def test_shards_are_even_beside_a_large_identity(
    make_folders, build, read_records, source, target
):
    """Of 120 photographs of one split 25 are of one identity."""
    names = [f"p{i}" for i in range(200)]
    train = [
        name
        for name in names
        if records.split_of(records.identity_hash(name)) == "train"
    ]
    make_folders(
        {train[0]: 25} | dict.fromkeys(train[1:39], 2) | {train[39]: 19}
    )
    build("folders", source, target, num_shards=4)
    shards = [record["shard"] for record in read_records(target)]
    assert len(shards) == 120
    assert {shards.count(shard) for shard in range(4)} <= {29, 30, 31}


@pytest.mark.parametrize("ending", ["zip", "tgz"])
def test_archives_give_the_data_set_of_their_folder(
    build, built, tmp_path, ending
):
    """A compressed tar is read once, and its pictures are kept meanwhile."""
    path = tmp_path / f"old.{ending}"
    source = built.parent / "source"
    names = sorted(str(p.relative_to(source)) for p in source.glob("*/*"))
    if ending == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.write(source / name, name)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for name in names:
                archive.add(source / name, name)
    target = tmp_path / "target"
    manifest = build("folders", path, target)
    expected = records.DataSet.open(str(built)).build_id
    assert manifest["build_id"] == expected
    assert sorted(os.listdir(target)) == sorted(os.listdir(built))


def test_parquet(build, read_records, images_of, tmp_path):
    """Pictures of a row group are read together, and kept meanwhile."""
    rows = []
    for n in range(12):
        buffer = io.BytesIO()
        Image.new("RGB", (40, 40), (n, 0, 0)).save(buffer, "PNG")
        rows.append({"image": {"bytes": buffer.getvalue()}, "who": n % 4})
    rows.append({"image": {"bytes": None}, "who": 0})
    table = pyarrow.Table.from_pylist(rows)
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(table, path, row_group_size=5)
    target = tmp_path / "target"
    manifest = build(
        "parquet",
        path,
        target,
        columns=TableColumns("image", "who"),
        max_bad_fraction=0.1,
    )
    read = read_records(target)
    assert images_of(read) == {"0": 3, "1": 3, "2": 3, "3": 3}
    for record in read:
        assert record["pixels"][0, 0, 0] % 4 == int(record["identity"])
    assert manifest["bad_files"] == [
        {"path": f"{path}/12", "reason": "empty file"}
    ]
    assert not (target / "temporary").exists()
