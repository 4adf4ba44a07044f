"""Projections: the verifier's part, the order of files and lines."""

import numpy as np
import pytest
from PIL import Image

from sdgan_tf.generators import Estimate
from sdgan_tf.projected_photographs import (
    Projection,
    perceptual_verifier,
    project,
    write_projection,
)


def test_a_verifier_of_another_size(random_verifier):
    assert perceptual_verifier(random_verifier, 32).size == 8
    with pytest.raises(ValueError, match="size, 64. Received: .*trained on 32"):
        perceptual_verifier(random_verifier, 64)


def test_lines_name_each_distance():
    estimate = Estimate(*np.zeros([3, 3]), np.array([1.0, 2.0, 9.0]))
    found = Projection("abc", np.zeros([3]), estimate, False)
    assert found.lines() == [
        "a: 1.00 grey levels",
        "b: 2.00 grey levels",
        "c: 9.00 grey levels",
        "Median of 3: 2.00 grey levels, mean absolute difference",
    ]
    with_embedding = Projection(
        "abc", np.zeros([3]), estimate, False, np.array([0.5, 0.25, 0.125])
    )
    assert with_embedding.lines()[1:] == [
        "b: 2.00 grey levels, 0.250 in the embedding",
        "c: 9.00 grey levels, 0.125 in the embedding",
        "Median of 3: 2.00 grey levels, 0.250 in the embedding, mean absolute "
        "difference",
    ]


def test_a_shared_identity_is_one_row(random_run, own_pictures, tmp_path):
    generator = random_run.generator()
    _, photographs = own_pictures(generator, 2)
    found = project(
        generator, photographs, "ab", True, restarts=2, steps=4, seed=1
    )
    assert found.names == ["0000_a", "0001_b"]
    assert (found.estimate.z_i[0] == found.estimate.z_i[1]).all()
    write_projection(str(tmp_path), generator, found, 3, seed=5)
    others = np.asarray(Image.open(tmp_path / "other_observations.png"))
    assert others.shape == (32, 4 * 32, 3)
    # The observations are those of the seed.
    _, z_o = generator.codes(1, 3, seed=5)
    wanted = generator.generate(found.estimate.z_i[[0, 0, 0]], z_o)
    for column in range(3):
        part = others[:, 32 * (column + 1) : 32 * (column + 2)]
        # A batch of another size may round apart.
        assert np.abs(part - wanted[column].astype(int)).max() <= 1
