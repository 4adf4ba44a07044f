"""Photographs of users: which are found, and how they are read."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.records import faces
from sdgan_tf.photograph_files import find_photographs, read_photographs


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
