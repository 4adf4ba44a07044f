"""The command `import_reference`: what it says, and what it asks for."""

import json

import numpy as np
import pytest

from sdgan_tf.commands import import_reference
from sdgan_tf.commands.options import ImportReference
from sdgan_tf.models.began import BEGANGenerator


@pytest.fixture
def dump(tmp_path):
    """The dump of a random SD-BEGAN of 32x32; gives its folder.

    Its codes have 11 numbers, 6 of them in z_i.
    """
    network = BEGANGenerator(32, 4)
    network(np.zeros([1, 11], "float32"))
    arrays = {
        "G/fully_connected/weights": network.project.kernel,
        "G/fully_connected/biases": network.project.bias,
        "fig1/grid_zis": np.zeros([3, 6]),
        "fig1/grid_zos": np.zeros([2, 5]),
    }
    for n, layer in enumerate([*network.convs, network.to_image]):
        scope = f"G/Conv_{n}" if n else "G/Conv"
        arrays[f"{scope}/weights"] = layer.kernel
        arrays[f"{scope}/biases"] = layer.bias
    folder = tmp_path / "sdbegan_7"
    folder.mkdir()
    manifest = {}
    for name, array in arrays.items():
        filename = name.replace("/", "_")
        np.asarray(array, "<f4").tofile(folder / filename)
        manifest[name] = {"filename": filename, "shape": list(array.shape)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return str(folder)


def test_what_is_said(dump, capsys, tmp_path):
    run_dir = str(tmp_path / "run")
    import_reference.run(ImportReference(reference_dir=dump, run_dir=run_dir))
    assert capsys.readouterr().out.splitlines() == [
        f"sd_began of step 7, image_size=32, dim=4, d_i=6, d_o=5: {run_dir}",
        f"Codes of Figure 1, for --codes_as=grid: {run_dir}/figure1_codes.npz",
    ]


def test_only_a_named_d_i_counts(dump, tmp_path):
    options = {"reference_dir": dump, "run_dir": str(tmp_path / "run")}
    with pytest.raises(ValueError, match="have 6 numbers. Received: d_i=5"):
        import_reference.run(
            ImportReference(**options, d_i=5, named=frozenset({"d_i"}))
        )
    import_reference.run(ImportReference(**options, d_i=5))


def test_folders_are_wanted():
    with pytest.raises(ValueError, match="--reference_dir is missing"):
        import_reference.run(ImportReference())
    with pytest.raises(ValueError, match="--run_dir is missing"):
        import_reference.run(ImportReference(reference_dir="dump"))
