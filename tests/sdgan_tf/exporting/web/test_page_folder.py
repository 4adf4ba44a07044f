"""The page of `--format=web`: its folder, and real clicks in Chromium."""

import base64
import json
import os
import pathlib
import shutil
import urllib.parse

import numpy as np
import pytest

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.commands import export
from sdgan_tf.commands.options import Export
from sdgan_tf.config import Experiment
from sdgan_tf.exporting.web import page_folder, runtime
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parents[4]
SECONDS = 1000  # Of Playwright's milliseconds.
# A canvas's or picture's RGBA bytes in base64: fast to hand over.
ENCODED = """bytes => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}"""
PIXELS = f"""buttons => buttons.map(button => {{
  const canvas = button.querySelector("canvas") ?? button;
  const {{ width, height }} = canvas;
  const context = canvas.getContext("2d");
  return ({ENCODED})(context.getImageData(0, 0, width, height).data);
}})"""
GENERATE = f"""async codes => {{
  const pictures = await window.sdgan.generate(codes);
  return pictures.map(picture => ({ENCODED})(picture.data));
}}"""


def decoded(pictures: list[str], side: int = 32) -> np.ndarray:
    """Base64 of RGBA to int `[n, side, side, 3]`; all must be opaque."""
    data = b"".join(base64.b64decode(picture) for picture in pictures)
    rgba = np.frombuffer(data, np.uint8)
    rgba = rgba.reshape(len(pictures), side, side, 4)
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3].astype(int)


class Visit:
    """A page in the browser, with what it asked for and what failed."""

    def __init__(self, page, address: str):
        self.page, self.address = page, address
        self.asked, self.failed = [], []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.failed.append(str(error)))
        page.on("console", self._note)

    def _note(self, message):
        if message.type == "error":
            self.failed.append(message.text)

    def go(self, fragment: str = "#seed=7&rows=0.0.0&columns=0.0.0.0"):
        """Opens the page anew and waits for the grid."""
        self.page.goto("about:blank")
        self.page.goto(self.address + fragment)
        return self.ready()

    def ready(self):
        self.says("Ready.")
        return self

    def says(self, text: str):
        from playwright.sync_api import expect

        status = self.page.locator("#status")
        expect(status).to_have_text(text, timeout=60 * SECONDS)

    def cells(self, table: str = "grid"):
        return self.page.locator(f"#{table} td button")

    def grid(self, rows: int = 3, columns: int = 4) -> np.ndarray:
        """Pixels of the grid, `[rows, columns, h, w, 3]`."""
        pixels = decoded(self.cells().evaluate_all(PIXELS))
        return pixels.reshape(rows, columns, *pixels.shape[1:])

    def matrix(self) -> np.ndarray:
        """Pixels of the matrix when it is drawn, `[7, 7, h, w, 3]`."""
        from playwright.sync_api import expect

        drawn = self.page.locator("#matrix [aria-busy=false]")
        expect(drawn).to_have_count(49, timeout=60 * SECONDS)
        pixels = decoded(self.cells("matrix").evaluate_all(PIXELS))
        return pixels.reshape(7, 7, *pixels.shape[1:])

    def picture(self) -> np.ndarray:
        """Pixels of the picture at the sliders, `[h, w, 3]`."""
        canvas = self.page.locator("#picture")
        return decoded(canvas.evaluate_all(PIXELS))[0]

    def address_fields(self) -> dict[str, str]:
        fragment = urllib.parse.urlsplit(self.page.url).fragment
        return dict(urllib.parse.parse_qsl(fragment))


@pytest.fixture
def visit(chromium, serve):
    """Opens a folder's page; asks for nothing elsewhere and fails nowhere."""
    contexts, visits = [], []

    def start(folder, **options) -> Visit:
        context = chromium.new_context(**options)
        contexts.append(context)
        visits.append(Visit(context.new_page(), serve(folder)))
        return visits[-1]

    yield start
    for context in contexts:
        context.close()
    for one in visits:
        assert not one.failed
        local = (one.address, "about:", "data:", "blob:")
        assert not [u for u in one.asked if not u.startswith(local)]


@pytest.fixture
def opened(visit, random_page) -> Visit:
    """The random generator's page with a grid of 3x4."""
    return visit(random_page).go()


@pytest.fixture
def fake_runtime(tmp_path):
    """A folder with the names of onnxruntime-web's files."""
    folder = tmp_path / "ort"
    folder.mkdir()
    for name in runtime.FILES:
        (folder / name).write_text(name)
    return str(folder)


def test_export_writes_the_folder(random_run, fake_runtime, tmp_path, capsys):
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    export.run(
        Export(
            run_dir=random_run.folder,
            format="web",
            onnxruntime_web_dir=fake_runtime,
            output_dir=str(tmp_path / "export"),
        )
    )
    folder = tmp_path / "export" / "sd_began-0-web"
    assert str(folder) in capsys.readouterr().out
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*.*")}
    assert files == {path.name for path in page_folder.SITE.iterdir()} | {
        *("model.json", "model.onnx", "ort/ort.wasm.min.mjs"),
        "ort/ort-wasm-simd-threaded.mjs",
        "ort/ort-wasm-simd-threaded.wasm",
    }
    assert json.loads((folder / "model.json").read_text()) == {
        "model": "sd_began",
        "step": 0,
        "d_i": 3,
        "d_o": 2,
        "identities": None,
        "scale": 1 / 127.5,
        "nearest": True,
        "bytes": {
            "ort/ort-wasm-simd-threaded.wasm": 27,
            "model.onnx": os.path.getsize(folder / "model.onnx"),
        },
    }


def test_without_a_runtime_nothing_is_written(random_run, tmp_path):
    with pytest.raises(FileNotFoundError, match="must hold ort.wasm.min.mjs"):
        export.run(
            Export(
                run_dir=random_run.folder,
                format="web",
                onnxruntime_web_dir=str(tmp_path),
                output_dir=str(tmp_path / "export"),
            )
        )
    assert not os.listdir(tmp_path / "export")


def test_a_grid_is_drawn(opened):
    grid = opened.grid()
    assert grid.std(axis=(0, 1)).mean() > 5
    assert len(np.unique(grid.reshape(12, -1), axis=0)) == 12
    assert opened.page.locator("#model").text_content() == "sd_began, step 0"
    names = {url.removeprefix(opened.address) for url in opened.asked}
    assert {"model.onnx", "ort/ort-wasm-simd-threaded.wasm"} <= names


def test_loading_is_shown(visit, random_page):
    from playwright.sync_api import expect

    one, held = visit(random_page), []
    one.page.route("**/model.onnx", lambda route: held.append(route))
    one.page.goto(one.address)
    one.says("Loading the model.")
    bar = one.page.locator("#progress")
    sizes = json.loads((random_page / "model.json").read_text())["bytes"]
    runtime_part = 1 - sizes["model.onnx"] / sum(sizes.values())
    # All of the runtime and nothing of the model.
    for _ in range(60):
        if bar.evaluate("bar => bar.value") == pytest.approx(runtime_part):
            break
        one.page.wait_for_timeout(SECONDS)
    assert bar.evaluate("bar => bar.value") == pytest.approx(runtime_part)
    expect(one.page.locator("main")).to_be_hidden()
    held[0].continue_()
    one.ready()
    expect(bar).to_be_hidden()


@pytest.mark.parametrize("name", ["random", "pretrained"])
def test_pixels_are_the_generator_s(
    request, visit, runtime_dir, own_pictures, tmp_path, name
):
    if name == "random":
        folder = request.getfixturevalue("random_page")
        generator = request.getfixturevalue("random_run").generator()
    else:
        # Its pixel mapping is the other one.
        pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
        folder = tmp_path / "page"
        run = Run(str(ROOT / "pretrained" / "celeba10k_sd_dcgan"))
        generator = run.generator()
        page_folder.write_web(generator, "sd_dcgan", str(folder), runtime_dir)
    z, wanted = own_pictures(generator, 9)
    z_i, z_o = (part.tolist() for part in generator.latents.split(z))
    page = visit(folder).go("#rows=0&columns=0").page
    drawn = decoded(
        page.evaluate(GENERATE, {"z_i": z_i, "z_o": z_o}), wanted.shape[1]
    )
    assert np.abs(drawn - wanted).max() <= 1
    assert (drawn == wanted).mean() > 0.99


def test_heads_draw_their_row_or_column_anew(opened):
    before = opened.grid()
    opened.page.get_by_label("New identity 2").click()
    row = opened.ready().grid()
    changed = (row != before).any(axis=(2, 3, 4))
    np.testing.assert_array_equal(changed, np.arange(3)[:, None] == [1] * 4)
    opened.page.get_by_label("New observation 4").click()
    column = opened.ready().grid()
    changed = (column != row).any(axis=(2, 3, 4))
    np.testing.assert_array_equal(changed, [np.arange(4) == 3] * 3)
    assert opened.address_fields() == {
        "seed": "7",
        "rows": "0.1.0",
        "columns": "0.0.0.1",
    }


def test_the_address_is_the_grid(opened, visit, random_page):
    # Two clicks at once: the first one's pictures are not waited for.
    opened.page.get_by_label("New identity 1").click()
    opened.page.get_by_label("New observation 3").click()
    opened.ready()
    opened.cells().nth(5).click()
    fragment = "#" + urllib.parse.urlsplit(opened.page.url).fragment
    again = visit(random_page).go(fragment)
    np.testing.assert_array_equal(again.grid(), opened.grid())
    chosen = again.page.locator("#grid [aria-pressed=true]")
    assert chosen.get_attribute("aria-label") == "Identity 2, observation 2"
    # Another seed is another grid.
    other = again.go(fragment.replace("seed=7", "seed=8"))
    assert (other.grid() != opened.grid()).any(axis=(2, 3, 4)).all()


def test_an_odd_address_is_a_whole_grid(visit, random_page):
    odd = "#seed=-1&rows=x&columns=1.2.&a=9.9&b=0.0.0"
    fields = visit(random_page).go(odd).address_fields()
    assert fields.pop("seed").isdigit()
    assert fields == {"rows": "0.0.0.0.0", "columns": "0.0.0.0.0.0"}


def test_a_choice_beside_an_empty_one_stays(visit, random_page):
    one = visit(random_page).go("#seed=7&rows=0.0&columns=0.0&b=1.1")
    one.cells().nth(0).click()
    fields = one.address_fields()
    assert (fields["a"], fields["b"]) == ("1.1", "0.0")


def test_settings_make_the_grid(opened):
    before = opened.grid()
    opened.page.get_by_label("Identities").fill("2")
    opened.page.get_by_label("Observations").fill("5")
    opened.page.keyboard.press("Tab")
    wide = opened.ready().grid(2, 5)
    np.testing.assert_array_equal(wide[:, :4], before[:2])
    opened.page.get_by_label("Identities").fill("99")
    opened.page.keyboard.press("Tab")
    assert opened.cells().count() == 10
    opened.page.get_by_label("Identities").fill("2")
    opened.page.get_by_text("New grid").click()
    new = opened.ready().grid(2, 5)
    assert (new != wide).any(axis=(2, 3, 4)).all()
    assert opened.address_fields()["seed"] != "7"


def test_two_chosen_cells_open_their_walks(opened):
    from playwright.sync_api import expect

    grid = opened.grid()
    walks = opened.page.locator("#walks")
    expect(walks).to_be_hidden()
    opened.cells().nth(1).click()
    opened.cells().nth(11).click()
    matrix = opened.matrix()
    corners = matrix[::6, ::6]
    wanted = grid[np.ix_([0, 2], [1, 3])]
    assert np.abs(corners - wanted).max() <= 1
    # Each step is small beside the whole way.
    steps = np.abs(np.diff(matrix, axis=0)).mean()
    assert 0 < steps < np.abs(matrix[-1] - matrix[0]).mean()
    fields = opened.address_fields()
    assert (fields["a"], fields["b"]) == ("0.1", "2.3")
    # The third takes the place of the first, and the walks are others.
    opened.cells().nth(4).click()
    assert np.abs(opened.matrix()[::6, ::6][1, 1] - grid[1, 0]).max() <= 1
    opened.cells().nth(4).click()
    expect(walks).to_be_hidden()


def test_sliders_walk(opened):
    from playwright.sync_api import expect

    opened.cells().nth(0).click()
    opened.cells().nth(11).click()
    matrix = opened.matrix()

    def shows(row, column):
        expect(opened.cells("matrix").nth(7 * row + column)).to_have_attribute(
            "aria-current", "true"
        )
        # A picture that is not there yet takes a batch.
        opened.page.wait_for_timeout(SECONDS)
        assert np.abs(opened.picture() - matrix[row, column]).max() <= 1

    shows(0, 0)
    opened.page.get_by_label("Identity z").fill("8")
    shows(2, 0)
    opened.page.get_by_label("Observation z").fill("24")
    shows(2, 6)
    opened.cells("matrix").nth(7 * 4 + 5).click()
    shows(4, 5)
    assert opened.page.get_by_label("Identity z").input_value() == "16"
    # A place between those of the matrix.
    opened.page.get_by_label("Identity z").press("ArrowRight")
    opened.page.wait_for_timeout(SECONDS)
    between = opened.picture()
    assert (between != matrix[4, 5]).any() and (between != matrix[5, 5]).any()


def test_the_animation_goes_and_stops(opened):
    from playwright.sync_api import expect

    opened.cells().nth(0).click()
    opened.cells().nth(11).click()
    opened.matrix()
    slider = opened.page.get_by_label("Identity z")
    play = opened.page.get_by_role("button", name="Play")
    play.click()
    # There it stays while the other one goes.
    expect(slider).to_have_value("24", timeout=30 * SECONDS)
    opened.page.get_by_role("button", name="Stop").click()
    expect(play).to_be_visible()
    opened.page.wait_for_timeout(SECONDS)
    stopped = slider.input_value()
    opened.page.wait_for_timeout(SECONDS)
    assert slider.input_value() == stopped


def test_keys_go_through_the_grid(opened):
    page = opened.page
    page.get_by_label("New observation 1").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    focused = "document.activeElement.ariaLabel"
    assert page.evaluate(focused) == "Identity 1, observation 2"
    page.keyboard.press("Enter")
    assert opened.address_fields()["a"] == "0.1"


def test_codes_are_uniform(opened):
    lines = opened.page.evaluate(
        """async () => {
          const { code } = await import("./codes.js");
          const names = ["7 identity 0 0", "7 identity 0 1", "7 identity 1 0"];
          return names.map(name => Array.from(code(name, 20000)));
        }"""
    )
    numbers = np.array(lines)
    assert numbers.min() >= -1 and numbers.max() < 1
    # The standard error of the mean is 0.004.
    np.testing.assert_allclose(numbers.mean(axis=1), 0, atol=0.02)
    np.testing.assert_allclose(numbers.std(axis=1), 3**-0.5, atol=0.02)
    correlation = np.corrcoef(numbers)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(correlation, 0, atol=0.03)


def test_known_identities_are_the_only_ones(visit, runtime_dir, tmp_path):
    """The grid's z_i are rows of the embedding, in full float32 or near."""
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    experiment = Experiment(
        model="embedding_pairwise",
        image_size=32,
        dim=4,
        d_i=3,
        d_o=2,
        known_identities=2,
    )
    algorithm = build_algorithm(experiment)
    # So far apart that a picture says who is in it.
    table = np.array([[-30, 30, -30], [30, 30, 30]], "float32")
    algorithm.generator.identities.assign(table)
    generator = Generator(
        algorithm.generator, algorithm.latents, algorithm.pixels, 1
    )
    folder = tmp_path / "page"
    page_folder.write_web(generator, "embedding", str(folder), runtime_dir)
    page = visit(folder).go().page
    seen = page.evaluate(
        """async () => {
          const card = await (await fetch("model.json")).json();
          const { Grid } = await import("./grid.js");
          const grid = new Grid(document.createElement("table"), null, card);
          const state = { seed: 7, rows: [], columns: [0], chosen: [] };
          for (let n = 0; n < 40; n += 1) state.rows.push(n);
          grid.show(state).catch(() => {});
          return state.rows.map((_, row) => Array.from(grid.cell(row, 0).z_i));
        }"""
    )
    rows = [table.tolist().index(z_i) for z_i in seen]
    assert len(rows) == 40 and 8 < sum(rows) < 32


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        ("model.onnx", lambda data: data[:-1], "model.onnx is not of "),
        ("model.onnx", lambda data: data + b"!", "model.onnx is not of "),
        ("model.onnx", None, "model.onnx: 404"),
        ("model.json", None, "model.json: 404"),
        ("ort/ort.wasm.min.mjs", None, "A file of the page is missing."),
    ],
)
def test_a_damaged_folder_is_told_of(
    visit, random_page, tmp_path, name, damage, says
):
    from playwright.sync_api import expect

    folder = tmp_path / "page"
    shutil.copytree(random_page, folder)
    if damage:
        (folder / name).write_bytes(damage((folder / name).read_bytes()))
    else:
        (folder / name).unlink()
    one = visit(folder)
    one.page.goto(one.address)
    status = one.page.locator("#status")
    expect(status).to_contain_text(
        f"This does not work: {says}", timeout=60 * SECONDS
    )
    expect(one.page.locator("main")).to_be_hidden()
    one.failed.clear()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_as_wide_as_the_window(visit, random_page, width):
    fragment = "#seed=7&a=0.0&b=4.5"
    one = visit(random_page, viewport={"width": width, "height": 800})
    one.go(fragment).matrix()
    assert one.page.evaluate("document.documentElement.scrollWidth") == width
    side = one.cells().first.bounding_box()["width"]
    assert side > 40
