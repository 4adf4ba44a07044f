"""Which labels are factors, how a reading is scored, and that it reads."""

import numpy as np
import pytest

from data_pipeline.portraits.attributes import identity, observation
from data_pipeline.portraits.painter import draw_portrait
from sdgan_tf.evaluation.factor_model import Factor, FactorModel, find_factors

WRITER = Factor("writer", False, ("a", "b", "c"))
SIZE = Factor("size", True, mean=10.0, deviation=2.0)


def test_targets():
    np.testing.assert_array_equal(WRITER.targets(["b", "x", "a"]), [1, -1, 0])
    np.testing.assert_array_equal(SIZE.targets(["8", "14"]), [-1, 2])


def test_reading_of_classes_by_hand():
    outputs = np.eye(3)[[0, 1, 1, 0, 2]]
    # The last value is new. Right: 3 of 4; a constant guess reaches 2 of 4.
    targets = np.array([0, 1, 0, 0, -1], np.float32)
    assert WRITER.reading(outputs, targets) == pytest.approx((0.75 - 0.75) / 1)
    targets = np.array([0, 1, 0, 1, -1], np.float32)
    assert WRITER.reading(outputs, targets) == pytest.approx(0.0)
    targets = np.array([0, 1, 1, 2, -1], np.float32)
    assert WRITER.reading(outputs, targets) == pytest.approx(0.5)
    assert WRITER.reading(outputs, np.full(5, -1.0)) == 0.0
    assert WRITER.reading(outputs, np.ones(5)) == 0.0


def test_reading_of_numbers_is_r_squared():
    targets = np.array([-1.0, 0, 1])
    assert SIZE.reading(targets[:, None], targets) == 1.0
    assert SIZE.reading(np.zeros([3, 1]), targets) == 0.0
    assert SIZE.reading(np.array([[-1.0], [0], [0]]), targets) == 0.5


def labelled(n, **labels):
    return [
        {"observation": str(row)} | {k: v(row) for k, v in labels.items()}
        for row in range(n)
    ]


def test_labels_are_factors():
    identities = np.arange(200) // 4
    labels = labelled(
        200,
        brand=lambda row: "ab"[row // 4 % 2],
        price=lambda row: str(row // 2 * 1.5),
        view=lambda row: ["front", "back"][row % 2],
        one=lambda row: "1",
    )
    brand, price, view = find_factors(labels, identities)
    assert (brand.name, brand.of_identity) == ("brand", True)
    assert brand.classes == ("a", "b")
    assert (price.classes, price.of_identity) == ((), False)
    assert price.mean == pytest.approx(74.25)
    assert (view.name, view.of_identity) == ("view", False)


def test_names_of_many_values_are_left_out(caplog):
    labels = labelled(100, nickname=lambda row: f"n{row}")
    assert find_factors(labels, np.arange(100) // 2) == []
    assert "'nickname' is left out: its 100 values" in caplog.text


def test_observations_that_come_again_are_a_factor():
    identities = np.arange(160) // 8
    again = [{"observation": str(row % 8)} for row in range(160)]
    (found,) = find_factors(again, identities)
    assert (found.name, found.of_identity) == ("observation", False)
    assert len(found.classes) == 8
    assert find_factors(labelled(160), identities) == []


@pytest.mark.slow
def test_a_model_reads_portraits_of_new_people():
    def people(numbers):
        images, labels, identities = [], [], []
        for number in numbers:
            person = identity(0, number)
            for shot in range(4):
                view = observation(0, number, shot)
                images.append(np.asarray(draw_portrait(person, view, 32)))
                labels.append(
                    {
                        "observation": str(shot),
                        "skin_tone": str(person.skin_tone),
                        "hair_style": person.hair_style,
                    }
                )
                identities.append(number)
        return np.stack(images), labels, np.array(identities)

    images, labels, identities = people(range(400))
    factors = find_factors(labels, identities)
    assert [f.name for f in factors] == ["hair_style", "skin_tone"]
    assert all(f.of_identity for f in factors)
    model = FactorModel(factors, 32, seed=0)
    model.fit(images, labels, steps=500)
    new_images, new_labels, _ = people(range(1000, 1050))
    hair, skin = model.readings(new_images, new_labels)
    assert hair > 0.5 and skin > 0.6
    # What is read is in the pictures: without them nothing is.
    hair, skin = model.readings(np.zeros_like(new_images), new_labels)
    assert hair < 0.2 and skin < 0.1
