"""The command `project`: its files and its messages."""

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.commands import project
from sdgan_tf.commands.options import Project
from sdgan_tf.evaluation.verifiers import open_verifier

SMALL = {"restarts": 2, "projection_steps": 4, "num_observations": 3}


@pytest.mark.parametrize("shared", [False, True])
def test_what_is_written(random_run, own_pictures, tmp_path, capsys, shared):
    _, pictures = own_pictures(random_run.generator(), 2)
    for name, picture in zip("ab", pictures, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    out = tmp_path / "out"
    project.run(
        Project(
            run_dir=random_run.folder,
            images=str(tmp_path / "*.png"),
            output_dir=str(out),
            shared_identity=shared,
            **SMALL,
        )
    )
    with np.load(out / "codes.npz", allow_pickle=False) as arrays:
        codes = dict(arrays)
    assert codes["z_i"].shape == (2, 3) and codes["z_o"].shape == (2, 2)
    assert (codes["z_i"][0] == codes["z_i"][1]).all() == shared
    assert codes["names"].tolist() == ["0000_a", "0001_b"]
    sheet = np.asarray(
        Image.open(out / "photographs_and_reconstructions.png"), "float32"
    )
    assert sheet.shape == (64, 64, 3)
    np.testing.assert_array_equal(sheet[32:, :32], pictures[1])
    single = np.asarray(Image.open(out / "0001_b.png"))
    np.testing.assert_array_equal(sheet[32:, 32:], single)
    assert codes["distance"][1] == pytest.approx(
        np.abs(sheet[32:, :32] - sheet[32:, 32:]).mean()
    )
    # A row each subject: the reconstruction and three other observations.
    others = np.asarray(Image.open(out / "other_observations.png"))
    assert others.shape == ((1 if shared else 2) * 32, 4 * 32, 3)
    np.testing.assert_array_equal(others[:32, :32], sheet[:32, 32:])
    printed = capsys.readouterr().out
    assert f"0001_b: {codes['distance'][1]:.2f} grey levels" in printed


def test_embedding_distance_is_written(
    random_run, random_verifier, own_pictures, tmp_path, capsys
):
    _, pictures = own_pictures(random_run.generator(), 2)
    for name, picture in zip("ab", pictures, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    out = tmp_path / "out"
    project.run(
        Project(
            run_dir=random_run.folder,
            images=str(tmp_path / "*.png"),
            output_dir=str(out),
            verifier=random_verifier,
            perceptual_weight=1.0,
            **SMALL,
        )
    )
    with np.load(out / "codes.npz", allow_pickle=False) as arrays:
        distance = arrays["embedding_distance"]
    found = np.asarray(Image.open(out / "0001_b.png"))
    verifier = open_verifier(random_verifier)
    one, other = verifier(np.stack([pictures[1], found]))
    assert distance[1] == pytest.approx(np.linalg.norm(one - other), abs=1e-6)
    printed = capsys.readouterr().out
    assert f"grey levels, {distance[1]:.3f} in the embedding" in printed


def test_the_verifier_is_not_opened_in_vain(random_run, own_pictures, tmp_path):
    _, (picture,) = own_pictures(random_run.generator(), 1)
    Image.fromarray(picture).save(tmp_path / "a.png")
    project.run(
        Project(
            run_dir=random_run.folder,
            images=str(tmp_path / "a.png"),
            output_dir=str(tmp_path / "out"),
            verifier="nowhere",
            **SMALL,
        )
    )
    with np.load(tmp_path / "out" / "codes.npz") as arrays:
        assert "embedding_distance" not in arrays


def test_options_are_wanted(random_run):
    with pytest.raises(ValueError, match="--images is missing"):
        project.run(Project(run_dir=random_run.folder))
    with pytest.raises(ValueError, match="--run_dir is missing"):
        project.run(Project(images="photo.png"))
