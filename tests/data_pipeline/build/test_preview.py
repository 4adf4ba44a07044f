"""Tests of what is shown and said of a finished build."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.build import preview


def test_look(skewed):
    said = preview.look(skewed, fixed=False)
    assert said["identities_with_two_images"] == {
        "train": 16,
        "valid": 0,
        "test": 0,
    }
    assert len(said["examples"]) == 8
    assert (said["smallest"], said["largest"]) == (2, 40)
    counts = [2, 40, 3, 5, 2, 30, 2, 7, 4, 2, 11, 2, 25, 6, 2, 3]
    for name, count in said["examples"].items():
        assert count == counts[int(name.split()[1])]
    assert "`valid` has 0, `test` has 0" in said["advice"]
    assert "takes about 46 identities" in said["advice"]


def test_advice_gives_what_it_says(skewed):
    """The flag is tried on the identities that are there."""
    assert "--split_fractions=" in preview.look(skewed, fixed=False)["advice"]
    fixed = preview.look(skewed, fixed=True)["advice"]
    assert "--split_fractions" not in fixed
    assert "--nofolder_splits" in fixed


def test_few_identities_need_more():
    pairs = {"train": 3, "valid": 0, "test": 1}
    advice = preview._advise(pairs, np.arange(4), False)
    assert advice.endswith(
        "Here are 4, too few for three splits: more are needed."
    )
    assert preview._advise(dict.fromkeys(pairs, 2), np.arange(6), False) == ""


@pytest.mark.parametrize(("part", "needed"), [(0.1, 46), (0.5, 8), (1.0, 2)])
def test_identities_needed(part, needed):
    assert preview.identities_needed(part) == needed


def test_preview_shows_the_first_pictures(skewed):
    """Image j of identity i is of the colour (i, j, 0)."""
    sheet = preview.draw_preview(skewed)
    side, line = 64, preview.LINE
    names = list(preview.look(skewed, fixed=False)["examples"])
    assert sheet.size == (8 * side, 8 * (side + line))
    for row, name in enumerate(names):
        i = int(name.split()[1])
        top = row * (side + line) + line
        assert sheet.getpixel((3, top + 3)) == (i, 0, 0)
        assert sheet.getpixel((side + 3, top + 3)) == (i, 1, 0)


def test_preview_is_written(write_data_set, tmp_path):
    data = write_data_set(tmp_path / "data", [3, 1])
    path = preview.write(data)
    assert path == str(tmp_path / "data" / "preview.png")
    with Image.open(path) as picture:
        assert picture.size == (3 * 64, 2 * (64 + preview.LINE))
