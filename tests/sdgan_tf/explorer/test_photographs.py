"""Photographs on the page of the local server: estimated, refused, queued."""

import re

import numpy as np
import pytest
from PIL import Image

ROWS, COLUMNS = 3, 4


@pytest.fixture
def opened(visit, local_address):
    """Opens pages of the local server, each a user of its own."""
    return lambda: visit(local_address).go()


def own_photographs(page, folder):
    """Two pictures of one generated identity, as files of a user."""
    paths = []
    for column, picture in enumerate(page.grid()[0, :2]):
        paths.append(folder / f"secret{column}.png")
        image = Image.fromarray(picture.astype("uint8"))
        image.resize((200, 200)).save(paths[-1])
    return paths


def upload(page, *paths):
    page.page.set_input_files("#files", list(map(str, paths)))


def found(page):
    """Waits for what was found of the photographs."""
    page.page.locator("#under canvas").first.wait_for()
    return page


def test_photographs_of_a_subject(opened, server_folder, tmp_path):
    page = opened()
    upload(page, *own_photographs(page, tmp_path))
    # Its progress; with few steps the rest goes by too fast to be caught.
    page.page.locator("#estimating").wait_for()
    found(page)
    pairs = page.pixels("#pairs canvas")
    assert len(np.unique(pairs.reshape(4, -1), axis=0)) == 4
    captions = page.page.locator("#pairs figcaption").all_inner_texts()
    # Codes of other draws are about 30 apart.
    distances = [float(re.match(r"[\d.]+", text)[0]) for text in captions]
    assert max(distances) < 20
    apart = np.abs(pairs[::2] - pairs[1::2]).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(apart, distances, atol=0.06)

    before = page.pixels("#under canvas")
    assert len(np.unique(before.reshape(COLUMNS, -1), axis=0)) == COLUMNS
    after = page.click("Resample observation 2").pixels("#under canvas")
    changed = (before != after).any(axis=(1, 2, 3))
    assert changed.tolist() == [False, True, False, False]
    codes = page.download("Save the codes", "#found")
    with np.load(codes) as arrays:
        assert len(arrays["z_i"]) == len(arrays["z_o"]) == 2
        np.testing.assert_array_equal(*arrays["z_i"])
    # Nothing of it lies on the server's disk: TensorFlow writes programs there.
    for path in server_folder.rglob("*"):
        assert path.is_dir() or path.suffix in (".txt", ".py", ".pyc"), path
        assert path.is_dir() or b"secret" not in path.read_bytes()


def test_what_is_no_photograph_is_refused(opened, tmp_path):
    page = opened()
    (tmp_path / "a.png").write_text("only a text")
    Image.new("RGB", (400, 400)).save(tmp_path / "b.png")
    pixels = np.random.default_rng(0).integers(0, 256, [450, 450, 3])
    Image.fromarray(pixels.astype("uint8")).save(tmp_path / "c.png")
    for name, message in (
        ("a.png", "a.png is not a picture that can be read"),
        ("b.png", "b.png is too large: more than 0.1 megapixels"),
        ("c.png", "c.png is too large: 0.6 MB, more than the limit of 0.5 MB"),
    ):
        upload(page, tmp_path / name)
        page.page.locator("#refused", has_text=message).wait_for()
    upload(page, *[tmp_path / "a.png"] * 4)
    page.page.locator("#refused", has_text="at most 3").wait_for()
    assert page.page.locator("#found").is_hidden()
    # The browser says of a request that was refused.
    page.failed[:] = [text for text in page.failed if "400" not in text]


def test_estimations_of_two_users_queue(opened, tmp_path):
    one, other = opened(), opened()
    paths = own_photographs(one, tmp_path)
    upload(one, paths[0])
    upload(other, paths[1])
    before = other.grid()
    after = other.click("Resample identity 1").grid()
    assert (before[0] != after[0]).any(axis=(1, 2, 3)).all()
    shown = [found(page).pixels("#pairs canvas")[0] for page in (one, other)]
    assert (shown[0] != shown[1]).any()


def test_users_do_not_see_each_other(opened):
    one, other = opened(), opened()
    before = other.grid()
    one.click("Resample identity 1")
    after = other.click("Resample observation 1").grid()
    changed = (before != after).any(axis=(2, 3, 4))
    assert changed.tolist() == [[True] + [False] * 3] * 3
    assert "rows" not in other.fields()
