"""Data sets and configurations that many tests share."""

import os

# Before TensorFlow is imported by any test.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As `main.py` does.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import dataclasses
import functools
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records
from data_pipeline.records import pictures
from sdgan_tf.commands import export, train
from sdgan_tf.commands.options import Export, Train
from sdgan_tf.config import Experiment
from sdgan_tf.training.trainer import KEPT

ROOT = pathlib.Path(__file__).parent.parent
# What the tests train.
TINY = {"image_size": 32, "dim": 4, "d_i": 6, "d_o": 5, "batch_size": 4}
SHORT = {
    "train_steps": 6,
    "log_interval_steps": 2,
    "sample_interval_steps": 3,
    "save_interval_steps": 3,
    "evaluate_pairs": 8,
}


def _write_data_set(
    folder: pathlib.Path, counts: dict[str, int], image_size: int = 32
) -> str:
    """Writes a data set of one training shard with smooth random pictures."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for split in records.SPLITS:
        path = records.shard_path(str(folder), split, 0, 1)
        names = list(counts) if split == "train" else []
        with tf.io.TFRecordWriter(path) as writer:
            for name in names:
                base = rng.integers(0, 256, [2, 2, 3], dtype=np.uint8)
                for observation in range(counts[name]):
                    small = base // 2 + rng.integers(0, 100, [2, 2, 3])
                    picture = pictures.Image.fromarray(small.astype("uint8"))
                    picture = picture.resize((image_size, image_size))
                    writer.write(
                        records.example(
                            pictures.to_png(picture),
                            name,
                            str(observation),
                            {},
                        )
                    )
        records.write_index(
            records.index_path(path), names, [counts[n] for n in names]
        )
    manifest = {
        "format_version": records.FORMAT_VERSION,
        "build_id": folder.name,
        "image_size": image_size,
        "num_shards": 1,
        "label_names": [],
    }
    (folder / records.MANIFEST).write_text(json.dumps(manifest))
    return str(folder)


@pytest.fixture
def write_data_set():
    """Writes (folder, {identity: images}, image_size=32); gives its path."""
    return _write_data_set


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory) -> str:
    """24 identities of 4 images, 32x32."""
    folder = tmp_path_factory.mktemp("data") / "tiny"
    return _write_data_set(folder, {f"id{n}": 4 for n in range(24)})


def _make_options(data_dir: str, run_dir: str, **changes) -> Train:
    """The options of a tiny training, named but for the experiment's."""
    fields = {field.name for field in dataclasses.fields(Experiment)}
    experiment = {n: changes.pop(n) for n in list(changes) if n in fields}
    return Train(
        data_dir=data_dir,
        run_dir=run_dir,
        experiment=Experiment(**(TINY | experiment)),
        named=frozenset((*experiment, *KEPT)),
        **(SHORT | changes),
    )


@pytest.fixture
def make_options(tiny_data, tmp_path):
    """Makes the options of `train` for a tiny run; keywords change them."""

    def make(data_dir=tiny_data, run_dir=str(tmp_path / "run"), **changes):
        return _make_options(data_dir, run_dir, **changes)

    return make


@pytest.fixture
def make_trainer(make_options):
    """Makes the trainer of a tiny run; keywords change its options."""
    return lambda **changes: train.trainer_of(make_options(**changes))


@pytest.fixture
def train_run(make_options):
    """Trains a tiny run as the command does; keywords change its options."""
    return lambda **changes: train.run(make_options(**changes))


@pytest.fixture(scope="session")
def _train_once(tiny_data, tmp_path_factory):
    @functools.cache
    def train_model(model):
        run_dir = str(tmp_path_factory.mktemp(model) / "run")
        train.run(_make_options(tiny_data, run_dir, model=model))
        return run_dir

    return train_model


@pytest.fixture(scope="session")
def exported_run(_train_once, tmp_path_factory):
    """The folder of that run, with its SavedModel; not to be written to."""
    pytest.importorskip(
        "tensorflow_serving", reason="pip install -r requirements-serving.txt"
    )
    run_dir = str(tmp_path_factory.mktemp("exported") / "run")
    shutil.copytree(_train_once("sd_dcgan"), run_dir)
    export.run(Export(run_dir=run_dir))
    return run_dir


@pytest.fixture
def trained(request, _train_once, make_options):
    """The options of a run of 6 steps, saved at 3 and 6.

    It is an SD-DCGAN's, or of the model that the test is parametrised by.
    """
    options = make_options(model=getattr(request, "param", "sd_dcgan"))
    shutil.copytree(_train_once(options.experiment.model), options.run_dir)
    return options


@pytest.fixture(scope="session")
def released() -> str:
    """The folder with the authors' dumped SD-BEGAN generator."""
    given = os.environ.get("SDGAN_TEST_DATA")
    for parent in [given, os.path.dirname(given)] if given else []:
        path = os.path.join(parent, "reference_weights", "sdbegan_548235_small")
        if os.path.isdir(path):
            return path
    pytest.skip("SDGAN_TEST_DATA names no folder with `reference_weights`.")


@pytest.fixture
def main_py():
    """Runs main.py in a process of its own, as a user does."""

    def run(*flags: str, check: bool = True, cwd=ROOT):
        done = subprocess.run(
            [sys.executable, str(ROOT / "main.py"), *flags],
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=300,
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium of Playwright."""
    # A module's, not the session's: its event loop runs as long as it does.
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="pip install -r requirements-dev.txt"
    )
    path = shutil.which("chromium")
    if not path:
        pytest.skip("no chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path,
            args=[
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium):
    """Makes pages without network, each of a browser that knows nothing.

    Keywords are those of Playwright's `new_context`. A test fails if a page
    asked for more than files, or if a script of it failed.
    """
    contexts, asked, failed = [], [], []

    def make(**options):
        context = chromium.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not failed
    local = ("file:", "data:", "blob:")
    assert not [url for url in asked if not url.startswith(local)]
