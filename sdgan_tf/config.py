"""The experiment: all that determines a trained model.

It is what a checkpoint carries and a resumed run must agree with. Each field
is a flag of the same name; its metadata says in one line what it means.
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Collection
from typing import Any

from data_pipeline.records.sizes import IMAGE_SIZES

AUTO = "auto"
LARGEST = 2**31 - 1  # What TensorFlow's sizes and steps are counted in.


def option(
    default,
    help: str,
    choices: tuple = (),
    minimum=None,
    maximum=None,
    paths: int = 0,
):
    """A field with its one-line meaning and the values that it may take.

    `paths` says that it is one path, or with more than 1 paths by commas.
    """
    if type(default) is int and maximum is None:
        maximum = LARGEST
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "choices": choices,
            "minimum": minimum,
            "maximum": maximum,
            "paths": paths,
        },
    )


def broken_rule(field: dataclasses.Field, value) -> str:
    """Says what a field's value must be and is not; "" if it is right."""
    kind: Any = type(field.default)
    meta = field.metadata
    low, high = meta["minimum"], meta["maximum"]
    if type(value) is not kind:
        return kind.__name__
    if meta["choices"] and value not in meta["choices"]:
        return f"one of {meta['choices']}"
    if kind is not str and not math.isfinite(value):
        return "finite"
    if low is not None and value < low:
        return f"at least {low}"
    if high is not None and value > high:
        return f"at most {high}"
    return ""


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment. The defaults are those of the reference's SD-DCGAN."""

    model: str = option("sd_dcgan", "System to train; see docs/flags.md.")
    discriminator: str = option(
        "siamese",
        "Where the discriminator joins the images of a tuple: after "
        "a tower for each image, or at its input.",
        choices=("siamese", "stacked"),
    )
    loss: str = option(
        "dcgan",
        "Adversarial loss; it also selects the optimizer.",
        choices=("dcgan", "lsgan", "wgan", "wgan-gp", "hinge"),
    )
    image_size: int = option(
        64,
        "Side of the images in pixels.",
        choices=IMAGE_SIZES,
    )
    k: int = option(
        2, "Images in an identity tuple; 1 gives the vanilla GAN.", minimum=1
    )
    d_i: int = option(50, "Size of the identity code z_i.", minimum=1)
    d_o: int = option(50, "Size of the observation code z_o.", minimum=1)
    dim: int = option(64, "Width of the layers next to the image.", minimum=1)
    batch_size: int = option(16, "Tuples in the global batch.", minimum=1)
    d_steps_per_g_step: int = option(
        1, "Discriminator updates for each generator update.", minimum=1
    )
    gamma: float = option(
        0.5,
        "BEGAN: target ratio of L(G) to L(x), which controls diversity.",
        minimum=0,
    )
    lambda_k: float = option(0.001, "BEGAN: learning rate of k_t.", minimum=0)
    known_identities: int = option(
        0,
        "Number of identities, for models with one code per training "
        "identity. Needed only without a data set.",
        minimum=0,
    )
    commonalities: str = option(
        "",
        "What the images of a tuple share, separated by commas: "
        "identity, observation, or labels of the records; a+b is "
        "both. Empty: the identity.",
    )
    augment: str = option(
        "none",
        "Augmentation of all tuples that the discriminator sees, "
        "real and generated.",
        choices=("none", "diffaug", "diffaug_weak"),
    )
    mirror: bool = option(
        False,
        "sd_projected: mirror photographs at random, each "
        "independently. For faces, not for letters.",
    )
    features: str = option(
        "efficientnet_lite0",
        "sd_projected: frozen network whose features D sees. none: "
        "the picture itself at four resolutions.",
        choices=("efficientnet_lite0", "efficientnet_lite1", "none"),
    )
    pixel_scale: bool = option(
        False,
        "sd_projected: D sees the picture itself in addition to the features.",
    )
    tuple_norm: str = option(
        "batch",
        "sd_projected: whether the tuple heads normalise over the "
        "batch or each tuple by itself.",
        choices=("batch", "tuple"),
    )
    tuple_spread: bool = option(
        False,
        "sd_projected: the tuple heads also see the variance over "
        "the images of a tuple at each position.",
    )
    single_weight: float = option(
        1.0,
        "sd_projected: weight of the heads that score single pictures.",
        minimum=0,
    )
    tuple_weight: float = option(
        1.0,
        "sd_projected: weight of the heads that score tuples.",
        minimum=0,
    )
    mismatched_weight: float = option(
        0.0,
        "sd_projected: fraction in [0, 1] of photographs of different "
        "subjects among the tuples that D learns to reject.",
        minimum=0,
        maximum=1,
    )
    unmatched_weight: float = option(
        0.0,
        "sd_projected: weight of heads that compare generated pictures of "
        "different subjects with such photographs; 0: no such heads.",
        minimum=0,
    )
    r1_weight: float = option(
        0.0,
        "R1 penalty: weight of D's squared gradient at real tuples; 0: off.",
        minimum=0,
    )
    spectral_norm: bool = option(
        False, "Divide D's kernels by their largest singular value."
    )
    ema_decay: float = option(
        0.0,
        "Decay in [0, 1) of the moving average of the generator's "
        "weights, which is then sampled and exported; 0: no average.",
        minimum=0,
    )
    ema_half_life_images: float = option(
        0.0,
        "As ema_decay, but as a half-life in generated images; 0: "
        "use ema_decay.",
        minimum=0,
    )
    seed: int = option(
        0,
        "Seed of weights, data order and latents.",
        minimum=0,
        maximum=2**32 - 1,
    )
    precision: str = option(
        "float32",
        "Arithmetic of the networks. auto: bfloat16 if the processor "
        "supports it and a short check shows that the losses agree.",
        choices=("float32", "mixed_bfloat16", AUTO),
    )

    @property
    def average_decay(self) -> float:
        """The decay of the average of the generator's weights; 0: none."""
        if not self.ema_half_life_images:
            return self.ema_decay
        images = self.batch_size * self.k
        return 0.5 ** (images / self.ema_half_life_images)

    def to_json(self) -> str:
        """The fields as JSON with sorted names."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True)

    @classmethod
    def from_fields(cls, fields: dict) -> "Experiment":
        """The experiment of fields by name, as `to_json` writes them.

        A field that is younger than the text gets its default: what is added
        here must default to what was done before it.

        Raises:
            ValueError: If a field is unknown or its value not one it may take.
        """
        if type(fields) is not dict:
            raise ValueError(
                f"A configuration must be a JSON object. Received: {fields!r}"
            )
        fields = dict(fields)
        known = {field.name for field in dataclasses.fields(cls)}
        odd = set(fields) - known
        if odd:
            raise ValueError(
                "The configuration is of a newer version, with unknown fields "
                f"{sorted(odd)}. Received: fields={sorted(fields)}"
            )
        for field in dataclasses.fields(cls):
            value = fields.get(field.name, field.default)
            if type(field.default) is float and type(value) is int:
                value = fields[field.name] = float(value)
            rule = broken_rule(field, value)
            if rule:
                raise ValueError(
                    f"`{field.name}` of a configuration must be {rule}. "
                    f"Received: {field.name}={value!r}"
                )
        return cls(**fields)

    def fingerprint(self) -> str:
        """12 hexadecimal digits that differ when any field does."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]

    def differences(self, other: "Experiment") -> list[str]:
        """`name: self's value != other's value` of each differing field."""
        ours, theirs = dataclasses.asdict(self), dataclasses.asdict(other)
        return [
            f"{name}: {ours[name]!r} != {theirs[name]!r}"
            for name in ours
            if ours[name] != theirs[name]
        ]


# Defaults of a model that are not those of the reference's SD-DCGAN.
MODEL_DEFAULTS: dict[str, dict[str, Any]] = {
    "sd_projected": {
        "loss": "hinge",
        "augment": "diffaug_weak",
        "d_i": 64,
        "d_o": 64,
        "dim": 32,
        "ema_half_life_images": 20_000.0,
        "mismatched_weight": 0.5,
        "pixel_scale": True,
        "tuple_norm": "tuple",
        "tuple_spread": True,
        "tuple_weight": 3.0,
        "unmatched_weight": 1.0,
    },
}


def with_model_defaults(
    experiment: Experiment, named: Collection[str]
) -> Experiment:
    """A new experiment with the defaults of its model.

    Args:
        experiment: What the user asks for.
        named: Fields that the user named, which stay.
    """
    defaults = MODEL_DEFAULTS.get(experiment.model, {})
    unnamed = {name: v for name, v in defaults.items() if name not in named}
    if "ema_decay" in named:
        unnamed.pop("ema_half_life_images", None)
    return dataclasses.replace(experiment, **unnamed)
