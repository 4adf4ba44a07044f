"""Codes of a generator's own pictures, which must be found again."""

import numpy as np
import pytest

from sdgan_tf import projector
from sdgan_tf.evaluation.verifiers import open_verifier
from sdgan_tf.generators import Generator
from sdgan_tf.latents import LatentSpace
from sdgan_tf.pixels import BEGAN_PIXELS
from sdgan_tf.projector import Projector
from sdgan_tf.reference.dump import Dump
from sdgan_tf.reference.systems import load_dump


def test_own_pictures_are_recovered(random_run, own_pictures):
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 5)
    assert pictures.std(axis=0).mean() > 10  # Grey levels: they differ.
    descent = Projector(generator, restarts=3, steps=100)
    found, images, distance = descent.project(pictures[:, None])
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


def test_codes_stay_in_the_box(random_run, own_pictures, monkeypatch):
    monkeypatch.setattr(projector, "LEARNING_RATE", 100.0)
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 2)
    found, _, _ = Projector(generator, 2, steps=1).project(pictures[:, None])
    assert np.abs(found).max() == 1


def test_shared_identity_is_one_z_i(random_run, own_pictures):
    generator = random_run.generator()
    z, _ = own_pictures(generator, 3)
    z[:, :3] = z[0, :3]
    pictures = generator.pixels.to_uint8(generator(z))
    descent = Projector(generator, restarts=4, steps=100)
    found, _, distance = descent.project(pictures[None])
    assert found.shape == (1, 3, 5)
    np.testing.assert_array_equal(found[0, 0, :3], found[0, 1, :3])
    np.testing.assert_array_equal(found[0, 0, :3], found[0, 2, :3])
    assert (found[0, 0, 3:] != found[0, 1, 3:]).all()
    assert np.median(distance) < 1


def test_one_projector_takes_any_number_of_photographs(
    random_run, own_pictures
):
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 3)
    shared = Projector(generator, 1, steps=10)
    for k in (2, 1, 3, 1):
        found, _, _ = shared.project(pictures[None, :k])
        fresh, _, _ = Projector(generator, 1, 10).project(pictures[None, :k])
        np.testing.assert_allclose(found, fresh, atol=1e-3)


def test_progress_counts_the_steps(random_run, own_pictures):
    class Noted:
        def __init__(self, what, total):
            self.said = [(what, total)]
            made.append(self)

        def logged(self, done, values):
            assert values["distance"] >= 0
            self.said.append(done)

    made = []
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 1)
    Projector(generator, 2, steps=25).project(pictures[None], Noted)
    assert [noted.said for noted in made] == [[("step", 25), 10, 20, 25]]


def test_how_descents_share_calls_changes_nothing(
    random_run, own_pictures, monkeypatch
):
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 3)
    results = []
    for images, steps in ((32, 10), (4, 3)):
        monkeypatch.setattr(projector, "IMAGES_PER_CALL", images)
        monkeypatch.setattr(projector, "STEPS_PER_CALL", steps)
        descent = Projector(generator, restarts=2, steps=8)
        results.append(descent.project(pictures[:, None])[0])
    np.testing.assert_allclose(*results, atol=1e-3)


def test_more_restarts_are_never_worse(random_run, own_pictures):
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 4, seed=3)
    one, four = (
        Projector(generator, restarts, 20).project(pictures[:, None])[2]
        for restarts in (1, 4)
    )
    assert (four <= one + 0.01).all()


@pytest.fixture
def verifier(random_verifier):
    return open_verifier(random_verifier)


def apart(verifier, one, other):
    return np.square(verifier(one) - verifier(other)).sum(axis=-1)


def test_the_term_brings_embeddings_nearer(random_run, verifier):
    """Of pictures that the generator cannot draw."""
    generator = random_run.generator()
    rng = np.random.default_rng(0)
    strange = rng.integers(0, 256, [4, 1, 32, 32, 3], dtype=np.uint8)
    found = [
        Projector(
            generator, 2, 60, verifier=verifier, perceptual_weight=weight
        ).project(strange)
        for weight in (0.0, 1000.0)
    ]
    without, within = (
        apart(verifier, images[:, 0], strange[:, 0]) for _, images, _ in found
    )
    assert within.mean() < 0.8 * without.mean()
    assert (within < without).mean() >= 0.75
    # And pixels pay for it.
    assert found[0][2].mean() < found[1][2].mean()


def test_a_weight_of_zero_changes_nothing(random_run, own_pictures, verifier):
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 2)
    blind, seeing = (
        Projector(generator, 2, 5, verifier=given).project(pictures[:, None])
        for given in (None, verifier)
    )
    np.testing.assert_allclose(blind[0], seeing[0], atol=1e-5)


def test_the_term_in_tuples(random_run, own_pictures, verifier):
    generator = random_run.generator()
    _, pictures = own_pictures(generator, 6)
    found, images, distance = Projector(
        generator, 2, 3, verifier=verifier, perceptual_weight=5.0
    ).project(pictures.reshape(2, 3, 32, 32, 3))
    assert found.shape == (2, 3, 5) and images.shape == (2, 3, 32, 32, 3)
    assert distance.shape == (2, 3)


@pytest.mark.parametrize("restarts", [0, 100_000])
def test_restarts_range(random_run, restarts):
    with pytest.raises(ValueError, match=f"Received: restarts={restarts}"):
        Projector(random_run.generator(), restarts, 1)


@pytest.mark.slow
def test_own_pictures_of_the_released_generator(released, own_pictures):
    """Issue 3: their median error is under 2 grey levels."""
    network, experiment = load_dump(Dump.open(released))
    generator = Generator(
        network,
        LatentSpace(experiment.d_i, experiment.d_o),
        BEGAN_PIXELS,
        0,
    )
    _, pictures = own_pictures(generator, 3)
    descent = Projector(generator, restarts=1, steps=120)
    _, _, distance = descent.project(pictures[:, None])
    assert np.median(distance) < 2
