"""The public generator: shapes, ranges, and the numbers of the commands."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.commands import sample
from sdgan_tf.commands.options import Sample
from sdgan_tf.generators import Generator
from sdgan_tf.latents import Directions
from sdgan_tf.runs import load


@pytest.fixture(scope="module")
def generator(random_run) -> Generator:
    """32x32, d_i 3, d_o 2."""
    return load(random_run.folder)


def test_a_grid_of_samples(generator):
    images = generator.sample(identities=3, observations=2, seed=4)
    assert images.shape == (3, 2, 32, 32, 3) and images.dtype == np.uint8
    z_i, z_o = generator.codes(3, 2, seed=4)
    assert z_i.shape == (3, 3) and z_o.shape == (2, 2)
    for z in (z_i, z_o):
        assert z.dtype == np.float32 and np.abs(z).max() <= 1
    row = generator.generate(z_i[[2, 2]], z_o)
    # A batch of another size may round apart.
    assert np.abs(images[2].astype(int) - row).max() <= 1
    again = generator.sample(3, 2, seed=4)
    np.testing.assert_array_equal(images, again)
    assert (generator.sample(3, 2, seed=5) != images).any()


def test_samples_are_those_of_the_command(generator, random_run, tmp_path):
    sample.run(
        Sample(
            run_dir=random_run.folder,
            output_dir=str(tmp_path),
            num_identities=3,
            num_observations=2,
            seed=7,
            truncate=0.5,
        )
    )
    images = generator.sample(3, 2, seed=7, truncate=0.5)
    with np.load(tmp_path / "samples.npz") as arrays:
        np.testing.assert_array_equal(
            images.reshape(-1, 32, 32, 3), arrays["images"]
        )
    generator.save_grid(str(tmp_path / "mine.png"), images)
    assert (tmp_path / "mine.png").read_bytes() == (
        tmp_path / "grid.png"
    ).read_bytes()


def test_any_numbers_are_codes(generator):
    images = generator.generate([[0, 0, 1]], [[0.5, 0]])
    assert images.shape == (1, 32, 32, 3)


@pytest.mark.parametrize(
    ("z_i", "z_o", "message"),
    [
        ([[0, 0]], [[0, 0]], r"z_i \[n, 3\] .* Received: z_i.shape=\(1, 2\)"),
        (np.zeros([2, 3]), [[0, 0]], r"z_o.shape=\(1, 2\)"),
        ([], [], "Received"),
        (0.0, 0.0, r"z_i.shape=\(\)"),
        ([["a"] * 3], [[0, 0]], "`z_i` must hold real numbers"),
        ([[0, 0, 0]], [[0, np.nan]], "`z_o` holds numbers that are not finite"),
    ],
)
def test_bad_codes(generator, z_i, z_o, message):
    with pytest.raises(ValueError, match=message):
        generator.generate(z_i, z_o)


def test_interpolation_ends_at_its_codes(generator):
    z_i, z_o = generator.codes(2, 2, seed=1)
    images = generator.interpolate(z_i, z_o, rows=3, columns=5)
    assert images.shape == (3, 5, 32, 32, 3)
    corners = generator.generate(z_i[[0, 0, 1, 1]], z_o[[0, 1, 0, 1]])
    found = images[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.abs(found.astype(int) - corners).max() <= 1
    middle = generator.generate([z_i.mean(axis=0)], [z_o.mean(axis=0)])[0]
    assert np.abs(images[1, 2].astype(int) - middle).max() <= 1
    with pytest.raises(ValueError, match="two codes each. Received: 1 codes"):
        generator.interpolate(z_i[:1], z_o[:1])


@pytest.mark.parametrize("shared", [False, True])
def test_estimates(generator, own_pictures, shared):
    _, photographs = own_pictures(generator, 2)
    found = generator.estimate(
        photographs, shared_identity=shared, restarts=2, steps=20
    )
    assert found.z_i.shape == (2, 3) and found.z_o.shape == (2, 2)
    assert (found.z_i[0] == found.z_i[1]).all() == shared
    difference = np.abs(photographs.astype("float32") - found.images)
    np.testing.assert_allclose(
        found.distance, difference.mean(axis=(1, 2, 3)), rtol=1e-5
    )
    images = generator.generate(found.z_i, found.z_o)
    assert np.abs(images.astype(int) - found.images).max() <= 1
    # Nearer than the photographs are to each other.
    apart = np.abs(photographs[0].astype(float) - photographs[1]).mean()
    assert shared or found.distance.max() < apart / 2


def test_photographs_have_the_generator_s_size(generator, tmp_path):
    Image.new("RGB", (50, 40), "red").save(tmp_path / "a.png")
    photographs = generator.read_photographs(str(tmp_path))
    assert photographs.shape == (1, 32, 32, 3)
    for other in (photographs[:, :16], photographs / 255.0):
        with pytest.raises(ValueError, match=r"\['n', 32, 32, 3\]. Received"):
            generator.estimate(other)


def test_a_labelled_grid(generator, tmp_path):
    images = generator.sample(2, 3)
    generator.save_grid(
        str(tmp_path / "rows.png"), images, row_labels=["Ann", "Bob"]
    )
    generator.save_grid(
        str(tmp_path / "columns.png"), images, column_labels="abc"
    )
    rows, columns = (
        np.asarray(Image.open(tmp_path / name))
        for name in ("rows.png", "columns.png")
    )
    plain = np.concatenate([np.concatenate(row, axis=1) for row in images])
    enlarged = plain.repeat(3, axis=0).repeat(3, axis=1)
    for sheet in (rows, columns):
        np.testing.assert_array_equal(sheet[-192:, -288:], enlarged)
    assert rows[-192:, :-288].min() < 100 and columns[:-192].min() < 100
    assert rows[:-192].min() == columns[-192:, :-288].min() == 255
    with pytest.raises(ValueError, match=r"Received: uint8 \[6, 32, 32, 3\]"):
        generator.save_grid("grid.png", images.reshape(-1, 32, 32, 3))


def test_where_lengths_do_not_matter_nothing_is_truncated(generator):
    directions = dataclasses.replace(generator, latents=Directions(3, 2))
    with pytest.raises(ValueError, match="`truncate` changes nothing here"):
        directions.sample(1, 1, truncate=0.5)
