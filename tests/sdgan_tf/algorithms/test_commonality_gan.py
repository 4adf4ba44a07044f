"""More than one commonality: which codes tuples share, in which order."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, Stream


@pytest.fixture(scope="module")
def algorithm():
    keras.utils.set_random_seed(0)
    return build_algorithm(
        Experiment(
            image_size=32,
            dim=4,
            d_i=3,
            d_o=2,
            commonalities="identity,scene,identity+scene",
        )
    )


def test_parts_of_z_i(algorithm):
    latents = algorithm.latents
    assert latents.d_i == 6 and latents.d_z == 8
    assert latents.parts == {"identity": slice(0, 3), "scene": slice(3, 6)}


def test_tuples_share_what_their_kind_agrees_in(algorithm):
    key = Keys(0, tf.constant(0)).key(Stream.D_LATENTS)
    z = algorithm.latents.kinds_in_turn(key, 30, 2).numpy()
    same = z[:, 0] == z[:, 1]
    identity, scene, free = same[:, :3], same[:, 3:6], same[:, 6:]
    assert identity[0::3].all() and not scene[0::3].any()
    assert scene[1::3].all() and not identity[1::3].any()
    assert identity[2::3].all() and scene[2::3].all()
    assert not free.any()
    assert z.min() >= -1 and z.max() < 1 and z.std() > 0.5


def test_one_kind_comes_after_another(algorithm):
    tuples = tf.range(12)[:, None] + tf.zeros([12, 2], tf.int32)
    ordered = algorithm.by_kind(tuples).numpy()
    assert ordered[:, 0].tolist() == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]


def test_grid_shares_one_part_along_its_rows(algorithm):
    latents = algorithm.latents
    z = latents.grid_of("scene", 0, 4, 5).numpy().reshape(4, 5, 8)
    scene, rest = z[..., 3:6], np.delete(z, slice(3, 6), axis=-1)
    assert (scene == scene[:, :1]).all()
    assert np.unique(scene[:, 0], axis=0).shape == (4, 3)
    assert (rest == rest[:1]).all()
    assert np.unique(rest[0], axis=0).shape == (5, 5)
    with pytest.raises(ValueError, match=r"\['identity', 'scene'\]"):
        latents.grid_of("brand", 0, 4, 5)


def test_step_trains_all_heads(algorithm):
    images = np.random.default_rng(0).integers(0, 256, [6, 2, 32, 32, 3])
    heads = [head.collate.kernel for head in algorithm.d.heads]
    before = [kernel.numpy() for kernel in heads]
    batch = {"images": tf.constant(images, tf.uint8)}
    values = algorithm.step((batch,), Keys(0, tf.constant(0)))
    assert float(values["loss/discriminator"]) == pytest.approx(
        np.log(2), abs=0.2
    )
    assert len(heads) == 3
    for kernel, old in zip(heads, before, strict=True):
        assert (kernel.numpy() != old).any()
