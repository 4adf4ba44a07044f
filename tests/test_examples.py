"""The notebook runs on an export, without the project, and is kept bare."""

import base64
import io
import pathlib

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.exporting.saved_model import write_saved_model
from sdgan_tf.exporting.signatures import ServedGenerator
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parent.parent
NOTEBOOK = ROOT / "examples" / "generate.ipynb"
PRETRAINED = ROOT / "pretrained" / "celeba10k_sd_dcgan"
NO_PROJECT = """
import sys
assert not [name for name in sys.modules if "sdgan_tf" in name]
"""


@pytest.fixture
def notebook():
    nbformat = pytest.importorskip("nbformat", reason="requirements-dev.txt")
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> str:
    """The SavedModel of a generator whose pictures differ, by its model."""
    pytest.importorskip(
        "tensorflow_serving", reason="pip install -r requirements-serving.txt"
    )
    folder = tmp_path_factory.mktemp("export") / "sd_dcgan"
    generator = Run(str(PRETRAINED)).generator()
    write_saved_model(
        ServedGenerator(generator).signatures(),
        "sd_dcgan",
        str(folder / str(generator.step)),
    )
    return str(folder)


def pictures(notebook) -> list[Image.Image]:
    """The pictures that the cells put out, in order."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind in ("image/png", "image/gif"):
                if kind in output.get("data", {}):
                    data = base64.b64decode(output.data[kind])
                    found.append(Image.open(io.BytesIO(data)))
    return found


def test_the_notebook_is_kept_without_outputs(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs and cell.execution_count is None


@pytest.mark.parametrize(
    "given", [pytest.param(False, marks=pytest.mark.slow), True]
)
def test_the_notebook_runs(notebook, export, tmp_path, monkeypatch, given):
    pytest.importorskip("ipykernel", reason="requirements-dev.txt")
    nbclient = pytest.importorskip("nbclient", reason="requirements-dev.txt")
    nbformat = pytest.importorskip("nbformat", reason="requirements-dev.txt")
    monkeypatch.setenv("SDGAN_EXPORT", export)
    # Red above and blue below: the middle has both.
    photograph = np.zeros([40, 60, 3], np.uint8)
    photograph[:20, :, 0] = photograph[20:, :, 2] = 255
    Image.fromarray(photograph).save(tmp_path / "photograph.png")
    if given:
        monkeypatch.setenv("SDGAN_PHOTOGRAPH", "photograph.png")
    notebook.cells.append(nbformat.v4.new_code_cell(NO_PROJECT))
    nbclient.NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()

    grid, walk, animation, pair, subject = pictures(notebook)
    assert grid.size == (6 * 64, 4 * 64)
    assert walk.size == (7 * 64, 7 * 64)
    assert (animation.format, animation.n_frames) == ("GIF", 24)
    assert pair.size == (2 * 64, 64)
    assert subject.size == (6 * 64, 64)
    # The walk starts at the grid's first picture and ends at (1, 1).
    grid, walk, pair = (np.asarray(x).astype(int) for x in (grid, walk, pair))
    assert np.abs(walk[:64, :64] - grid[:64, :64]).max() <= 1
    assert np.abs(walk[-64:, -64:] - grid[64:128, 64:128]).max() <= 1
    target, found = pair[:, :64], pair[:, 64:]
    if given:
        np.testing.assert_array_equal(target[0, 0], [255, 0, 0])
        np.testing.assert_array_equal(target[-1, -1], [0, 0, 255])
    else:
        assert np.abs(found - target).mean() < 10
