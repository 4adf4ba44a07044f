"""Augmentation, R1, spectral norm and the average, within training steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf import augmentation
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys
from sdgan_tf.runs import Run

KEYS = Keys(3, tf.constant(5))


def make(**options):
    keras.utils.set_random_seed(0)
    options = {"image_size": 32, "dim": 4, "d_i": 4, "d_o": 3, **options}
    return build_algorithm(Experiment(**options))


def step(algorithm, number=5):
    images = np.random.default_rng(0).integers(0, 256, (4, 2, 32, 32, 3))
    batch = {"images": tf.constant(images.astype(np.uint8))}
    return algorithm.step((batch,), Keys(3, tf.constant(number)))


def test_d_sees_real_and_fake_altered_and_nothing_else(monkeypatch):
    altered = []

    def dark(tuples, numbers):
        assert numbers.shape == (4, 2, augmentation.NUMBERS)
        altered.append(numbers.numpy())
        return 0.0 * tuples - 1.0

    monkeypatch.setitem(augmentation.AUGMENTATIONS, "diffaug", dark)
    algorithm = make(augment="diffaug")
    seen = []
    call = algorithm.d.call

    def watched(tuples, **options):
        seen.append(tuples.numpy())
        return call(tuples, **options)

    monkeypatch.setattr(algorithm.d, "call", watched)
    step(algorithm)
    # Real and fake for D, fake for G; each draws its own numbers.
    assert len(altered) == 3 and len({n.tobytes() for n in altered}) == 3
    assert len(seen) == 2 and all((tuples == -1.0).all() for tuples in seen)


def test_r1_is_added_to_d_s_loss_and_moves_d_only():
    plain, punished = make(), make(r1_weight=10.0)
    a, b = step(plain), step(punished)
    assert float(b["loss/discriminator"]) > float(a["loss/discriminator"])
    # D is moved first, so that G's loss differs too; without weight not.
    again = step(make(r1_weight=0.0))
    assert float(again["loss/generator"]) == float(a["loss/generator"])


def largest_singular_values(algorithm):
    return [
        np.linalg.norm(v.numpy().reshape(-1, v.shape[-1]), ord=2)
        for v in algorithm.d.trainable_variables
        if v.path.endswith("kernel")
    ]


def test_spectral_norm_holds_all_of_d_s_kernels():
    algorithm = make(spectral_norm=True)
    kernels = [
        v for v in algorithm.d.trainable_variables if v.path.endswith("kernel")
    ]
    assert len(kernels) == 3 + 1 + 1
    for kernel in kernels:
        kernel.assign(20.0 * kernel)
    assert min(largest_singular_values(algorithm)) > 2
    algorithm.optimizers["discriminator"].learning_rate.assign(0.0)
    for number in range(20):
        step(algorithm, number)
    np.testing.assert_allclose(
        largest_singular_values(algorithm), 1.0, atol=0.05
    )
    before = largest_singular_values(algorithm)
    algorithm.d(tf.zeros([1, 2, 32, 32, 3]))  # Not for training.
    assert largest_singular_values(algorithm) == before


def test_average_by_hand():
    algorithm = make(ema_decay=0.9)
    generator, average = algorithm.generator, algorithm.average
    for a, w in zip(
        average.get_weights(), generator.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(a, w)
    before = [w.numpy() for w in average.weights]
    step(algorithm)
    # One update behind it: a decay of 2 / 11 and not yet of 0.9.
    for old, a, w in zip(
        before, average.weights, generator.weights, strict=True
    ):
        expected = w.numpy()
        if w.trainable:
            expected = 2 / 11 * old + 9 / 11 * expected
        np.testing.assert_allclose(a, expected, rtol=1e-5, atol=1e-7)
    assert algorithm.sampler is average and make().sampler is not average


def test_a_run_gives_its_average(make_trainer):
    trainer = make_trainer(ema_decay=0.95)
    run = trainer.train().run
    algorithm = trainer.set_up().algorithm
    given = run.generator().network.get_weights()
    average = algorithm.average.get_weights()
    latest = algorithm.generator.get_weights()
    for a, b in zip(given, average, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(given, latest, strict=True))


def test_started_from_a_run_without_one_the_average_is_its_generator(
    trained, make_trainer, tmp_path
):
    setup = make_trainer(
        run_dir=str(tmp_path / "new"), init_from=trained.run_dir, ema_decay=0.9
    ).set_up()
    given = Run(trained.run_dir).generator().network.get_weights()
    for a, b in zip(given, setup.algorithm.average.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "option",
    [
        {"augment": "diffaug"},
        {"r1_weight": 1.0},
        {"spectral_norm": True},
        {"loss": "wgan"},
    ],
)
def test_sd_began_refuses_what_is_sd_gan_s(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        make(model="sd_began", dim=8, **option)


def test_sd_began_has_an_average():
    algorithm = make(model="sd_began", dim=8, ema_decay=0.9)
    step(algorithm)
    differ = [
        (a.numpy() != w.numpy()).any()
        for a, w in zip(
            algorithm.average.weights, algorithm.generator.weights, strict=True
        )
    ]
    assert any(differ)
