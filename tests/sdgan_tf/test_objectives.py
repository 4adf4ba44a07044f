"""Objectives by hand-computed numbers."""

import keras
import numpy as np
import pytest

from sdgan_tf import objectives
from sdgan_tf.config import Experiment
from sdgan_tf.objectives import (
    BEGANObjective,
    ProjectedObjective,
    SDGANObjective,
)


def array(*values):
    return keras.ops.convert_to_tensor(np.array(values, "float32"))


def test_the_average_follows_closely_at_first():
    # (1 + n) / (10 + n), up to the limit.
    assert float(objectives.average_decay(0.9, 1)) == pytest.approx(2 / 11)
    assert float(objectives.average_decay(0.9, 1000)) == pytest.approx(0.9)
    moved = objectives.averaged(array(1.0), array(5.0), 0.75)
    np.testing.assert_allclose(moved, [2.0])


def constant_gradient(value):
    return lambda tuples: keras.ops.full(tuples.shape, value, "float32")


def never():
    raise AssertionError("drawn")


def sd_gan_loss(experiment, between=never):
    real, fake = (np.full([2, 1, 1, 1, 4], x, "float32") for x in (1, 0))
    return SDGANObjective.of(experiment).discriminator_loss(
        array(3.0, 1.0, -1.0, 0.0),
        real,
        fake,
        constant_gradient(2.0),
        between,
        auxiliary=10.0,
    )


def test_sd_gan_without_penalties():
    # ((2^2 + 0) / 2 + (1 + 0) / 2) / 2, and the auxiliary loss.
    loss, scores = sd_gan_loss(Experiment(loss="lsgan"))
    assert float(loss) == pytest.approx(11.25)
    np.testing.assert_allclose(scores, [2.0, -0.5])


def test_sd_gan_with_both_penalties():
    # The gradient has the norm sqrt(4 * 2^2) = 4.
    experiment = Experiment(loss="wgan-gp", r1_weight=0.5)
    loss, _ = sd_gan_loss(experiment, lambda: array(0.0, 1.0))
    expected = (-0.5 - 2.0) + 10.0 + 10.0 * (4 - 1) ** 2 + 0.5 * 16 / 2
    assert float(loss) == pytest.approx(expected)
    assert SDGANObjective.of(experiment).penalties == 2


def test_a_penalty_is_taken_between_real_and_fake_tuples():
    seen = []

    def gradient(tuples):
        seen.append(np.array(tuples)[:, 0, 0, 0, 0])
        return keras.ops.ones(tuples.shape)

    real, fake = (np.full([2, 1, 1, 1, 4], x, "float32") for x in (1, 3))
    SDGANObjective.of(Experiment(loss="wgan-gp")).discriminator_loss(
        array(0.0, 0.0, 0.0, 0.0),
        real,
        fake,
        gradient,
        lambda: array(0.0, 0.25),
    )
    np.testing.assert_allclose(seen, [[1.0, 1.5]])


def test_only_wgan_clips():
    objective = SDGANObjective.of(Experiment(loss="wgan"))
    assert objective.clips
    np.testing.assert_allclose(
        objective.clipped(array(-1.0, 0.001, 0.3)), [-0.01, 0.001, 0.01]
    )
    assert not SDGANObjective.of(Experiment(loss="wgan-gp")).clips


def test_began_controller():
    objective = BEGANObjective(gamma=0.5, lambda_k=0.1)
    loss = objective.discriminator_loss(array(2.0), array(4.0), 0.25)
    np.testing.assert_allclose(loss, [1.0])
    k_t, balance, convergence = objective.controlled(*array(0.25, 2.0, 0.5))
    assert float(balance) == pytest.approx(0.5)
    assert float(k_t) == pytest.approx(0.3)
    assert float(convergence) == pytest.approx(2.5)
    # k_t stays in [0, 1].
    assert float(objective.controlled(*array(0.0, 0.0, 1.0))[0]) == 0.0
    assert float(objective.controlled(*array(1.0, 8.0, 1.0))[0]) == 1.0


def test_projected_scalars_name_what_the_loss_returns():
    for weight, unmatched_weight, names in (
        (0.0, 0.0, 6),
        (0.3, 0.0, 7),
        (0.3, 0.5, 9),
    ):
        objective = ProjectedObjective(1.0, 2.0, weight, unmatched_weight)
        places = array(1.0, 1.0, -1.0, -1.0)[:, None, None]
        kinds = 3 if objective.mismatches else 2
        tuples = keras.ops.zeros([kinds, 2, 1])
        loss, scores = objective.discriminator_loss(
            [(places, tuples, tuples[:2])], np.array([0, 1])
        )
        # No place is wrong; each tuple is off by 1, real and refused.
        assert float(loss) == pytest.approx(2.0 * (2.0 + unmatched_weight))
        assert len(objective.scalars) == names == 2 + len(scores)


@pytest.mark.parametrize(
    ("objective", "options", "message"),
    [
        (BEGANObjective, {"augment": "diffaug"}, "augment='diffaug'"),
        (ProjectedObjective, {"r1_weight": 1.0}, "has no `r1_weight`"),
        (ProjectedObjective, {"k": 1}, "at least 2. Received: k=1"),
    ],
)
def test_what_an_objective_does_not_have(objective, options, message):
    with pytest.raises(ValueError, match=message):
        objective.of(Experiment(**options))
