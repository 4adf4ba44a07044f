"""The configuration as JSON, its fingerprint and its differences."""

import dataclasses
import json

import pytest

from sdgan_tf import augmentation, losses
from sdgan_tf.commands import options
from sdgan_tf.config import Experiment
from sdgan_tf.datasets import formats
from sdgan_tf.features import networks
from sdgan_tf.models import began, dcgan
from sdgan_tf.training import scoring

OTHER = {
    "model": "another",
    "discriminator": "stacked",
    "loss": "wgan-gp",
    "image_size": 32,
    "k": 3,
    "d_i": 25,
    "d_o": 75,
    "dim": 8,
    "batch_size": 32,
    "d_steps_per_g_step": 5,
    "seed": 1,
    "precision": "mixed_bfloat16",
    "gamma": 0.7,
    "lambda_k": 0.01,
    "augment": "diffaug",
    "r1_weight": 1.0,
    "spectral_norm": True,
    "ema_decay": 0.99,
    "known_identities": 7,
    "commonalities": "brand",
    "mirror": True,
    "pixel_scale": True,
    "tuple_norm": "tuple",
    "tuple_spread": True,
    "features": "none",
    "single_weight": 0.5,
    "tuple_weight": 0.5,
    "mismatched_weight": 0.3,
    "unmatched_weight": 0.5,
    "ema_half_life_images": 20_000.0,
}
FIELDS = [field.name for field in dataclasses.fields(Experiment)]


def test_defaults_are_the_references_sd_dcgan():
    assert dataclasses.asdict(Experiment()) == {
        "model": "sd_dcgan",
        "discriminator": "siamese",
        "loss": "dcgan",
        "image_size": 64,
        "k": 2,
        "d_i": 50,
        "d_o": 50,
        "dim": 64,
        "batch_size": 16,
        "d_steps_per_g_step": 1,
        "seed": 0,
        "precision": "float32",
        "gamma": 0.5,
        "lambda_k": 0.001,
        "augment": "none",
        "r1_weight": 0.0,
        "spectral_norm": False,
        "ema_decay": 0.0,
        "known_identities": 0,
        "commonalities": "",
        "mirror": False,
        "features": "efficientnet_lite0",
        "single_weight": 1.0,
        "tuple_weight": 1.0,
        "mismatched_weight": 0.0,
        "unmatched_weight": 0.0,
        "ema_half_life_images": 0.0,
        "pixel_scale": False,
        "tuple_norm": "batch",
        "tuple_spread": False,
    }


def test_every_option_explains_itself():
    for field in dataclasses.fields(Experiment):
        assert field.metadata["help"].endswith("."), field.name
        choices = field.metadata["choices"]
        assert not choices or field.default in choices, field.name
        minimum = field.metadata["minimum"]
        assert minimum is None or field.default >= minimum, field.name


@pytest.mark.parametrize(
    ("of", "name", "known"),
    [
        (Experiment, "loss", losses.GAN_LOSSES),
        (Experiment, "discriminator", dcgan.DISCRIMINATORS),
        (Experiment, "discriminator", began.AUTOENCODERS),
        (Experiment, "augment", augmentation.AUGMENTATIONS),
        (Experiment, "features", [*networks.NETWORKS, networks.NONE]),
        (options.Train, "keep_best_by", scoring.LOWEST_IS_BEST),
        (options.Dataset, "dataset_format", formats.WRITERS),
    ],
)
def test_choices_are_what_there_is(of, name, known):
    """They stand in light modules, which `--help` reads."""
    (field,) = (f for f in dataclasses.fields(of) if f.name == name)
    assert set(field.metadata["choices"]) == set(known)


def test_json_roundtrip():
    changed = Experiment(**OTHER)
    assert Experiment.from_fields(json.loads(changed.to_json())) == changed
    assert Experiment.from_fields(json.loads(Experiment().to_json())) == (
        Experiment()
    )


def test_json_is_sorted_and_plain():
    text = Experiment().to_json()
    assert list(json.loads(text)) == sorted(FIELDS)
    assert json.loads(text)["k"] == 2


def test_experiment_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Experiment().k = 3


@pytest.mark.parametrize("name", FIELDS)
def test_fingerprint_changes_with_each_field(name):
    changed = dataclasses.replace(Experiment(), **{name: OTHER[name]})
    assert changed.fingerprint() != Experiment().fingerprint()


def test_fingerprint_is_12_digits_and_stable():
    fingerprint = Experiment().fingerprint()
    assert len(fingerprint) == 12
    assert set(fingerprint) <= set("0123456789abcdef")
    assert Experiment().fingerprint() == fingerprint
    # It says what is trained: a change of it orphans all earlier runs.
    fingerprints = {
        dataclasses.replace(Experiment(), **{name: value}).fingerprint()
        for name, value in OTHER.items()
    }
    assert len(fingerprints) == len(OTHER)


def test_differences():
    ours = Experiment(loss="wgan", k=4)
    assert ours.differences(Experiment()) == [
        "loss: 'wgan' != 'dcgan'",
        "k: 4 != 2",
    ]
    assert ours.differences(Experiment(loss="wgan", k=4)) == []


def test_from_fields_with_an_unknown_field():
    fields = {**json.loads(Experiment().to_json()), "colour": 1}
    with pytest.raises(
        ValueError, match=r"newer version.*colour.*Received: fields="
    ):
        Experiment.from_fields(fields)


def test_from_fields_of_an_older_version_takes_the_default():
    fields = json.loads(Experiment(k=4, gamma=0.7).to_json())
    del fields["gamma"]
    assert Experiment.from_fields(fields) == Experiment(k=4)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("dim", "64", "int"),
        ("k", 2.5, "int"),
        ("k", True, "int"),
        ("loss", None, "str"),
        ("loss", "began", r"one of \('dcgan'"),
        ("batch_size", 0, "at least 1"),
        ("dim", 2**31, "at most 2147483647"),
        ("gamma", float("nan"), "finite"),
    ],
)
def test_from_fields_with_a_value_that_is_none_of_its_own(name, value, rule):
    fields = dataclasses.asdict(Experiment()) | {name: value}
    with pytest.raises(
        ValueError, match=f"`{name}` of a configuration must be {rule}"
    ):
        Experiment.from_fields(fields)


@pytest.mark.parametrize("fields", [[], None, 5, "x"])
def test_from_fields_of_no_object(fields):
    with pytest.raises(ValueError, match="must be a JSON object"):
        Experiment.from_fields(fields)


def test_from_fields_takes_a_whole_number_for_a_float():
    fields = dataclasses.asdict(Experiment()) | {"gamma": 1}
    gamma = Experiment.from_fields(fields).gamma
    assert gamma == 1.0 and type(gamma) is float
