"""Folders of pictures: what is written, replaced and kept."""

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.picture_folder import (
    Labels,
    grid_names,
    replace_earlier,
    write_pictures,
)


def test_names_of_a_grid():
    assert grid_names(1, 2, "row", "column") == [
        "row0000_column0000",
        "row0000_column0001",
    ]


def test_a_later_call_replaces_an_earlier_one(random_run, tmp_path):
    generator = random_run.generator()
    z = np.linspace(-1, 1, 15, dtype="float32").reshape(3, 5)
    first = write_pictures(str(tmp_path), generator, z, "abc", 2)
    assert first.earlier.lines() == []
    second = write_pictures(str(tmp_path), generator, z[1:], "bd", 2)
    assert (second.earlier.replaced, second.earlier.kept) == (3, 0)
    assert second.earlier.lines() == [
        "The 3 pictures of an earlier call are replaced."
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("b.png", "d.png", "grid.png", "samples.npz")
    ]
    np.testing.assert_array_equal(second.images, first.images[1:])


def test_labels_stand_beside_the_grid_alone(random_run, tmp_path):
    generator = random_run.generator()
    z = np.linspace(-1, 1, 15, dtype="float32").reshape(3, 5)
    labels = Labels(["0", "2"], ["+0", "+1"])
    written = write_pictures(str(tmp_path), generator, z, "abc", 2, labels)
    grid = np.asarray(Image.open(written.grid))
    # Three times as large, right of the text and below it.
    picture = written.images[2].repeat(3, axis=0).repeat(3, axis=1)
    np.testing.assert_array_equal(grid[-96:, -192:-96], picture)
    single = np.asarray(Image.open(tmp_path / "c.png"))
    np.testing.assert_array_equal(single, written.images[2])


@pytest.mark.parametrize("record", ["none", "damaged", "of others"])
def test_pictures_of_no_known_call_stay(tmp_path, record):
    folder = tmp_path / "out"
    folder.mkdir()
    others = [folder / "00001.png", tmp_path / "outside.png"]
    for path in others:
        path.write_bytes(b"mine")
    if record == "damaged":
        (folder / "samples.npz").write_bytes(b"PK no zip")
    elif record == "of others":
        names = np.array(["../outside", str(tmp_path / "outside")])
        np.savez(folder / "samples.npz", names=names)
    earlier = replace_earlier(
        str(folder), "samples.npz", ["00000"], ["grid.png"]
    )
    assert all(path.read_bytes() == b"mine" for path in others)
    assert earlier.kept == 1
    assert earlier.lines()[-1] == (
        f"Other pictures in {folder} are of no call that is known and stay: 1."
    )
