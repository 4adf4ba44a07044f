"""`--crop=face`: faces are found, and turned to where CelebA has them."""

import importlib.util
import math
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_pipeline.records import faces, pictures

SIDE = 64


def test_canonical_eyes():
    # CelebA's pixels (69, 111) and (108, 111) in the crop 15..163, 35..183.
    np.testing.assert_allclose(
        faces.EYES * SIDE, [[23.568, 33.081], [40.432, 33.081]], atol=1e-3
    )


def ramp(width, height):
    """Red grows by 2 a column, green by 2 a row."""
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([2 * x, 2 * y, 0 * x], axis=-1)
    return Image.fromarray(pixels.astype(np.uint8))


def test_align_by_hand():
    """Eyes where they should be, two pixels down: a shift by two pixels."""
    eyes = faces.EYES * SIDE + [0, 2]
    aligned = np.asarray(faces.align(ramp(80, 80), eyes, SIDE))
    assert aligned.shape == (SIDE, SIDE, 3) and aligned.dtype == np.uint8
    assert aligned[10, 20].tolist() == [40, 24, 0]


def test_a_turned_face_is_turned_back():
    """The person's head lies on the picture's right: x is y."""
    middle = 40.0
    eyes = np.array([[middle, 20.0], [middle, 20.0 + 16.865]])
    aligned = np.asarray(faces.align(ramp(100, 100), eyes, SIDE), int)
    # Down in the result is left in the picture, right is down.
    assert aligned[20, 32, 0] - aligned[30, 32, 0] == pytest.approx(20, abs=1)
    assert aligned[20, 42, 1] - aligned[20, 32, 1] == pytest.approx(20, abs=1)


def test_beyond_the_edges_they_are_repeated():
    white = Image.new("RGB", (40, 30), "white")
    aligned = faces.align(white, np.array([[2.0, 3.0], [30.0, 9.0]]), SIDE)
    assert np.asarray(aligned).min() == 255


def test_a_large_face_is_reduced_with_antialiasing():
    y, x = np.mgrid[:600, :600]
    board = np.where((x + y) % 2, 255, 0).astype(np.uint8)
    picture = Image.fromarray(np.stack([board] * 3, axis=-1))
    reduced = np.asarray(faces.align(picture, faces.EYES * 512.0, SIDE))
    assert reduced.min() >= 110 and reduced.max() <= 145


def without(monkeypatch, name):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda wanted, *a: None if wanted == name else find_spec(wanted, *a),
    )


@pytest.mark.parametrize("name", ["mtcnn", "lz4", "joblib"])
def test_not_installed(monkeypatch, make_folders, build, source, target, name):
    make_folders({"a": 2})
    without(monkeypatch, name)
    with pytest.raises(
        FileNotFoundError,
        match=f"requirements-faces.txt.*Received: no .*{name}",
    ):
        build("folders", source, target, crop="face")
    assert not target.exists()


def test_importing_loads_no_detector():
    code = (
        "import sys, data_pipeline.records.pictures; "
        "print('mtcnn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == "False", done.stderr


@pytest.fixture
def detector():
    try:
        faces.check_installed()
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def aligned_faces(tmp_path_factory):
    """Twelve aligned photographs of CelebA, 64x64."""
    given = os.environ.get("SDGAN_TEST_DATA")
    if not given:
        pytest.skip("SDGAN_TEST_DATA names no folder with real photographs.")
    with zipfile.ZipFile(Path(given) / "celeba10k.zip") as file:
        names = sorted(n for n in file.namelist() if n.endswith(".png"))
        found = []
        for name in names[:: len(names) // 12][:12]:
            with file.open(name) as opened:
                found.append(Image.open(opened).convert("RGB"))
    assert found[0].size == (SIDE, SIDE)
    return found


def moved(face, number):
    """A face, turned and enlarged, somewhere on a larger canvas."""
    rng = np.random.default_rng(number)
    turn = rng.uniform(1.8, 3.5) * np.exp(
        1j * math.radians(rng.uniform(-20, 20))
    )
    x, y = rng.uniform(190, 290, 2)
    back = 1 / turn
    move = complex(32, 32) - back * complex(x, y)
    return face.transform(
        (480, 480),
        Image.Transform.AFFINE,
        (back.real, -back.imag, move.real, back.imag, back.real, move.imag),
        Image.Resampling.BICUBIC,
        fillcolor=(90, 120, 90),
    )


def difference(one, other):
    one, other = (np.asarray(p, np.float32) for p in (one, other))
    return np.abs(one - other).mean()


def test_eyes_come_back(
    detector, aligned_faces, build, read_records, source, target
):
    for number, face in enumerate(aligned_faces):
        folder = source / f"person{number}"
        folder.mkdir(parents=True)
        moved(face, number).save(folder / "0.png")
    manifest = build(
        "folders", source, target, crop="face", image_size=SIDE, min_images=1
    )
    assert manifest["options"]["crop"] == "face"
    read = {int(r["identity"][6:]): r["pixels"] for r in read_records(target)}
    assert len(read) == len(aligned_faces)
    eyes, ours, others = [], [], []
    for number, face in enumerate(aligned_faces):
        ours.append(difference(read[number], face))
        others.append(difference(read[number], aligned_faces[number - 1]))
        eyes.append(faces.find_eyes(Image.fromarray(read[number])))
    off = np.stack([e for e in eyes if e is not None]) - faces.EYES * SIDE
    assert len(off) >= 10
    assert np.abs(off.mean(axis=0)).max() < 1
    assert np.abs(off).max() < 2.5
    assert np.median(ours) < 25 < np.median(others)


def test_pictures_without_a_face_are_listed(
    detector, aligned_faces, build, read_records, source, target
):
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, [200, 200, 3], np.uint8))
    (source / "a").mkdir(parents=True)
    moved(aligned_faces[0], 0).save(source / "a" / "face.png")
    noise.save(source / "a" / "noise.png")
    Image.new("RGB", (300, 200), "teal").save(source / "a" / "flat.png")
    options = {"crop": "face", "min_images": 1, "max_bad_fraction": 0.7}
    manifest = build("folders", source, target, **options)
    assert manifest["bad_files"] == [
        {"path": str(source / "a" / name), "reason": "no face found"}
        for name in ("flat.png", "noise.png")
    ]
    assert [r["observation"] for r in read_records(target)] == ["face"]


def test_the_largest_face_is_taken(detector, aligned_faces):
    canvas = Image.new("RGB", (400, 240), "teal")
    canvas.paste(aligned_faces[0].resize((90, 90)), (20, 20))
    canvas.paste(aligned_faces[3].resize((200, 200)), (180, 20))
    assert (faces.find_eyes(canvas)[:, 0] > 180).all()
    assert pictures.square(canvas, "face", 32).size == (32, 32)
