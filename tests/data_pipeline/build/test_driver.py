"""Tests of whole builds, and of what they refuse."""

import shutil

import pytest

from data_pipeline import records
from data_pipeline.build import shard_writing
from data_pipeline.build.errors import BadCollection


def test_missing_input(build, source, target):
    with pytest.raises(
        FileNotFoundError, match=r"`input` does not exist.*input='.*source'"
    ):
        build("folders", source, target)


@pytest.mark.parametrize("layout", ["flat", "folders", "celeba"])
def test_file_where_a_folder_is_wanted(build, source, target, layout):
    source.write_text("image,identity\n")
    with pytest.raises(BadCollection, match=f"`{layout}` needs a folder"):
        build(layout, source, target)


def test_folder_where_a_table_is_wanted(make_folders, build, source, target):
    make_folders({"a": 2})
    with pytest.raises(BadCollection, match="`table` needs a CSV file"):
        build("table", source, target)


def test_broken_collection_fails_before_any_work(build, source, target):
    source.mkdir()
    with pytest.raises(BadCollection, match="`celeba` needs the file"):
        build("celeba", source, target)
    assert not target.exists()


def test_containers_are_named(build, source, target):
    source.mkdir()
    for name in ("a.parquet", "b.rec"):
        (source / name).write_bytes(b"PAR1")
    with pytest.raises(
        BadCollection, match=r"1 file \.parquet, 1 file \.rec\. For \.parquet"
    ):
        build("folders", source, target)
    with pytest.raises(
        BadCollection,
        match=r"folder\. This is 1 file \.rec\. For .* pass .*=recordio",
    ):
        build("folders", source / "b.rec", target)
    with pytest.raises(
        BadCollection, match=r"needs a CSV file\. It contains 1 file \.parquet"
    ):
        build("table", source, target)


def test_image_root_that_is_not_there(build, source, target):
    source.write_text("image,identity\n")
    with pytest.raises(FileNotFoundError, match="`image_root` does not exist"):
        build("table", source, target, image_root=str(target))


@pytest.mark.parametrize("content", ["nothing", "no pictures"])
def test_folder_without_pictures(
    no_manifest, save_picture, build, source, target, content
):
    source.mkdir()
    if content == "no pictures":
        (source / "Ada").mkdir()
        (source / "Ada/notes.txt").write_text("none")
        # Nor is a picture outside the folders one of an identity.
        save_picture(source / "loose.png", "red")
    with pytest.raises(
        BadCollection,
        match=r"No pictures found in the layout `folders`.*input='.*source'",
    ):
        build("folders", source, target)
    assert not target.exists() or no_manifest(target)


@pytest.fixture
def old(built, target):
    """`target` holds a finished data set already."""
    shutil.copytree(built, target)
    return records.DataSet.open(str(target))


def test_overwrite(
    images_of, make_folders, build, read_records, source, target, built, old
):
    make_folders({"new": 3})
    with pytest.raises(
        FileExistsError, match=r"`output_dir` holds a data set.*--overwrite"
    ):
        build("folders", source, target)
    # The refused build changed nothing.
    assert records.DataSet.open(str(target)).build_id == old.build_id
    assert images_of(read_records(target)) == images_of(read_records(built))

    new = build("folders", source, target, overwrite=True)
    assert new["build_id"] != old.build_id
    assert records.DataSet.open(str(target)).build_id == new["build_id"]
    assert images_of(read_records(target)) == {"new": 3}


def cut_off(element, options):
    raise RuntimeError("the power went off")


def test_interrupted_build_leaves_no_manifest(
    no_manifest,
    images_of,
    make_folders,
    build,
    read_records,
    source,
    target,
    monkeypatch,
):
    make_folders({"a": 2})
    with monkeypatch.context() as patch:
        patch.setattr(shard_writing, "write_shard", cut_off)
        with pytest.raises(Exception, match="the power went off"):
            build("folders", source, target)
    assert no_manifest(target)
    # What is left hinders no later build.
    build("folders", source, target)
    assert images_of(read_records(target)) == {"a": 2}


def test_interrupted_build_over_an_old_one_leaves_no_manifest(
    no_manifest, make_folders, build, source, target, old, monkeypatch
):
    make_folders({"a": 2})
    monkeypatch.setattr(shard_writing, "write_shard", cut_off)
    with pytest.raises(Exception, match="the power went off"):
        build("folders", source, target, overwrite=True)
    assert no_manifest(target)


def test_failed_build_over_an_old_one_leaves_no_manifest(
    no_manifest, make_folders, build, source, target, old
):
    make_folders({"a": 2})
    (source / "a/empty.png").write_bytes(b"")
    with pytest.raises(BadCollection, match="1 of 3 files are bad"):
        build("folders", source, target, overwrite=True)
    assert no_manifest(target)


def test_output_in_a_file(make_folders, build, source, target):
    """An error that `main` shows as a message: ValueError or OSError."""
    make_folders({"a": 2})
    target.write_text("a file")
    with pytest.raises((ValueError, OSError), match="target"):
        build("folders", source, target / "data")


def test_wrong_input_leaves_the_old_data_set(build, source, target, old):
    with pytest.raises(FileNotFoundError):
        build("folders", source, target, overwrite=True)
    assert records.DataSet.open(str(target)) == old
