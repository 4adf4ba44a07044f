"""The optimizers' first steps, by hand, and Adam's against Keras'."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.optimizers import Adam, HalvingSchedule, TF1RMSprop, slots


def weight(value):
    return keras.Variable([value], dtype="float32")


def step(optimizer, variable, gradient):
    optimizer.apply([tf.constant([gradient], tf.float32)], [variable])
    return float(variable.numpy()[0])


@pytest.mark.parametrize(
    "step,rate",
    [
        (0, 8e-5),
        (99_999, 8e-5),
        (100_000, 4e-5),
        (199_999, 4e-5),
        (200_000, 2e-5),
        # The floor.
        (300_000, 2e-5),
        (900_000, 2e-5),
    ],
)
def test_halving_schedule(step, rate):
    schedule = HalvingSchedule(8e-5, 100_000, 2e-5)
    for number in (step, tf.constant(step, tf.int64)):
        assert float(schedule(number)) == np.float32(rate)
    again = HalvingSchedule.from_config(schedule.get_config())
    assert float(again(step)) == np.float32(rate)


def test_halving_schedule_in_an_optimizer():
    optimizer = Adam(HalvingSchedule(8.0, 2, 3.0), beta_1=0.9)
    w, rates = weight(0.0), []
    for _ in range(6):
        rates.append(float(optimizer.learning_rate))
        step(optimizer, w, 1.0)
    assert rates == [8.0, 8.0, 4.0, 4.0, 3.0, 3.0]


def test_tf1_rmsprop_starts_at_a_mean_square_of_one():
    optimizer, w = TF1RMSprop(0.1), weight(1.0)
    # Mean square 0.9 * 1 + 0.1 * 2^2 = 1.3, step 0.1 * 2 / sqrt(1.3).
    assert step(optimizer, w, 2.0) == pytest.approx(1 - 0.1754116, abs=1e-6)
    # 0.9 * 1.3 + 0.4 = 1.57, step 0.2 / sqrt(1.57); no momentum.
    assert step(optimizer, w, 2.0) == pytest.approx(
        1 - 0.1754116 - 0.1596174, abs=1e-6
    )


def test_tf1_rmsprop_slots_of_every_variable_are_one():
    optimizer = TF1RMSprop(0.1)
    variables = [keras.Variable(np.zeros(s, "float32")) for s in ([2], [3, 4])]
    optimizer.build(variables)
    slots = [v.numpy() for v in optimizer.variables if v.shape != ()]
    assert [s.shape for s in slots] == [(2,), (3, 4)]
    for slot in slots:
        np.testing.assert_array_equal(slot, np.ones_like(slot))


def test_tf1_rmsprop_epsilon_is_inside_the_root():
    optimizer, w = TF1RMSprop(1.0), weight(0.0)
    optimizer.build([w])
    for slot in optimizer.variables:
        if slot.shape != ():
            slot.assign([0.0])
    # sqrt(0.1 * 1e-10 + 1e-10) = 1.0488088e-5; outside it would be -3.16.
    assert step(optimizer, w, 1e-5) == pytest.approx(-0.9534626, rel=1e-4)


def test_slots_are_those_of_one_name_in_the_order_of_the_weights():
    optimizer = Adam(0.1)
    # A weight that is called as a slot is.
    optimizer.build(
        [
            keras.Variable(np.zeros(shape, "float32"), name=name)
            for shape, name in (([2], "kernel"), ([3], "momentum"))
        ]
    )
    for name in ("momentum", "velocity"):
        assert [slot.shape for slot in slots(optimizer, name)] == [(2,), (3,)]
    assert slots(optimizer, "momentum")[1] is optimizer.variables[-2]


def test_adam_has_epsilon_1e_8():
    optimizer, w = Adam(1.0, beta_1=0.5), weight(0.0)
    # m = 5e-7, sqrt(v) = sqrt(0.001) * 1e-6 = 3.1622777e-8,
    # rate sqrt(0.001) / 0.5: 3.1622777e-8 / (3.1622777e-8 + 1e-8).
    assert step(optimizer, w, 1e-6) == pytest.approx(-0.7597470, rel=1e-4)


def take_steps(optimizer, variables):
    @tf.function
    def one_step():
        number = tf.cast(optimizer.iterations.value + 1, tf.float32)
        gradients = [v.value * 0.1 * number for v in variables]
        optimizer.apply(gradients, variables)

    for _ in range(7):
        one_step()


def test_adam_is_keras_but_for_rounding():
    rng = np.random.default_rng(0)
    start = [rng.normal(size=s).astype("float32") for s in ([5], [3, 4])]
    moved = []
    for new in (Adam, keras.optimizers.Adam):
        variables = [keras.Variable(value) for value in start]
        optimizer = new(HalvingSchedule(0.1, 3, 0.01), 0.5, 0.9, epsilon=1e-8)
        optimizer.build(variables)
        take_steps(optimizer, variables)
        assert int(optimizer.iterations) == 7
        moved.append([v.numpy() for v in [*variables, *optimizer.variables]])
    for ours, theirs in zip(*moved, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)
