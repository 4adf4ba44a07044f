"""The page in Chromium, on both back ends: real clicks and their pixels."""

import urllib.parse

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.codes import read_codes
from sdgan_tf.runs import Run

ROWS, COLUMNS = 3, 4


def changed(before, after):
    """Which cells of two grids differ, `[rows, columns]`."""
    return (before != after).any(axis=(2, 3, 4)).tolist()


def png(path):
    """Pixels of a file, `[h, w, 3]`; all are opaque."""
    with Image.open(path) as picture:
        assert picture.convert("RGBA").getextrema()[3] == (255, 255)
        return np.asarray(picture.convert("RGB"))


def fragment(page):
    return "#" + urllib.parse.urlsplit(page.page.url).fragment


@pytest.fixture(scope="module")
def generators(two_runs):
    """The two generators of the page."""
    return [Run(f"{two_runs}/{n}").generator() for n in ("first", "second")]


def test_a_seed_shows_what_sample_draws(page, generators):
    wanted = generators[0].sample(ROWS, COLUMNS, seed=7).astype(int)
    grid = page.grid()
    assert np.abs(grid - wanted).max() <= 1
    assert (grid == wanted).mean() > 0.99
    assert len(np.unique(grid.reshape(12, -1), axis=0)) == 12


def test_heads_and_locks(page, visit):
    first = page.grid()
    second = page.click("Resample identity 2").grid()
    assert changed(first, second) == [[False] * 4, [True] * 4, [False] * 4]
    third = page.click("Resample observation 3").grid()
    assert changed(second, third) == [[False, False, True, False]] * 3

    page.click("Lock identity 1")
    page.click("Lock observation 4")
    resample = page.page.get_by_label("Resample identity 1", exact=True)
    assert resample.is_disabled()
    fourth = page.press("Resample all unlocked").grid()
    # Where both are locked the picture stays; elsewhere one code is new.
    kept = np.zeros([ROWS, COLUMNS], bool)
    kept[0, 3] = True
    assert changed(third, fourth) == (~kept).tolist()
    page.page.get_by_label("Seed").fill("5")
    page.page.keyboard.press("Tab")
    fifth = page.ready().grid()
    assert changed(fourth, fifth) == (~kept).tolist()
    fields = page.fields()
    assert (fields["seed"], fields["locked_rows"]) == ("5", "0")
    assert fields["columns"] == "3.0.7"

    linked = visit(page.address).go(fragment(page))
    np.testing.assert_array_equal(linked.grid(), fifth)
    resample = linked.page.get_by_label("Resample identity 1", exact=True)
    assert resample.is_disabled()
    assert linked.page.get_by_label("Seed").input_value() == "5"


def test_clicks_in_a_row_do_not_wait_for_pictures(page, visit):
    for label in ("Resample identity 1", "Resample observation 3"):
        page.page.get_by_label(label, exact=True).click()
    grid = page.ready().grid()
    assert page.fields()["rows"] == "0.1"
    linked = visit(page.address).go(fragment(page))
    np.testing.assert_array_equal(linked.grid(), grid)


def test_a_new_seed(page):
    before = page.grid()
    grid = page.press("New seed").grid()
    assert changed(before, grid) == [[True] * 4] * 3
    assert page.fields()["seed"] != "7"


def test_the_size_of_the_grid(page):
    before = page.grid()
    page.page.locator("#rows").fill("2")
    page.page.locator("#columns").fill("5")
    page.page.keyboard.press("Tab")
    wide = page.ready().grid(2, 5)
    np.testing.assert_array_equal(wide[:, :4], before[:2])
    page.page.locator("#rows").fill("99")
    page.page.keyboard.press("Tab")
    assert page.fields()["size"] == "2x5"


def test_matrix_and_sliders(page):
    from playwright.sync_api import expect

    grid = page.grid()
    expect(page.page.locator("#walks")).to_be_hidden()
    page.choose(1, 2)
    page.choose(3, 4)
    slots = page.pixels(".slot canvas")
    np.testing.assert_array_equal(slots, grid[[0, 2], [1, 3]])
    matrix = page.grid(7, 7, "matrix")
    assert np.abs(matrix[::6, ::6] - grid[::2][:, 1::2]).max() <= 1
    # Each step is small beside the whole way.
    steps = np.abs(np.diff(matrix, axis=0)).mean()
    assert 0 < steps < np.abs(matrix[-1] - matrix[0]).mean()

    def shows(row, column):
        cell = page.page.locator("#matrix td button").nth(7 * row + column)
        expect(cell).to_have_attribute("aria-current", "true")
        picture = page.pixels("#between-picture")[0]
        assert np.abs(picture - matrix[row, column]).max() <= 1

    sliders = page.page.locator("#walker")
    shows(0, 0)
    sliders.get_by_label("Identity z").fill("8")
    page.page.wait_for_timeout(300)
    shows(2, 0)
    sliders.get_by_label("Observation z").fill("24")
    page.page.wait_for_timeout(300)
    shows(2, 6)
    page.page.locator("#matrix td button").nth(7 * 4 + 5).click()
    page.page.wait_for_timeout(300)
    shows(4, 5)
    assert sliders.get_by_label("Identity z").input_value() == "16"
    # A place between those of the matrix.
    sliders.get_by_label("Identity z").press("ArrowRight")
    page.page.wait_for_timeout(300)
    between = page.pixels("#between-picture")[0]
    assert (between != matrix[4, 5]).any() and (between != matrix[5, 5]).any()

    sheet = png(page.download("Save as PNG", "#walks"))
    np.testing.assert_array_equal(sheet[-32:, -32:], matrix[6, 6])
    assert sheet.shape == (7 * 32, 7 * 32, 3)


def test_the_animation_goes_and_stops(page):
    from playwright.sync_api import expect

    page.choose(1, 1)
    page.choose(3, 4)
    slider = page.page.locator("#walk-i")
    page.press("Play")
    expect(slider).to_have_value("24", timeout=30_000)
    page.press("Stop")
    expect(page.page.get_by_role("button", name="Play")).to_be_visible()
    page.page.wait_for_timeout(300)
    stopped = slider.input_value()
    page.page.wait_for_timeout(500)
    assert slider.input_value() == stopped


@pytest.mark.parametrize(
    ("way", "frames"), [("identity", 6), ("observation", 6), ("around", 12)]
)
def test_animations(page, way, frames):
    grid = page.grid()
    page.choose(1, 2)
    page.choose(3, 4)
    page.page.get_by_label("Way").select_option(way)
    ends = {
        "identity": (3, grid[2, 1]),
        "observation": (3, grid[0, 3]),
        "around": (6, grid[2, 3]),
    }
    for form in ("GIF", "WebP"):
        with Image.open(page.download(form, "#walker")) as walk:
            assert (walk.n_frames, walk.size) == (frames, (32, 32))
            assert walk.info["loop"] == 0
            for frame, wanted in ((0, grid[0, 1]), ends[way]):
                walk.seek(frame)
                seen = np.asarray(walk.convert("RGB")).astype(int)
                assert walk.info["duration"] == 80
                # Noise has more than a GIF's 256 colours; WebP loses nothing.
                apart = np.abs(seen - wanted).mean()
                assert apart < 15 if form == "GIF" else apart == 0


def test_a_pinned_picture_stays(page):
    page.choose(1, 1)
    page.press("Pin A")
    page.choose(2, 2)
    page.choose(3, 3)
    fields = page.fields()
    assert (fields["first"], fields["second"]) == ("0.0-0.0", "2.0-2.0")
    assert fields["pinned"] == "1"
    page.press("Pin A")
    page.choose(2, 2)
    page.choose(3, 1)
    fields = page.fields()
    assert (fields["first"], fields["second"]) == ("2.0-0.0", "1.0-1.0")
    # A place that is cleared takes the next picture.
    page.press("Clear A")
    assert "first" not in page.fields()
    assert page.page.locator("#walks").is_hidden()
    page.choose(1, 2)
    assert page.fields()["first"] == "0.0-1.0"
    # A press on a place says that the next picture goes there.
    page.click("B: the next picture goes here")
    page.choose(1, 1)
    assert page.fields()["second"] == "0.0-0.0"


def test_chosen_pictures_stay_when_the_grid_changes(page):
    page.choose(1, 2)
    slots = page.pixels("#slot-picture-0")
    page.click("Resample identity 1")
    page.page.get_by_label("Seed").fill("8")
    page.page.keyboard.press("Tab")
    page.ready()
    np.testing.assert_array_equal(page.pixels("#slot-picture-0"), slots)
    assert page.fields()["first"] == "0.0.7-1.0.7"


def test_files_are_what_is_shown(page, generators, tmp_path):
    page.click("Resample identity 3")
    sheet = png(page.download("Save as PNG", "#grid-part"))
    grid = page.grid()
    assert sheet.shape == (ROWS * 32, COLUMNS * 32, 3)
    np.testing.assert_array_equal(sheet[64:, 32:64], grid[2, 1])
    codes = page.download("Save the codes", "#grid-part")
    z_i, z_o = read_codes(str(codes), generators[0].latents, paired=False)
    wanted_i, wanted_o = generators[0].codes(ROWS, COLUMNS, seed=7)
    np.testing.assert_array_equal(z_o, wanted_o)
    np.testing.assert_array_equal(z_i[:2], wanted_i[:2])
    assert (z_i[2] != wanted_i[2]).any()
    page.choose(2, 3)
    picture = png(page.download("PNG", "#look"))
    np.testing.assert_array_equal(picture, grid[1, 2])
    codes = page.download("Codes", "#look")
    z_i, z_o = read_codes(str(codes), generators[0].latents)
    np.testing.assert_array_equal(z_i[0], wanted_i[1])
    np.testing.assert_array_equal(z_o[0], wanted_o[2])


def test_directions(page, generators, visit):
    grid = page.grid()
    page.choose(2, 3)
    np.testing.assert_array_equal(page.pixels("#large")[0], grid[1, 2])
    assert page.page.locator("#directions input").count() == 5
    slider = page.page.get_by_label("Who: direction 1")
    slider.fill("60")
    moved = page.ready().pixels("#large")[0]
    assert (moved != grid[1, 2]).any()
    assert page.fields()["first"] == "1.0-2.0~i0.60"
    page.page.get_by_label("How: direction 2").fill("-35")
    page.ready()
    assert page.fields()["first"] == "1.0-2.0~i0.60~o1.n35"
    codes = page.download("Codes", "#look")
    z_i, z_o = read_codes(str(codes), generators[0].latents)
    both = page.pixels("#large")[0]
    wanted = generators[0].generate(z_i, z_o)[0].astype(int)
    assert np.abs(both - wanted).max() <= 1
    wanted_i, wanted_o = generators[0].codes(2, 3, seed=7)
    # Three standard deviations are the reach, cut at the prior's box.
    apart = np.linalg.norm(z_i[0] - wanted_i[1])
    assert 0 < apart <= 0.6 * 3**0.5 + 1e-4 and np.abs(z_i).max() <= 1
    assert (z_o[0] != wanted_o[2]).any()
    linked = visit(page.address).go(fragment(page))
    np.testing.assert_array_equal(linked.pixels("#large")[0], both)
    assert linked.page.get_by_label("Who: direction 1").input_value() == "60"
    page.press("Reset")
    np.testing.assert_array_equal(page.pixels("#large")[0], grid[1, 2])
    assert page.fields()["first"] == "1.0-2.0"


def test_one_identity_under_all_observations(page, generators):
    grid = page.grid()
    page.choose(2, 3)
    strip = page.pixels("#strip canvas")
    assert len(strip) == 16
    assert np.abs(strip[:4] - grid[1]).max() <= 1
    wanted = generators[0].sample(2, 16, seed=7)[1].astype(int)
    assert np.abs(strip - wanted).max() <= 1
    page.click("This identity, observation 16")
    assert page.fields()["second"] == "1.0-15.0"


def test_favourites(page, visit):
    grid = page.grid()
    page.choose(2, 3)
    page.press("Keep")
    page.cell(1, 1).focus()
    page.page.keyboard.press("f")
    page.ready()
    assert page.fields()["favourites"] == "1.0-2.0_0.0-0.0"
    kept = page.pixels("#favourites canvas")
    np.testing.assert_array_equal(kept, [grid[1, 2], grid[0, 0]])
    sheet = page.download("Save as PNG", "#favourites-part")
    assert Image.open(sheet).size == (64, 32)
    codes = page.download("Save the codes", "#favourites-part")
    with np.load(codes) as arrays:
        assert len(arrays["z_i"]) == len(arrays["z_o"]) == 2
    linked = visit(page.address).go(fragment(page))
    np.testing.assert_array_equal(linked.pixels("#favourites canvas"), kept)
    linked.click("Favourite 2: look at it")
    np.testing.assert_array_equal(linked.pixels("#large")[0], grid[0, 0])
    page.press("Kept")
    assert page.fields()["favourites"] == "0.0-0.0"


def test_two_generators_beside_each_other(page, generators):
    wanted = generators[1].sample(ROWS, COLUMNS, seed=7).astype(int)
    first = page.grid()
    page.page.get_by_label("Beside it").select_option("second")
    page.ready()
    np.testing.assert_array_equal(page.grid(), first)
    beside = page.grid(table="other-grid")
    assert np.abs(beside - wanted).max() <= 1
    name = page.page.locator("#other-name").text_content()
    assert name == "second: the same codes"
    page.page.get_by_label("Resample identity 2", exact=True).first.click()
    page.ready()
    again = page.grid(table="other-grid")
    assert changed(beside, again) == [[False] * 4, [True] * 4, [False] * 4]
    page.page.get_by_label("Generator").select_option("second")
    page.ready()
    np.testing.assert_array_equal(page.grid(), again)
    assert page.fields()["generator"] == "second"


def test_the_card_is_one_click_away(page):
    from playwright.sync_api import expect

    page.page.get_by_role("button", name="About this model").click()
    card = page.page.get_by_role("dialog")
    expect(card).to_be_visible()
    text = card.inner_text()
    assert "first" in text and "sd_began" in text
    assert "32 × 32, from z_i of 3 numbers, z_o of 2" in text
    page.page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_by_keyboard(page):
    focused = "document.activeElement.ariaLabel"
    before = page.grid()
    page.page.get_by_label("Resample observation 1", exact=True).focus()
    page.page.keyboard.press("Enter")
    grid = page.ready().grid()
    assert changed(before, grid) == [[True] + [False] * 3] * 3
    # The focus stays on the head, so that Enter draws on.
    assert page.page.evaluate(focused) == "Resample observation 1"
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Space")
    assert page.ready().fields()["locked_columns"] == "0"
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowRight")
    assert page.page.evaluate(focused) == "Identity 1, observation 2"
    page.page.keyboard.press("Home")
    assert page.page.evaluate(focused) == "Resample identity 1"
    page.page.keyboard.press("End")
    assert page.page.evaluate(focused) == "Identity 1, observation 4"
    page.page.keyboard.press("Enter")
    assert page.ready().fields()["first"] == "0.0-3.0"
    # One stop of the Tab key for the whole table.
    stops = page.page.locator("#grid button[tabindex='0']")
    assert stops.count() == 1


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("#seed=-1", "`seed` must be a whole number in [0, "),
        ("#size=1000x1000", "`rows` must be a whole number in [1, 16]"),
        ("#rows=<img/src=x>", "Received: <img/src=x>"),
        ("#first=0.0", "A code must be PLACE.NUMBER"),
        ("#first=99.0-0.0", "`place` must be"),
        ("#first=0.0-0.0~i0.101", "A move must be"),
        ("#locked_rows=3", "`locked_rows` must be"),
        ("#slot=2", "`slot` must be"),
        ("#generator=none", "There is no such generator. Received: none"),
    ],
)
def test_a_bad_link_opens_the_usual_grid(visit, address, link, message):
    page = visit(address).go(link)
    notice = page.page.get_by_role("alert").first.text_content()
    assert notice.startswith("The link cannot be followed.")
    assert message in notice
    assert page.fields() == {
        "generator": "first",
        "seed": "0",
        "size": f"{ROWS}x{COLUMNS}",
    }
    assert page.grid().shape[:2] == (ROWS, COLUMNS)


def test_unknown_fields_of_a_link_do_nothing(visit, address):
    page = visit(address).go("#seed=3&theme=dark")
    assert page.fields()["seed"] == "3"
    assert page.page.locator("#notice").is_hidden()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(visit, address, width):
    page = visit(address, viewport={"width": width, "height": 800})
    page.go("#seed=7&first=0.0-0.0&second=2.0-3.0&with=second&size=6x8")
    page.press("About this model")
    assert page.page.evaluate("document.documentElement.scrollWidth") == width
    targets = page.page.locator("#grid th button").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect())"
        ".map(({ width, height }) => Math.min(width, height))"
    )
    # What a finger can hit, by WCAG 2.2.
    assert min(targets) >= 24


def test_dark_and_light(visit, address):
    shades = {}
    for scheme in ("dark", "light"):
        page = visit(address, color_scheme=scheme).go()
        colour = page.page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        shades[scheme] = int(colour.removeprefix("rgb(").split(",")[0])
    assert shades["dark"] < 50 and shades["light"] > 200


def test_every_control_has_a_name(page):
    page.choose(1, 1)
    page.choose(2, 2)
    page.press("Keep")
    unnamed = page.page.evaluate(
        """() => [...document.querySelectorAll("button, input, select")]
          .filter((each) => !(each.ariaLabel || each.innerText.trim() ||
            each.labels?.length))
          .map((each) => each.outerHTML)"""
    )
    assert not unnamed


def test_motion_is_reduced(visit, address):
    page = visit(address, reduced_motion="reduce").go()
    seconds = page.page.evaluate(
        "getComputedStyle(document.querySelector('#grid td button'))"
        ".transitionDuration"
    )
    assert seconds == "0s"
