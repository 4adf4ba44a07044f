"""Tests of whole builds and of their command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from apache_beam.runners.portability import local_job_service
from PIL import Image

from data_pipeline import build_pipeline, records
from data_pipeline.sources import BadCollection

ROOT = Path(__file__).parents[2]


def test_missing_input(build, source, target):
    with pytest.raises(
        FileNotFoundError, match=r"`input` does not exist.*input='.*source'"
    ):
        build("folders", source, target)


@pytest.mark.parametrize("layout", ["flat", "folders", "celeba"])
def test_file_where_a_folder_is_wanted(build, source, target, layout):
    source.write_text("image,identity\n")
    with pytest.raises(BadCollection, match=f"`{layout}` wants a folder"):
        build(layout, source, target)


def test_folder_where_a_table_is_wanted(make_folders, build, source, target):
    make_folders({"a": 2})
    with pytest.raises(BadCollection, match="`table` wants a CSV file"):
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
        BadCollection, match=r"1 file \.parquet, 1 file \.rec\. Unpack what"
    ):
        build("folders", source, target)
    with pytest.raises(
        BadCollection, match=r"wants a folder\. This is 1 file \.rec: unpack"
    ):
        build("folders", source / "b.rec", target)
    with pytest.raises(
        BadCollection, match=r"wants a CSV file\. Here lie 1 file \.parquet"
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
        patch.setattr(build_pipeline, "write_shard", cut_off)
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
    monkeypatch.setattr(build_pipeline, "write_shard", cut_off)
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


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "data_pipeline.build_records", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_command_line(images_of, make_folders, read_records, source, target):
    """With Beam's two worker processes, as by default."""
    counts = {f"Person {i}": 2 + i % 2 for i in range(12)}
    make_folders(counts)
    (source / "Person 0/bad.png").write_text("no picture")
    process = start(
        "--layout=folders",
        f"--input={source}",
        f"--output_dir={target}",
        "--image_size=32",
        "--num_shards=3",
        "--max_bad_fraction=0.1",
        "--direct_num_workers=2",  # Beam's own flag is handed on.
    )
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert images_of(read_records(target)) == counts
    assert records.DataSet.open(str(target)).num_shards == 3
    assert "left out: 1 bad files" in output
    assert output.endswith(f"Wrote {target}/manifest.json\n")
    assert "Traceback" not in errors


@pytest.fixture(scope="module")
def user_errors(tmp_path_factory):
    """(exit status, standard error) of some wrong command lines."""
    folder = tmp_path_factory.mktemp("errors")
    good = ["--layout=folders", "--input=~/nowhere"]
    target = f"--output_dir={folder}/target"
    Image.new("RGB", (40, 40)).save(folder / "x.png")
    table = folder / "table.csv"
    table.write_text("image,identity\nx.png,a\n../x.png,a\n")
    people = folder / "people"
    for n in range(2):
        (people / "a").mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), (n, 0, 0)).save(people / f"a/{n}.png")
    full = folder / "full"
    full.mkdir()
    for split in records.SPLITS:
        for shard in range(8):
            path = records.shard_path(str(full), split, shard, 8)
            os.symlink("/dev/full", path)
    processes = {
        # Not the first line: one is listed before anything else.
        "bad line": start("--layout=table", f"--input={table}", target),
        "full disk": start(
            "--layout=folders", f"--input={people}", f"--output_dir={full}"
        ),
        "missing input": start(*good, target),
        "missing flag": start(*good),
        # The user meant --min_images.
        "unknown flag": start(*good, target, "--min_image=3"),
    }
    results = {}
    for name, process in processes.items():
        _, errors = process.communicate(timeout=120)
        results[name] = process.returncode, errors
    return results


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing input", "build_records: `input` does not exist."),
        ("missing flag", "output_dir"),
        ("unknown flag", "min_image"),
        ("bad line", "line 3 names a file outside of the collection's folder"),
        ("full disk", "build_records: a worker failed: "),
    ],
)
def test_command_line_errors(user_errors, name, message):
    status, errors = user_errors[name]
    assert status != 0
    assert message in errors
    if name == "full disk":
        # Beam's worker has shown its traceback before.
        last = errors.splitlines()[-1]
        assert "No space left on device" in last or "is the disk full?" in last
    else:
        assert "Traceback" not in errors
    if name == "missing input":
        # A shell leaves the ~ behind a = as it is.
        assert f"input='{os.path.expanduser('~')}/nowhere'" in errors
    else:
        # Flags are checked before anything else.
        assert "does not exist" not in errors


def test_portable_runner_builds_the_same(built, target):
    """A job service of Beam's own, reached by gRPC as Flink's would be.

    Records, and so the build's id, are those of the local runner.
    """
    service = local_job_service.LocalJobServicer(str(target / "staging"))
    port = service.start_grpc_server()
    try:
        process = start(
            "--layout=folders",
            f"--input={built.parent / 'source'}",
            f"--output_dir={target / 'data'}",
            "--image_size=32",
            "--num_shards=2",
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{port}",
            "--environment_type=LOOPBACK",
        )
        _, errors = process.communicate(timeout=240)
    finally:
        service.stop()
    assert process.returncode == 0, errors
    assert (
        records.DataSet.open(str(target / "data")).build_id
        == records.DataSet.open(str(built)).build_id
    )
