"""The page in Chromium: real clicks, and the pixels that they change."""

import io
import pathlib
import re
import urllib.request

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.reference.dump import Dump
from sdgan_tf.reference.systems import load_dump
from sdgan_tf.runs import Run

TRAINED = pathlib.Path(__file__).parents[3] / "pretrained/omniglot_sd_dcgan"
ROWS, COLUMNS = 3, 4
FLAGS = (
    f"--explore_rows={ROWS}",
    f"--explore_columns={COLUMNS}",
    "--frames=4",
    "--restarts=1",
    "--projection_steps=20",
    "--upload_megabytes=0.5",
    "--upload_megapixels=0.1",
    "--upload_count=3",
)
MILLISECONDS = 120_000
# Each picture as the browser shows it, so that equal pixels are equal texts.
SHOWN = """async (selector) => Promise.all(
  [...document.querySelectorAll(selector)].map(async (image) => {
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL();
  }))"""


@pytest.fixture(scope="module")
def run_folder(request, tmp_path_factory):
    """The folder of a small generator, or of the authors' released one."""
    if request.param == "trained":
        return str(TRAINED)
    network, experiment = load_dump(
        Dump.open(request.getfixturevalue("released")), None
    )
    run = Run(str(tmp_path_factory.mktemp("released") / "run"))
    run.write_generator(network, experiment, 548235)
    return run.folder


@pytest.fixture(scope="module")
def served(serve, chromium, run_folder, tmp_path_factory):
    """The server's folder for temporary files, and the page's address."""
    folder = tmp_path_factory.mktemp("server")
    with serve(folder, run_folder, *FLAGS) as (_, url):
        yield folder, url


both = pytest.mark.parametrize(
    "run_folder", ["trained", "released"], indirect=True, scope="module"
)
small = pytest.mark.parametrize(
    "run_folder", ["trained"], indirect=True, scope="module"
)


class Page:
    """A page and what its user does.

    Args:
        page: Playwright's.
        url: The explorer's address, with or without a link.
    """

    def __init__(self, page, url):
        self.page = page
        page.set_default_timeout(MILLISECONDS)
        self.outside, self.errors = [], []
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(url)
        page.wait_for_selector(".sd-grid[data-link]")

    def _note(self, request):
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.outside.append(request.url)

    def shown(self, selector=".sd-cell img"):
        return self.page.evaluate(SHOWN, selector)

    def cells(self):
        return np.array(self.shown()).reshape(ROWS, COLUMNS)

    def act(self, act):
        """Does something that changes the state, and waits until it has."""
        before = self.page.url
        act()
        self.page.wait_for_function("was => location.href !== was", arg=before)

    def click(self, label):
        self.act(lambda: self.page.get_by_label(label, exact=True).click())

    def press(self, text):
        self.act(lambda: self.page.get_by_role("button", name=text).click())

    def choose(self, row, column):
        self.click(
            f"Identity {row}, observation {column}: take into the workbench"
        )

    def upload(self, *paths):
        self.page.set_input_files("input[type=file]", list(map(str, paths)))


@pytest.fixture
def opened(served, chromium):
    """Opens pages of the explorer, each a user of its own."""
    contexts = []

    def open_page(query="", **options):
        contexts.append(chromium.new_context(**options))
        return Page(contexts[-1].new_page(), f"{served[1]}/{query}")

    yield open_page
    for context in contexts:
        context.close()


def changed(before, after):
    return (before != after).tolist()


@both
def test_heads_and_locks(opened):
    page = opened()
    first = page.cells()
    assert len(np.unique(first)) == ROWS * COLUMNS

    page.click("Resample identity 2")
    second = page.cells()
    assert changed(first, second) == [[False] * 4, [True] * 4, [False] * 4]

    page.click("Resample observation 3")
    third = page.cells()
    assert changed(second, third) == [[False, False, True, False]] * 3

    page.click("Lock identity 1")
    page.click("Lock observation 4")
    assert page.page.get_by_label("Resample identity 1").is_disabled()
    page.press("Resample all unlocked")
    fourth = page.cells()
    # Where both are locked the picture stays; elsewhere one code is new.
    kept = np.zeros([ROWS, COLUMNS], bool)
    kept[0, 3] = True
    assert changed(third, fourth) == (~kept).tolist()

    page.page.get_by_label("Seed").fill("5")
    page.press("New grid of this seed")
    fifth = page.cells()
    assert changed(fourth, fifth) == (~kept).tolist()
    assert "seed=5" in page.page.url

    linked = opened("?" + page.page.url.partition("?")[2])
    assert changed(fifth, linked.cells()) == [[False] * 4] * 3
    assert linked.page.get_by_label("Resample identity 1").is_disabled()
    assert linked.page.get_by_label("Seed").input_value() == "5"
    assert page.outside == page.errors == linked.outside == []


@both
def test_the_workbench(opened, served):
    page = opened()
    page.choose(1, 2)
    page.choose(3, 4)
    page.page.wait_for_selector(".sd-matrix img")
    slots, cells = page.shown(".sd-slot img"), page.cells()
    assert slots == [cells[0, 1], cells[2, 3]]

    for way in ("identity", "observation"):
        figure = page.page.locator(f".sd-walk-{way}")
        image, slider = f".sd-walk-{way} img", figure.get_by_role("slider")
        assert page.shown(image) == [cells[0, 1]]
        slider.focus()
        seen = page.shown(image)
        for _ in range(3):
            slider.press("ArrowRight")
            seen += page.shown(image)
        assert len(set(seen)) == 4
        corner = cells[2, 1] if way == "identity" else cells[0, 3]
        assert seen[-1] == corner

        figure.get_by_role("button", name="Play").click()
        page.page.wait_for_function(
            "s => document.querySelector(s).value === '0'",
            arg=f".sd-walk-{way} input",
        )
        figure.get_by_role("button", name="Pause").click()
        with page.page.expect_download() as download:
            figure.get_by_role("link", name="WebP").click()
        with Image.open(download.value.path()) as walk:
            assert walk.n_frames == 6

    page.click("Resample identity 1")
    assert page.shown(".sd-slot img") == slots
    linked = opened("?" + page.page.url.partition("?")[2])
    linked.page.wait_for_selector(".sd-matrix img")
    for selector in (".sd-slot img", ".sd-matrix img", ".sd-cell img"):
        assert linked.shown(selector) == page.shown(selector)
    assert page.errors == []


@both
def test_downloads_are_what_is_shown(opened, served):
    page = opened()
    page.click("Resample identity 3")
    with page.page.expect_download() as download:
        page.page.get_by_role("link", name="Picture (PNG)").click()
    sheet = np.asarray(Image.open(download.value.path()))
    side = sheet.shape[0] // ROWS
    source = page.page.locator(".sd-cell img").nth(2 * COLUMNS + 1)
    with urllib.request.urlopen(source.get_attribute("src")) as answer:
        shown = np.asarray(Image.open(io.BytesIO(answer.read())))
    np.testing.assert_array_equal(
        sheet[2 * side : 3 * side, side : 2 * side], shown
    )
    with page.page.expect_download() as download:
        page.page.get_by_role("link", name="Codes (npz)").click()
    with np.load(download.value.path()) as codes:
        assert (len(codes["z_i"]), len(codes["z_o"])) == (ROWS, COLUMNS)


def own_photographs(page, folder):
    """Two pictures of one generated identity, as files of a user."""
    paths = []
    for column in (0, 1):
        source = page.page.locator(".sd-cell img").nth(column)
        with urllib.request.urlopen(source.get_attribute("src")) as answer:
            picture = Image.open(io.BytesIO(answer.read()))
        paths.append(folder / f"secret{column}.png")
        picture.resize((200, 200)).save(paths[-1])
    return paths


@both
def test_photographs_of_a_subject(opened, served, tmp_path):
    page = opened()
    page.upload(*own_photographs(page, tmp_path))
    # Its progress; with few steps the rest goes by too fast to be caught.
    page.page.get_by_text("Looking at the generator").first.wait_for()
    page.page.wait_for_selector("#sd-under img")
    assert len(page.shown(".sd-pair img")) == 4
    assert len(set(page.shown(".sd-pair img"))) == 4
    captions = page.page.locator(".sd-pair figcaption").all_inner_texts()
    # Codes of other draws are about 30 apart.
    distances = [float(re.match(r"[\d.]+", text)[0]) for text in captions]
    assert max(distances) < 20

    before = page.shown("#sd-under img")
    assert len(set(before)) == COLUMNS
    second = page.page.locator("#sd-under img").nth(1)
    old = second.get_attribute("src")
    page.click("Resample observation 2")
    page.page.wait_for_function(
        "old => document.querySelectorAll('#sd-under img')[1].src !== old",
        arg=old,
    )
    after = page.shown("#sd-under img")
    assert changed(np.array(before), np.array(after)) == [
        False,
        True,
        False,
        False,
    ]
    with page.page.expect_download() as download:
        page.page.locator("#sd-subject").get_by_role("link").click()
    with np.load(download.value.path()) as codes:
        assert len(codes["z_i"]) == len(codes["z_o"]) == 2
    # Nothing of it lies on the server's disk: TensorFlow writes programs there.
    for path in served[0].rglob("*"):
        assert path.is_dir() or path.suffix in (".txt", ".py", ".pyc"), path
        assert path.is_dir() or b"secret" not in path.read_bytes()
    assert page.errors == []


def noise(path, side):
    pixels = np.random.default_rng(0).integers(0, 256, [side, side, 3])
    Image.fromarray(pixels.astype("uint8")).save(path)


@small
def test_what_is_no_photograph_is_refused(opened, tmp_path):
    page = opened()
    (tmp_path / "a.png").write_text("only a text")
    Image.new("RGB", (400, 400)).save(tmp_path / "b.png")
    noise(tmp_path / "c.png", 450)
    refused = page.page.locator(".sd-refused")
    for name, message in (
        ("a.png", "a.png is no picture that can be read"),
        ("b.png", "b.png is too large: more than 0.1 megapixels"),
        ("c.png", "c.png is too large: 0.6 MB, where 0.5 MB are the most"),
    ):
        page.upload(tmp_path / name)
        page.page.wait_for_function(
            "text => document.querySelector('.sd-refused')"
            ".textContent.includes(text)",
            arg=message,
        )
        assert refused.is_visible()
    page.upload(*[tmp_path / "a.png"] * 4)
    refused.get_by_text("at most 3").wait_for()
    assert page.page.locator("#sd-subject img").count() == 0


@small
def test_users_do_not_see_each_other(opened):
    one, other = opened(), opened()
    before = other.cells()
    one.click("Resample identity 1")
    other.click("Resample observation 1")
    assert changed(before, other.cells()) == [[True] + [False] * 3] * 3
    assert "rows=" not in other.page.url.replace("locked_rows=", "")


@small
def test_estimations_of_two_users_queue(opened, tmp_path):
    one, other = opened(), opened()
    paths = own_photographs(one, tmp_path)
    one.upload(paths[0])
    other.upload(paths[1])
    before = other.cells()
    other.click("Resample identity 1")
    assert changed(before, other.cells())[0] == [True] * 4
    for page in (one, other):
        page.page.wait_for_selector("#sd-under img")
    shown = [page.shown(".sd-pair img")[0] for page in (one, other)]
    assert shown[0] != shown[1]


@small
def test_messages_are_text(opened):
    page = opened("?seed=<img/src=x>")
    page.page.get_by_text("Received: '<img/src=x>'").wait_for()
    page.page.get_by_label("Seed").fill("99999999999")
    page.page.get_by_role("button", name="New grid of this seed").click()
    page.page.get_by_text("`seed` must be in").wait_for()


@small
def test_a_bad_link_opens_the_usual_grid(opened):
    page = opened("?seed=nobody")
    page.page.get_by_text("The link cannot be followed").wait_for()
    assert page.page.url.endswith(f"?seed=0&size={ROWS}x{COLUMNS}")


@small
def test_by_keyboard(opened):
    page = opened()
    before = page.cells()
    head = page.page.get_by_label("Resample observation 1", exact=True)
    head.focus()
    page.act(lambda: page.page.keyboard.press("Enter"))
    assert changed(before, page.cells()) == [[True] + [False] * 3] * 3
    # The focus stays on the head, so that Enter draws on.
    page.act(lambda: page.page.keyboard.press("Enter"))
    page.page.keyboard.press("Tab")
    page.act(lambda: page.page.keyboard.press("Space"))
    assert "locked_columns=0" in page.page.url


@small
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(opened, width):
    page = opened(viewport={"width": width, "height": 800})
    page.choose(1, 1)
    page.choose(2, 2)
    page.page.wait_for_selector(".sd-matrix img")
    assert page.page.evaluate("document.documentElement.scrollWidth") == width
