"""Tests of the command `build_records`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from apache_beam.runners.portability import local_job_service
from PIL import Image

from data_pipeline import records

ROOT = Path(__file__).parents[2]


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
    # Neither TensorFlow nor Beam and its workers write lines of their own.
    assert errors == ""


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
        ("bad line", "line 3 names a file outside the collection's folder"),
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
