"""`--mode=project`: what it reads, what it finds, what it writes."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from sdgan_tf import projection
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.images import BEGAN_PIXELS
from sdgan_tf.latents import LatentSpace
from sdgan_tf.projection import Projector, find_photographs, read_photographs
from sdgan_tf.reference import Dump, load_dump
from sdgan_tf.runs import Run, TrainedGenerator

TINY = Experiment(model="sd_began", image_size=32, dim=8, d_i=3, d_o=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    """A random generator, stretched so that its pictures differ."""
    network = build_algorithm(TINY).generator
    rng = np.random.default_rng(0)
    for layer in (network.project, *network.convs, network.to_image):
        kernel = layer.kernel.numpy()
        layer.kernel.assign(1.5 * kernel)
        layer.bias.assign(rng.uniform(-0.1, 0.1, layer.bias.shape))
    run = Run(str(tmp_path_factory.mktemp("random") / "run"))
    run.write_generator(network, TINY, 0)
    return run


def own_pictures(generator: TrainedGenerator, n: int, seed=1) -> tuple:
    z = tf.random.stateless_uniform(
        [n, generator.latents.d_z], [seed, 2], -1.0, 1.0
    )
    return z.numpy(), generator.pixels.to_uint8(generator(z))


def test_own_pictures_are_recovered(run):
    generator = run.generator()
    _, pictures = own_pictures(generator, 5)
    assert pictures.std(axis=0).mean() > 10  # Grey levels: they differ.
    projector = Projector(generator, restarts=3, steps=100)
    found, images, distance = projector.project(pictures[:, None])
    assert found.shape == (5, 1, 5)
    assert images.shape == (5, 1, 32, 32, 3) and images.dtype == np.uint8
    assert np.abs(found).max() <= 1
    assert distance.shape == (5, 1)
    np.testing.assert_allclose(
        distance[:, 0],
        np.abs(images[:, 0] - pictures.astype("float32")).mean((1, 2, 3)),
        rtol=1e-5,
    )
    assert np.median(distance) < 1


def test_codes_stay_in_the_box(run, monkeypatch):
    monkeypatch.setattr(projection, "LEARNING_RATE", 100.0)
    generator = run.generator()
    _, pictures = own_pictures(generator, 2)
    found, _, _ = Projector(generator, 2, steps=1).project(pictures[:, None])
    assert np.abs(found).max() == 1


def test_shared_identity_is_one_z_i(run):
    generator = run.generator()
    z, _ = own_pictures(generator, 3)
    z[:, :3] = z[0, :3]
    pictures = generator.pixels.to_uint8(generator(z))
    projector = Projector(generator, restarts=4, steps=100)
    found, _, distance = projector.project(pictures[None])
    assert found.shape == (1, 3, 5)
    np.testing.assert_array_equal(found[0, 0, :3], found[0, 1, :3])
    np.testing.assert_array_equal(found[0, 0, :3], found[0, 2, :3])
    assert (found[0, 0, 3:] != found[0, 1, 3:]).all()
    assert np.median(distance) < 1


def test_how_descents_share_calls_changes_nothing(run, monkeypatch):
    generator = run.generator()
    _, pictures = own_pictures(generator, 3)
    results = []
    for images, steps in ((32, 10), (4, 3)):
        monkeypatch.setattr(projection, "IMAGES_PER_CALL", images)
        monkeypatch.setattr(projection, "STEPS_PER_CALL", steps)
        projector = Projector(generator, restarts=2, steps=8)
        results.append(projector.project(pictures[:, None])[0])
    np.testing.assert_allclose(*results, atol=1e-3)


def test_more_restarts_are_never_worse(run):
    generator = run.generator()
    _, pictures = own_pictures(generator, 4, seed=3)
    one, four = (
        Projector(generator, restarts, 20).project(pictures[:, None])[2]
        for restarts in (1, 4)
    )
    assert (four <= one + 0.01).all()


@pytest.mark.parametrize("restarts", [0, 100_000])
def test_restarts_range(run, restarts):
    with pytest.raises(ValueError, match=f"Received: restarts={restarts}"):
        Projector(run.generator(), restarts, 1)


def save(path, size=(50, 40), colour="red", **options):
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def test_find_photographs(tmp_path):
    folder = tmp_path / "photos"
    wanted = [str(save(folder / n)) for n in ("a.png", "b.JPG", "c.webp")]
    (folder / "notes.txt").write_text("no picture")
    assert find_photographs(str(folder)) == wanted
    assert find_photographs(str(folder / "*.??g")) == wanted[:1]
    assert find_photographs(wanted[2]) == wanted[2:]
    for nothing in (folder / "none.png", folder / "*.gif"):
        with pytest.raises(FileNotFoundError, match="No photographs.*Received"):
            find_photographs(str(nothing))


def test_photographs_of_any_size_and_format(tmp_path):
    paths = [
        str(save(tmp_path / "p" / "a.png", (50, 40))),
        str(save(tmp_path / "p" / "b.jpg", (10, 90), "blue")),
        str(save(tmp_path / "p" / "c.webp", (64, 64), "lime", lossless=True)),
    ]
    read = read_photographs(paths, 32, "center")
    assert read.shape == (3, 32, 32, 3) and read.dtype == np.uint8
    assert read[0, 5, 5].tolist() == [255, 0, 0]
    assert np.abs(read[1, 5, 5] - [0.0, 0.0, 254.0]).max() < 3
    assert read[2, 5, 5].tolist() == [0, 255, 0]


def test_crop_is_build_records(tmp_path):
    image = np.zeros([40, 80, 3], np.uint8)
    image[:, 40:] = 255
    path = str(tmp_path / "half.png")
    Image.fromarray(image).save(path)
    right = read_photographs([path], 32, "0.5,0,1,1")
    assert right.min() == 255
    with pytest.raises(ValueError, match="`crop` must be"):
        read_photographs([path], 32, "left")


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "empty file"), (b"no picture", "not a picture that Pillow")],
)
def test_bad_photographs(tmp_path, data, message):
    path = tmp_path / "bad.png"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{message}.*Received: .*bad.png"):
        read_photographs([str(path)], 32, "center")


@pytest.mark.parametrize("shared", [False, True])
def test_what_is_written(run, make_config, tmp_path, capsys, shared):
    _, pictures = own_pictures(run.generator(), 2)
    for name, picture in zip("ab", pictures, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    out = tmp_path / "out"
    projection.project(
        make_config(
            run_dir=run.folder,
            images=str(tmp_path / "*.png"),
            output_dir=str(out),
            shared_identity=shared,
        )
    )
    with np.load(out / "codes.npz", allow_pickle=False) as arrays:
        codes = dict(arrays)
    assert codes["z_i"].shape == (2, 3) and codes["z_o"].shape == (2, 2)
    assert (codes["z_i"][0] == codes["z_i"][1]).all() == shared
    assert codes["names"].tolist() == ["0000_a", "0001_b"]
    sheet = np.asarray(
        Image.open(out / "photographs_and_reconstructions.png"), "float32"
    )
    assert sheet.shape == (64, 64, 3)
    np.testing.assert_array_equal(sheet[32:, :32], pictures[1])
    single = np.asarray(Image.open(out / "0001_b.png"))
    np.testing.assert_array_equal(sheet[32:, 32:], single)
    assert codes["distance"][1] == pytest.approx(
        np.abs(sheet[32:, :32] - sheet[32:, 32:]).mean()
    )
    # A row each subject: the reconstruction and three other observations.
    others = np.asarray(Image.open(out / "other_observations.png"))
    assert others.shape == ((1 if shared else 2) * 32, 4 * 32, 3)
    np.testing.assert_array_equal(others[:32, :32], sheet[:32, 32:])
    printed = capsys.readouterr().out
    assert f"0001_b: {codes['distance'][1]:.2f} grey levels" in printed


def test_flags_are_wanted(run, make_config):
    with pytest.raises(ValueError, match="--images is missing"):
        projection.project(make_config(run_dir=run.folder))
    with pytest.raises(ValueError, match="--run_dir is missing"):
        projection.project(make_config(run_dir="", images="photo.png"))


def test_own_pictures_of_the_released_generator(released):
    """Issue 3: their median error is under 2 grey levels."""
    network, experiment = load_dump(Dump.open(released))
    generator = TrainedGenerator(
        network,
        LatentSpace(experiment.d_i, experiment.d_o),
        BEGAN_PIXELS,
        0,
    )
    _, pictures = own_pictures(generator, 3)
    projector = Projector(generator, restarts=1, steps=120)
    _, _, distance = projector.project(pictures[:, None])
    assert np.median(distance) < 2
