"""`--mode=project`: what it reads, what it finds, what it writes."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.records import faces
from sdgan_tf import projection
from sdgan_tf.evaluation.verifiers import open_verifier
from sdgan_tf.photographs import find_photographs, read_photographs


def save(path, size=(50, 40), colour="red", **options):
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def test_find_photographs(tmp_path):
    folder = tmp_path / "photos"
    wanted = [str(save(folder / n)) for n in ("a.png", "b.JPG", "c.webp")]
    (folder / "notes.txt").write_text("no picture")
    assert find_photographs(str(folder)) == wanted
    assert find_photographs(str(folder / "*.??g")) == wanted[:1]
    assert find_photographs(wanted[2]) == wanted[2:]
    for nothing in (folder / "none.png", folder / "*.gif"):
        with pytest.raises(FileNotFoundError, match="No photographs.*Received"):
            find_photographs(str(nothing))


def test_hidden_photographs_are_passed_over(tmp_path):
    for name in ("a.jfif", "._a.jfif", "Thumbs.db", ".b.png"):
        (tmp_path / name).write_bytes(b"")
    wanted = [str(tmp_path / "a.jfif")]
    assert find_photographs(str(tmp_path)) == wanted
    assert find_photographs(str(tmp_path / "*a.jfif")) == wanted
    assert find_photographs(str(tmp_path / ".b*")) == [str(tmp_path / ".b.png")]


def test_photographs_of_any_size_and_format(tmp_path):
    paths = [
        str(save(tmp_path / "p" / "a.png", (50, 40))),
        str(save(tmp_path / "p" / "b.jpg", (10, 90), "blue")),
        str(save(tmp_path / "p" / "c.webp", (64, 64), "lime", lossless=True)),
    ]
    read = read_photographs(paths, 32, "center")
    assert read.shape == (3, 32, 32, 3) and read.dtype == np.uint8
    assert read[0, 5, 5].tolist() == [255, 0, 0]
    assert np.abs(read[1, 5, 5] - [0.0, 0.0, 254.0]).max() < 3
    assert read[2, 5, 5].tolist() == [0, 255, 0]


def test_crop_is_build_records(tmp_path):
    image = np.zeros([40, 80, 3], np.uint8)
    image[:, 40:] = 255
    path = str(tmp_path / "half.png")
    Image.fromarray(image).save(path)
    right = read_photographs([path], 32, "0.5,0,1,1")
    assert right.min() == 255
    with pytest.raises(ValueError, match="`crop` must be"):
        read_photographs([path], 32, "left")


def test_photographs_without_a_face(tmp_path, monkeypatch):
    path = str(save(tmp_path / "p" / "a.png"))
    monkeypatch.setattr(faces, "check_installed", lambda: None)
    monkeypatch.setattr(faces, "find_eyes", lambda picture: None)
    with pytest.raises(ValueError, match="no face found.*Received: .*a.png"):
        read_photographs([path], 32, "face")


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "empty file"), (b"no picture", "not a picture that Pillow")],
)
def test_bad_photographs(tmp_path, data, message):
    path = tmp_path / "bad.png"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{message}.*Received: .*bad.png"):
        read_photographs([str(path)], 32, "center")


@pytest.mark.parametrize("shared", [False, True])
def test_what_is_written(
    random_run, own_pictures, make_config, tmp_path, capsys, shared
):
    _, pictures = own_pictures(random_run.generator(), 2)
    for name, picture in zip("ab", pictures, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    out = tmp_path / "out"
    projection.project(
        make_config(
            run_dir=random_run.folder,
            images=str(tmp_path / "*.png"),
            output_dir=str(out),
            shared_identity=shared,
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
    random_run, random_verifier, own_pictures, make_config, tmp_path, capsys
):
    _, pictures = own_pictures(random_run.generator(), 2)
    for name, picture in zip("ab", pictures, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    out = tmp_path / "out"
    projection.project(
        make_config(
            run_dir=random_run.folder,
            images=str(tmp_path / "*.png"),
            output_dir=str(out),
            verifier=random_verifier,
            perceptual_weight=1.0,
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


def test_a_verifier_of_another_size(random_verifier, make_config):
    config = make_config(verifier=random_verifier, perceptual_weight=1.0)
    assert projection.perceptual_verifier(config, 32).size == 8
    with pytest.raises(ValueError, match="size, 64. Received: .*trained on 32"):
        projection.perceptual_verifier(config, 64)
    off = make_config(verifier="nowhere", perceptual_weight=0.0)
    assert projection.perceptual_verifier(off, 64) is None


def test_flags_are_wanted(random_run, make_config):
    with pytest.raises(ValueError, match="--images is missing"):
        projection.project(make_config(run_dir=random_run.folder))
    with pytest.raises(ValueError, match="--run_dir is missing"):
        projection.project(make_config(run_dir="", images="photo.png"))
