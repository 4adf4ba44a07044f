"""Times the explorer's page in Chromium, and takes its screenshots.

    python -m benchmarks.explorer_page
    python -m benchmarks.explorer_page --screenshots=docs

Starts `--mode=explore`, opens the page as a user does, and clicks. A click
counts from its event to the frame that shows the last of its pictures. Needs
Playwright and `chromium`.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

from absl import app, flags
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).parent.parent
RUN_DIR = flags.DEFINE_string(
    "run_dir", "pretrained/celeba50k_sd_projected", "Folder of a generator."
)
REPEATS = flags.DEFINE_integer("repeats", 15, "Timed clicks.", 1)
SCREENSHOTS = flags.DEFINE_string(
    "screenshots",
    "",
    "Folder for explorer-*.jpg; if empty, it measures times instead.",
)
START_SECONDS = 180
# What the pictures show: two chosen cells, a lock and favourites.
LINK = (
    "#seed=3&size=6x8&locked_rows=1&first=0.0-2.0&second=3.0-5.0"
    "&favourites=3.0-5.0_1.0-7.0_4.0-1.0_0.0-2.0_2.0-6.0_5.0-4.0"
)
VIEWS = {
    "desktop": {"viewport": {"width": 1280, "height": 1340}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
    },
    "dark": {
        "viewport": {"width": 1280, "height": 1340},
        "color_scheme": "dark",
    },
}
SHOWN = (
    "document.querySelector('main').dataset.shown === location.hash.slice(1)"
)
# Milliseconds from a click to the frame after the last busy cell's picture.
CLICK = """(label) => new Promise((resolve) => {
  const grid = document.getElementById("grid");
  const button = grid.querySelector(`[aria-label="${label}"]`);
  const began = performance.now();
  button.click();
  const look = () => {
    if (grid.querySelector('[aria-busy="true"]')) requestAnimationFrame(look);
    else resolve(performance.now() - began);
  };
  requestAnimationFrame(look);
})"""


@contextlib.contextmanager
def served(run_dir: str):
    """Serves a run folder; gives the page's address."""
    command = [sys.executable, "main.py", "--mode=explore"]
    command += [f"--run_dir={run_dir}", "--explore_port=0"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        for line in process.stdout:
            if found := re.search(r"Explorer: (http\S+)", line):
                break
        yield f"{found.group(1)}/"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait(page) -> None:
    """Waits until all that the address says is drawn."""
    end = time.monotonic() + START_SECONDS
    while not page.evaluate(SHOWN):
        if time.monotonic() > end:
            raise TimeoutError(page.locator("#status").text_content())
        page.wait_for_timeout(20)


def measure(browser, address: str) -> dict:
    """Times opening the page and clicking on a row and on a column."""
    page = browser.new_page()
    began = time.perf_counter()
    page.goto(address)
    page.locator("main").wait_for()
    usable = time.perf_counter() - began
    wait(page)
    drawn = time.perf_counter() - began
    clicks = {}
    for side in ("identity", "observation"):
        times = []
        for _ in range(REPEATS.value):
            times.append(page.evaluate(CLICK, f"Resample {side} 2"))
            wait(page)
        clicks[side] = times
    page.close()
    return {
        "usable_milliseconds": round(1e3 * usable),
        "grid_milliseconds": round(1e3 * drawn),
        **{
            f"{side}_{name}_milliseconds": round(of(times), 1)
            for side, times in clicks.items()
            for name, of in (("fastest", min), ("median", statistics.median))
        },
    }


def take_screenshots(browser, address: str, folder: str) -> None:
    """Writes `explorer-NAME.jpg` for each of `VIEWS`."""
    for name, options in VIEWS.items():
        context = browser.new_context(**options)
        page = context.new_page()
        page.goto(address + LINK)
        wait(page)
        path = os.path.join(folder, f"explorer-{name}.jpg")
        with Image.open(io.BytesIO(page.screenshot())) as picture:
            picture.convert("RGB").save(path, quality=90, subsampling=0)
        context.close()


def main(_) -> None:
    path = shutil.which("chromium")
    with served(RUN_DIR.value) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path,
            args=["--headless", "--no-sandbox", "--disable-gpu"],
        )
        if SCREENSHOTS.value:
            take_screenshots(browser, address, SCREENSHOTS.value)
        else:
            print(json.dumps(measure(browser, address)))
        browser.close()


if __name__ == "__main__":
    app.run(main)
