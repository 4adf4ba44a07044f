"""Labels that are read from coarse pixels name what changes them."""

import numpy as np
import pytest

from sdgan_tf.evaluation.factor_model import find_factors
from sdgan_tf.explorer.direction_names import LabelReader, label_reader
from sdgan_tf.explorer.directions import principal_directions
from sdgan_tf.runs import Run


@pytest.fixture(scope="module")
def reader():
    """Of photographs whose red is `light`, and whose left half is `side`."""
    rng = np.random.default_rng(0)
    n = 400
    light, dark_left = rng.uniform(0, 1, n), rng.integers(0, 2, n)
    images = rng.integers(60, 80, [n, 16, 16, 3])
    images[..., 0] += (100 * light[:, None, None]).astype(int)
    images[:, :, :8, 1] += 80 * (1 - dark_left)[:, None, None]
    labels = [
        {"observation": "", "light": str(a), "side": str(b), "noise": str(c)}
        for a, b, c in zip(
            light,
            np.where(dark_left, "left", "none"),
            rng.uniform(0, 1, n),
            strict=True,
        )
    ]
    factors = find_factors(labels, np.arange(n))
    return LabelReader.fit(images.astype("uint8"), labels, factors)


def test_what_cannot_be_read_names_nothing(reader):
    assert [factor.name for factor in reader.factors] == ["light", "side"]


def test_names(reader):
    change = np.zeros([16, 16, 3])
    assert reader.name(change) == ""
    change[..., 0] = 0.5
    assert reader.name(change) == reader.name(-change) == "light"
    change[:] = 0
    change[:, :8, 1] = 0.6
    assert reader.name(change) == "side: none"
    assert reader.name(-change) == "side: left"


def test_a_data_set_that_is_gone(random_run, two_runs):
    assert label_reader(random_run) is None
    assert label_reader(Run(f"{two_runs}/none")) is None


def test_directions_are_named(random_run):
    class Reader:
        seen = []

        def name(self, change):
            self.seen.append(change)
            return f"label {len(self.seen)}"

    generator = random_run.generator()
    found = principal_directions(generator, Reader(), samples=64)
    assert [d.name for d in found["identity"]] == [
        *("label 1", "label 2", "label 3")
    ]
    assert all(change.shape == (32, 32, 3) for change in Reader.seen)
    # The first one changes pixels most.
    sizes = [np.linalg.norm(change) for change in Reader.seen]
    assert sizes[0] == max(sizes[:3])
