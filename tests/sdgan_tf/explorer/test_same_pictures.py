"""One seed, one grid: on the page, in Python, in a SavedModel, as a file."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf import philox
from sdgan_tf.commands import sample
from sdgan_tf.commands.options import Sample
from sdgan_tf.exporting.saved_model import write_signatures
from sdgan_tf.exporting.signatures import ServedGenerator
from sdgan_tf.latents import Stream

SEED = 2**33 + 11
ROWS, COLUMNS = 3, 4


@pytest.fixture(scope="module")
def generator(random_run):
    return random_run.generator()


def test_codes_in_javascript_numpy_and_tensorflow(visit, address, generator):
    page = visit(address).go()
    found = page.page.evaluate(
        """async ([seed, rows, columns]) => {
          const { Prior } = await import("./prior.js");
          const prior = new Prior({ d_i: 3, d_o: 2 });
          const all = (count, code) =>
            Array.from({ length: count }, (_, place) =>
              Array.from(code({ seed, place, number: 0 })));
          return [
            all(rows, (draw) => prior.identity(draw)),
            all(columns, (draw) => prior.observation(draw)),
          ];
        }""",
        [SEED, ROWS, COLUMNS],
    )
    by_tensorflow = generator.codes(ROWS, COLUMNS, SEED)
    for side, size in ((0, 3), (1, 2)):
        key = philox.step_key(SEED, Stream.GRID, substep=side)
        by_numpy = philox.uniform(key, 0, size * len(found[side]))
        np.testing.assert_array_equal(
            np.array(found[side], np.float32), by_numpy.reshape(-1, size)
        )
        np.testing.assert_array_equal(found[side], by_tensorflow[side])


def test_pictures_of_four_ways(visit, address, random_run, generator, tmp_path):
    wanted = generator.sample(ROWS, COLUMNS, seed=SEED).astype(int)
    page = visit(address).go(f"#seed={SEED}")
    folder = str(tmp_path / "served")
    served = ServedGenerator(generator)
    write_signatures({"sample": served.signatures()["sample"]}, folder)
    loaded = tf.saved_model.load(folder)
    answer = loaded.signatures["sample"](
        seed=tf.constant(SEED, tf.int64),
        num_identities=tf.constant(ROWS),
        num_observations=tf.constant(COLUMNS),
    )
    sample.run(
        Sample(
            run_dir=random_run.folder,
            seed=SEED,
            num_identities=ROWS,
            num_observations=COLUMNS,
            output_dir=str(tmp_path / "out"),
        )
    )
    (name,) = (tmp_path / "out").rglob("samples.npz")
    with np.load(name) as arrays:
        files = arrays["images"].reshape(wanted.shape).astype(int)
    for found in (
        page.grid(),
        generator.pixels.to_uint8(answer["images"]).astype(int),
        files,
    ):
        assert np.abs(found - wanted).max() <= 1
        assert (found == wanted).mean() > 0.99


def test_codes_are_uniform(visit, address):
    lines = (
        visit(address)
        .go()
        .page.evaluate(
            """async () => {
          const { Prior } = await import("./prior.js");
          const prior = new Prior({ d_i: 20000, d_o: 1 });
          return [[7, 0, 0], [7, 0, 1], [7, 1, 0], [8, 0, 0]].map(
            ([seed, place, number]) =>
              Array.from(prior.identity({ seed, place, number })));
        }"""
        )
    )
    numbers = np.array(lines)
    assert numbers.min() >= -1 and numbers.max() < 1
    # The standard error of the mean is 0.004.
    np.testing.assert_allclose(numbers.mean(axis=1), 0, atol=0.02)
    np.testing.assert_allclose(numbers.std(axis=1), 3**-0.5, atol=0.02)
    correlation = np.corrcoef(numbers)[np.triu_indices(4, 1)]
    np.testing.assert_allclose(correlation, 0, atol=0.03)
