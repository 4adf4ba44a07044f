"""The page that draws in the browser: loading, pixels, damaged folders."""

import json
import shutil

import numpy as np
import pytest

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.explorer.catalogue import Exhibit
from sdgan_tf.exporting.web.page_folder import write_web
from sdgan_tf.runs import Run

SECONDS = 1000  # Of Playwright's milliseconds.


@pytest.fixture
def browse(visit, serve_files):
    """Opens the page of a folder; `address` is set, nothing is loaded."""
    servers = []

    def start(folder, **options):
        server = serve_files(folder)
        address = server.__enter__()
        servers.append(server)
        return visit(address, **options)

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def test_loading_is_shown(browse, page_folder):
    from playwright.sync_api import expect

    page, held = browse(page_folder), []
    page.page.route("**/0/model.onnx", lambda route: held.append(route))
    page.page.goto(page.address)
    page.says("Loading first.")
    bar = page.page.locator("#progress")
    card = json.loads((page_folder / "generators/0/card.json").read_text())
    runtime_part = 1 - card["bytes"]["model"] / sum(card["bytes"].values())
    # All of the runtime and nothing of the model.
    for _ in range(60):
        if bar.evaluate("bar => bar.value") == pytest.approx(runtime_part):
            break
        page.page.wait_for_timeout(SECONDS)
    assert bar.evaluate("bar => bar.value") == pytest.approx(runtime_part)
    expect(page.page.locator("main")).to_be_hidden()
    held[0].continue_()
    page.ready()
    expect(bar).to_be_hidden()


def test_the_other_pixel_mapping(browse, runtime_dir, tmp_path):
    """A generator of SD-DCGAN, whose levels are rounded down."""
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    experiment = Experiment(
        model="sd_dcgan", image_size=32, dim=4, d_i=6, d_o=5
    )
    run = Run(str(tmp_path / "run"))
    network = build_algorithm(experiment).generator
    for weight in network.trainable_weights:
        weight.assign(3 * weight)
    run.write_generator(network, experiment, 1)
    folder = tmp_path / "page"
    write_web([Exhibit("run", run, "float32")], str(folder), runtime_dir)
    page = browse(folder).go("#seed=3&size=2x3")
    wanted = run.generator().sample(2, 3, seed=3).astype(int)
    grid = page.grid(2, 3)
    assert np.abs(grid - wanted).max() <= 1
    assert (grid == wanted).mean() > 0.99


def test_scripts_generate_from_codes(
    browse, page_folder, random_run, own_pictures
):
    generator = random_run.generator()
    z, wanted = own_pictures(generator, 9)
    z_i, z_o = (part.tolist() for part in generator.latents.split(z))
    page = browse(page_folder).go()
    drawn = page.page.evaluate(
        """async (codes) => (await window.sdgan.generate(codes))
          .map(({ data }) => Array.from(data))""",
        {"z_i": z_i, "z_o": z_o},
    )
    rgb = np.array(drawn).reshape(9, 32, 32, 4)[..., :3]
    assert np.abs(rgb - wanted.astype(int)).max() <= 1


def test_known_identities_are_the_only_ones(browse, runtime_dir, tmp_path):
    """The grid's identities are those of `sample`, in its order."""
    pytest.importorskip("tf2onnx", reason="requirements-serving.txt")
    experiment = Experiment(
        model="embedding_pairwise",
        image_size=32,
        dim=4,
        d_i=3,
        d_o=2,
        known_identities=5,
    )
    run = Run(str(tmp_path / "run"))
    network = build_algorithm(experiment).generator
    rng = np.random.default_rng(0)
    # So far apart that a picture says who is in it.
    network.identities.assign(30 * rng.choice([-1, 1], [5, 3]))
    run.write_generator(network, experiment, 1)
    folder = tmp_path / "page"
    write_web([Exhibit("run", run, "float32")], str(folder), runtime_dir)
    page = browse(folder).go("#seed=7&size=5x2")
    generator = run.generator()
    wanted = generator.sample(5, 2, seed=7).astype(int)
    assert np.abs(page.grid(5, 2) - wanted).max() <= 1
    codes = page.download("Save the codes", "#grid-part")
    with np.load(codes) as arrays:
        np.testing.assert_array_equal(
            arrays["z_i"], generator.codes(5, 2, seed=7)[0]
        )
    # Resampled, it is another one of them.
    page.click("Resample identity 1")
    # There are no directions between identities of a table.
    page.choose(1, 1)
    labels = page.page.locator("#directions legend").all_inner_texts()
    assert labels == ["How"]


@pytest.mark.parametrize(
    ("name", "damage", "says"),
    [
        (
            "generators/0/model.onnx",
            lambda data: data[:-1],
            "model.onnx is not of ",
        ),
        (
            "generators/0/model.onnx",
            lambda data: data + b"!",
            "model.onnx is not of ",
        ),
        ("generators/0/model.onnx", None, "model.onnx: 404"),
        ("generators/0/card.json", None, "card.json: 404"),
        ("explorer.json", None, "explorer.json: 404"),
        ("ort/ort.wasm.min.mjs", None, "A file of the page is missing."),
    ],
)
def test_a_damaged_folder_is_told_of(
    browse, page_folder, tmp_path, name, damage, says
):
    from playwright.sync_api import expect

    folder = tmp_path / "page"
    shutil.copytree(page_folder, folder)
    if damage:
        (folder / name).write_bytes(damage((folder / name).read_bytes()))
    else:
        (folder / name).unlink()
    page = browse(folder)
    page.page.goto(page.address)
    page.says(f"This does not work: {says}")
    expect(page.page.locator("main")).to_be_hidden()
    page.failed.clear()
