"""The folder of `--format=web`; its page is tested in `explorer/`."""

import json
import os
import shutil

import pytest

from sdgan_tf.commands import export
from sdgan_tf.commands.options import Export
from sdgan_tf.explorer import site_files
from sdgan_tf.exporting.web import runtime


@pytest.fixture
def fake_runtime(tmp_path):
    """A folder with the names of onnxruntime-web's files."""
    folder = tmp_path / "ort"
    folder.mkdir()
    for name in runtime.FILES:
        (folder / name).write_text(name)
    return str(folder)


def test_export_writes_the_folder(random_run, fake_runtime, tmp_path, capsys):
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    runs = tmp_path / "runs"
    for name in ("one", "two"):
        shutil.copytree(random_run.folder, runs / name)
    for run_dir, name, said in (
        (runs / "one", "sd_began-0-web", "web of step 0"),
        (runs, "web", "web of 2 generators"),
    ):
        export.run(
            Export(
                run_dir=str(run_dir),
                format="web",
                onnxruntime_web_dir=fake_runtime,
                output_dir=str(tmp_path / "export"),
            )
        )
        folder = tmp_path / "export" / name
        printed = capsys.readouterr().out
        assert str(folder) in printed and said in printed
        numbers = ["0", "1"] if name == "web" else ["0"]
        files = {p.relative_to(folder).as_posix() for p in folder.rglob("*.*")}
        assert files == set(site_files.site_files()) | {
            "explorer.json",
            *(f"ort/{file}" for file in runtime.FILES),
            *(
                f"generators/{n}/{file}"
                for n in numbers
                for file in ("card.json", "model.onnx")
            ),
        }
    own = folder / "generators" / "1"
    card = json.loads((own / "card.json").read_text())
    assert card["name"] == "two" and card["model"] == "sd_began"
    assert card["bytes"] == {
        "model": os.path.getsize(own / "model.onnx"),
        "runtime": len(runtime.WASM),
    }
    start = json.loads((folder / "explorer.json").read_text())
    assert start["backend"] == "browser"
    assert [each["name"] for each in start["generators"]] == ["one", "two"]


def test_without_a_runtime_nothing_is_written(random_run, tmp_path):
    with pytest.raises(FileNotFoundError, match="must hold ort.wasm.min.mjs"):
        export.run(
            Export(
                run_dir=random_run.folder,
                format="web",
                onnxruntime_web_dir=str(tmp_path),
                output_dir=str(tmp_path / "export"),
            )
        )
    assert not os.listdir(tmp_path / "export")
