"""The page on both back ends, and what a user does on it."""

import base64
import contextlib
import functools
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse

import keras
import numpy as np
import pytest

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.explorer.catalogue import Exhibit, find_runs
from sdgan_tf.explorer.settings import Settings
from sdgan_tf.exporting.web.page_folder import write_web
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parents[3]
START_SECONDS = 180
MILLISECONDS = 30_000
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
# A canvas's or picture's RGBA bytes in base64: fast to hand over.
PIXELS = """canvases => canvases.map(canvas => {
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  let text = "";
  for (const byte of context.getImageData(0, 0, width, height).data) {
    text += String.fromCharCode(byte);
  }
  return btoa(text);
})"""


def decoded(pictures: list[str]) -> np.ndarray:
    """Base64 of square RGBA to int `[n, h, w, 3]`; all must be opaque."""
    data = np.stack(
        [np.frombuffer(base64.b64decode(text), np.uint8) for text in pictures]
    )
    side = round((data.shape[1] / 4) ** 0.5)
    rgba = data.reshape(len(pictures), side, side, 4)
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3].astype(int)


class Page:
    """A page and what its user does.

    Args:
        page: Playwright's.
        address: The explorer's.
    """

    def __init__(self, page, address: str):
        self.page, self.address = page, address
        page.set_default_timeout(MILLISECONDS)
        self.asked, self.failed = [], []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.failed.append(str(error)))
        page.on("console", self._note)

    def _note(self, message):
        if message.type == "error":
            self.failed.append(message.text)

    def go(self, fragment: str = "#seed=7"):
        """Opens the page anew and waits for all of it."""
        self.page.goto("about:blank")
        self.page.goto(self.address + fragment)
        return self.ready()

    def ready(self):
        """Waits until all that the address says is drawn."""
        end = time.monotonic() + MILLISECONDS / 1000
        done = (
            "document.querySelector('main')?.dataset.shown"
            " === location.hash.slice(1)"
        )
        while not self.page.evaluate(done):
            assert time.monotonic() < end, self.status
            self.page.wait_for_timeout(20)
        return self

    @property
    def status(self) -> str:
        return self.page.locator("#status").text_content()

    def says(self, text: str):
        from playwright.sync_api import expect

        expect(self.page.locator("#status")).to_contain_text(
            text, timeout=MILLISECONDS
        )

    def fields(self) -> dict[str, str]:
        """The state that the address holds."""
        fragment = urllib.parse.urlsplit(self.page.url).fragment
        return dict(urllib.parse.parse_qsl(fragment))

    def pixels(self, selector: str) -> np.ndarray:
        """Pixels of canvases, `[n, h, w, 3]`."""
        return decoded(self.page.locator(selector).evaluate_all(PIXELS))

    def grid(self, rows=ROWS, columns=COLUMNS, table="grid") -> np.ndarray:
        """Pixels of a grid, `[rows, columns, h, w, 3]`."""
        pixels = self.pixels(f"#{table} td canvas")
        return pixels.reshape(rows, columns, *pixels.shape[1:])

    def cell(self, row: int, column: int):
        """The button of a cell, from 1."""
        label = f"Identity {row}, observation {column}"
        return self.page.locator("#grid").get_by_label(label, exact=True)

    def click(self, label: str):
        """Presses a button by its label and waits for what it changes."""
        self.page.get_by_label(label, exact=True).click()
        return self.ready()

    def press(self, name: str, within: str = "body"):
        """Presses a button by its text and waits for what it changes."""
        place = self.page.locator(within)
        place.get_by_role("button", name=name, exact=True).click()
        return self.ready()

    def choose(self, row: int, column: int):
        self.cell(row, column).click()
        return self.ready()

    def download(self, name: str, within: str) -> pathlib.Path:
        """Presses a button that hands over a file; gives its path."""
        with self.page.expect_download() as download:
            self.press(name, within)
        path = download.value.path()
        return path.rename(path.with_name(download.value.suggested_filename))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's own server of files, which tells nothing."""

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def _serve_files(folder):
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def serve_files():
    """Serves a folder in a `with`: gives its address."""
    return _serve_files


@contextlib.contextmanager
def _serve(folder: pathlib.Path, run_dir: str, *flags: str):
    """Runs main.py; gives the process and the page's address."""
    folder.mkdir(exist_ok=True)
    log = folder / "log.txt"
    command = [sys.executable, "main.py", "--mode=explore"]
    command += [f"--run_dir={run_dir}", "--explore_port=0", *flags]
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Where whatever was left behind would lie.
            env=os.environ | {"TMPDIR": str(folder)},
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not (found := re.search(r"Explorer: (http\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield process, f"{found.group(1)}/"
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def serve():
    """Serves (folder, run_dir, *flags) in a `with`: process and address."""
    return _serve


@pytest.fixture(scope="session")
def two_runs(random_run, tmp_path_factory) -> str:
    """A folder of two random generators, `first` and `second`."""
    folder = tmp_path_factory.mktemp("two")
    shutil.copytree(random_run.folder, folder / "first")
    keras.utils.set_random_seed(1)
    experiment = random_run.experiment()
    network = build_algorithm(experiment).generator
    for layer in (network.project, *network.convs, network.to_image):
        layer.kernel.assign(1.5 * layer.kernel.numpy())
    Run(str(folder / "second")).write_generator(network, experiment, 9)
    return str(folder)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory) -> pathlib.Path:
    """Where the server's temporary files would lie."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def local_address(serve, two_runs, server_folder):
    """The address of `--mode=explore` of both generators."""
    with serve(server_folder, two_runs, *FLAGS) as (_, address):
        yield address


@pytest.fixture(scope="session")
def page_folder(two_runs, runtime_dir, tmp_path_factory) -> pathlib.Path:
    """The folder of `--format=web` of both generators."""
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    folder = tmp_path_factory.mktemp("web") / "page"
    exhibits = [
        Exhibit(name, run, "float32")
        for name, run in find_runs(two_runs).items()
    ]
    settings = Settings(rows=ROWS, columns=COLUMNS, frames=4)
    write_web(exhibits, str(folder), runtime_dir, settings)
    return folder


@pytest.fixture(scope="session", params=["server", "browser"])
def address(request):
    """The address of the page on each back end."""
    if request.param == "server":
        yield request.getfixturevalue("local_address")
    else:
        with _serve_files(request.getfixturevalue("page_folder")) as found:
            yield found


@pytest.fixture
def visit(chromium):
    """Opens pages; they ask for nothing elsewhere and fail nowhere."""
    contexts, pages = [], []

    def start(address: str, **options) -> Page:
        contexts.append(chromium.new_context(**options))
        pages.append(Page(contexts[-1].new_page(), address))
        return pages[-1]

    yield start
    for context in contexts:
        context.close()
    for page in pages:
        assert not page.failed
        local = (page.address, "about:", "data:", "blob:")
        assert not [u for u in page.asked if not u.startswith(local)]


@pytest.fixture
def page(visit, address) -> Page:
    """The page on each back end, with a grid of 3x4."""
    return visit(address).go()
