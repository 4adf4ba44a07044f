"""Tests of who is seen and under which conditions."""

import dataclasses

import numpy as np
import pytest

from data_pipeline.portraits import attributes

PERSON, VIEW = attributes.identity(0, 0), attributes.observation(0, 0, 0)


def choices(kind):
    return [
        (kind, field.name, choice)
        for field in dataclasses.fields(kind)
        for choice in field.metadata.get("choices", ())
    ]


def test_factors_are_functions_of_seed_and_indices():
    forwards = [attributes.identity(3, i) for i in range(5)]
    backwards = [attributes.identity(3, i) for i in reversed(range(5))]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 5
    assert attributes.identity(4, 0) != forwards[0]
    view = attributes.observation(3, 2, 1)
    assert view == attributes.observation(3, 2, 1)
    assert len({view, attributes.observation(3, 1, 2),
                attributes.observation(3, 2, 2),
                attributes.observation(4, 2, 1)}) == 4  # fmt: skip


def test_sampling_starts_from_the_generator_given():
    draw = attributes.Identity.sample
    one, two = draw(np.random.default_rng(5)), draw(np.random.default_rng(5))
    assert one == two
    rng = np.random.default_rng(5)
    assert draw(rng) != draw(rng)


def test_a_part_of_the_photographs_is_greyscale():
    films = [attributes.observation(0, i, 0).film for i in range(1000)]
    assert 0.11 < films.count("greyscale") / 1000 < 0.19


@pytest.mark.parametrize(
    ("kind", "name", "choice"),
    choices(attributes.Identity) + choices(attributes.Observation),
)
def test_every_choice_occurs(kind, name, choice):
    drawn = {
        getattr(kind.sample(np.random.default_rng([7, i])), name)
        for i in range(100)
    }
    assert choice in drawn


def test_floats_fill_their_ranges():
    people = [attributes.identity(0, i) for i in range(300)]
    views = [attributes.observation(0, 0, i) for i in range(300)]
    for sample in (people, views):
        for field in dataclasses.fields(sample[0]):
            if "range" in field.metadata:
                low, high = field.metadata["range"]
                values = [getattr(s, field.name) for s in sample]
                assert low <= min(values) < low + 0.05 * (high - low)
                assert high - 0.05 * (high - low) < max(values) <= high


def test_wrong_numbers():
    with pytest.raises(ValueError, match="`index` must be at least 0"):
        attributes.identity(0, -1)
    with pytest.raises(ValueError, match=r"Received: identity_index=-2"):
        attributes.observation(0, -2, 0)


@pytest.mark.parametrize(
    ("subject", "name", "value", "message"),
    [
        (PERSON, "jaw", 1.5, "`jaw` must be in [0.0, 1.0]. Received: jaw=1.5"),
        (
            VIEW,
            "yaw",
            float("nan"),
            "`yaw` must be in [-0.6, 0.6]. Received: yaw=nan",
        ),
        (
            VIEW,
            "film",
            "sepia",
            "`film` must be one of ['colour', 'greyscale']. "
            "Received: film='sepia'",
        ),
    ],
)
def test_wrong_factors(subject, name, value, message):
    with pytest.raises(ValueError) as error:
        dataclasses.replace(subject, **{name: value})
    assert str(error.value) == message
