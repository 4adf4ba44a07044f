"""Principal directions, of a generator whose response is known."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.explorer.directions import Direction, principal_directions
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import LatentSpace


@dataclasses.dataclass
class Linear:
    """Pixels are a linear function of the codes."""

    latents: LatentSpace
    weights: np.ndarray

    def __call__(self, z, batch_size):
        assert batch_size <= 64
        return tf.reshape(tf.matmul(z, self.weights), [-1, 2, 2, 3])


def test_a_linear_response():
    # Along (1, 1, 0) pixels change by 3, along (0, 0, 1) by 1; z_o by 2.
    weights = np.zeros([5, 12], "float32")
    weights[0, 0] = weights[1, 0] = 3 / 2**0.5
    weights[2, 1] = 1
    weights[3, 2] = 2
    found = principal_directions(Linear(LatentSpace(3, 2), weights))
    first, second, third = found["identity"]
    half = 2**-0.5
    np.testing.assert_allclose(first.vector, [half, half, 0], atol=0.02)
    np.testing.assert_allclose(second.vector, [0, 0, 1], atol=0.02)
    assert first.fraction == pytest.approx(9 / 14, abs=0.02)
    assert second.fraction == pytest.approx(1 / 14, abs=0.02)
    assert third.fraction == pytest.approx(0, abs=0.01)
    (first, _) = found["observation"]
    np.testing.assert_allclose(first.vector, [1, 0], atol=0.02)
    assert first.fraction == pytest.approx(4 / 14, abs=0.02)


def test_the_same_each_time(random_run):
    generator = random_run.generator()
    one, two = (principal_directions(generator, samples=64) for _ in range(2))
    assert [len(one[side]) for side in one] == [3, 2]
    for side in one:
        for a, b in zip(one[side], two[side], strict=True):
            np.testing.assert_array_equal(a.vector, b.vector)
            assert a.vector[np.abs(a.vector).argmax()] > 0
            assert np.linalg.norm(a.vector) == pytest.approx(1, abs=1e-5)


def test_none_between_identities_of_a_table():
    class Table:
        shape = (4, 3)
        value = np.eye(4, 3, dtype="float32")

    latents = IdentityEmbedding(3, 2, Table(), closed=True)
    found = principal_directions(
        Linear(latents, np.ones([5, 12], "float32")), samples=32
    )
    assert found["identity"] == [] and len(found["observation"]) == 2


def test_to_json():
    direction = Direction(np.array([0.6, -0.8], "float32"), 0.12345, "pose")
    assert direction.to_json() == {
        "vector": [0.6, -0.8],
        "share": 0.123,
        "name": "pose",
    }
