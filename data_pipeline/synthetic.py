"""Portraits drawn by the program, with the true factors beside each image.

An `Identity` fixes a person and an `Observation` fixes one photograph of
someone: both are pure functions of a seed and indices, so people and pictures
are unlimited and do not depend on how many are drawn or in which order.

    python -m data_pipeline.synthetic --output_dir=data/portraits

Lengths are in half pictures: x to the right and y downwards run over [-1, 1].
"""

import colorsys
import csv
import dataclasses
import os

import numpy as np
from absl import app, flags
from PIL import Image, ImageDraw

_SUPERSAMPLING = 4
# The second number of every generator key, so that the two kinds of draws
# never share random numbers.
_IDENTITY_STREAM, _OBSERVATION_STREAM = 0, 1

_SKIN = np.array(
    [(255, 226, 204), (243, 196, 156), (212, 156, 108), (156, 100, 62),
     (88, 56, 40)],
    np.float64,
)  # fmt: skip
_HAIR = {
    "black": (30, 26, 32),
    "brown": (104, 62, 34),
    "ginger": (204, 88, 28),
    "blond": (236, 204, 108),
    "grey": (172, 174, 182),
    "blue": (46, 90, 196),
    "pink": (230, 88, 152),
}
_EYES = {
    "brown": (98, 58, 28),
    "green": (58, 140, 74),
    "blue": (52, 116, 206),
    "grey": (128, 136, 146),
}


def _uniform(low: float, high: float):
    return dataclasses.field(metadata={"range": (low, high)})


def _choice(**weights: float):
    return dataclasses.field(metadata={"choices": weights})


@dataclasses.dataclass(frozen=True)
class _Factors:
    """Factors whose fields say in their metadata how they are drawn."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if "choices" in field.metadata:
                choices = list(field.metadata["choices"])
                allowed, valid = f"one of {choices}", value in choices
            else:
                low, high = field.metadata["range"]
                allowed, valid = f"in [{low}, {high}]", low <= value <= high
            if not valid:
                raise ValueError(
                    f"`{field.name}` must be {allowed}. "
                    f"Received: {field.name}={value!r}"
                )

    @classmethod
    def sample(cls, rng: np.random.Generator):
        """Draws every factor, independently, in the order of the fields.

        Floats are uniform over their range, rounded to six decimals so that
        a table holds them exactly; choices follow their weights.
        """
        values = {}
        for field in dataclasses.fields(cls):
            if "choices" in field.metadata:
                choices = field.metadata["choices"]
                weights = np.array(list(choices.values()), np.float64)
                drawn = rng.choice(len(choices), p=weights / weights.sum())
                values[field.name] = list(choices)[drawn]
            else:
                drawn = rng.uniform(*field.metadata["range"])
                values[field.name] = round(float(drawn), 6)
        return cls(**values)


@dataclasses.dataclass(frozen=True)
class Identity(_Factors):
    """What stays the same in every photograph of one person.

    The ranges and the weights of the choices are those of the fields below;
    a value outside them raises ValueError.

    Attributes:
        skin_tone: Light (0) to dark (1).
        face_width: Half width of the head, half pictures.
        face_length: Half height of the head, half pictures.
        jaw: Pointed (0) to square (1).
        hair_style: Cut of the hair.
        hair_colour: Colour of hair, brows and beard.
        eye_colour: Colour of the irises.
        eye_spacing: Half the distance of the pupils, half pictures.
        eye_size: Factor on the size of the eyes.
        brow_thickness: Thickness of the brows, half pictures.
        brow_slant: Rise of the brows outwards (below 0: inwards).
        nose_length: Eye line to tip of the nose, half pictures.
        nose_width: Half width of the nose, half pictures.
        mouth_width: Half width of the mouth, half pictures.
        lip_fullness: Height of each lip, half pictures.
        ear_size: Factor on the size of the ears.
        glasses: Kind of glasses.
        facial_hair: Cut of the beard.
        marks: Marks on the skin.
        clothing: Pattern of the clothes.
        clothing_hue: Hue of the clothes on the colour circle.
    """

    skin_tone: float = _uniform(0.0, 1.0)
    face_width: float = _uniform(0.38, 0.52)
    face_length: float = _uniform(0.53, 0.64)
    jaw: float = _uniform(0.0, 1.0)
    hair_style: str = _choice(
        bald=1, short=1, parted=1, long=1, bob=1, curly=1, mohawk=1, bun=1
    )
    hair_colour: str = _choice(
        black=1, brown=1, ginger=1, blond=1, grey=1, blue=1, pink=1
    )
    eye_colour: str = _choice(brown=1, green=1, blue=1, grey=1)
    eye_spacing: float = _uniform(0.17, 0.23)
    eye_size: float = _uniform(0.8, 1.25)
    brow_thickness: float = _uniform(0.025, 0.09)
    brow_slant: float = _uniform(-0.4, 0.5)
    nose_length: float = _uniform(0.13, 0.24)
    nose_width: float = _uniform(0.05, 0.11)
    mouth_width: float = _uniform(0.13, 0.24)
    lip_fullness: float = _uniform(0.02, 0.06)
    ear_size: float = _uniform(0.6, 1.4)
    glasses: str = _choice(none=5, round=2, square=2, shades=1)
    facial_hair: str = _choice(none=5, moustache=2, goatee=1, beard=2)
    marks: str = _choice(none=4, freckles=2, mole=1, blush=1)
    clothing: str = _choice(plain=1, striped=1, collar=1)
    clothing_hue: float = _uniform(0.0, 1.0)


@dataclasses.dataclass(frozen=True)
class Observation(_Factors):
    """What differs between the photographs of one person.

    The ranges and the weights of the choices are those of the fields below;
    a value outside them raises ValueError.

    Attributes:
        yaw: Turn of the head to the right of the picture, radians.
        roll: Clockwise tilt of the head, radians.
        shift_x: Shift to the right, half pictures.
        shift_y: Shift downwards, half pictures.
        smile: Frown (-1) to smile (1).
        mouth_open: Closed (0) to wide open (1).
        light_direction: Light from the left (-1) to from the right (1).
        light_strength: Even light (0) to strong shadows (1).
        brightness: Factor on the light upon the person.
        background_hue: Hue of the background on the colour circle.
        background_lightness: Lightness of its middle, black 0 to white 1.
        background_gradient: Lightness of its right minus that of its left.
        film: Whether the photograph is in colour or in black and white.
    """

    yaw: float = _uniform(-0.6, 0.6)
    roll: float = _uniform(-0.18, 0.18)
    shift_x: float = _uniform(-0.05, 0.05)
    shift_y: float = _uniform(-0.04, 0.04)
    smile: float = _uniform(-1.0, 1.0)
    mouth_open: float = _uniform(0.0, 1.0)
    light_direction: float = _uniform(-1.0, 1.0)
    light_strength: float = _uniform(0.0, 1.0)
    brightness: float = _uniform(0.8, 1.1)
    background_hue: float = _uniform(0.0, 1.0)
    background_lightness: float = _uniform(0.25, 0.85)
    background_gradient: float = _uniform(-0.4, 0.4)
    film: str = _choice(colour=0.85, greyscale=0.15)


def _check_at_least(minimum: int, **values: int) -> None:
    for name, value in values.items():
        if value < minimum:
            raise ValueError(
                f"`{name}` must be at least {minimum}. "
                f"Received: {name}={value}"
            )


def identity(seed: int, index: int) -> Identity:
    """The person of number `index` (from 0) in the world of `seed`.

    Raises:
        ValueError: If a number is negative.
    """
    _check_at_least(0, seed=seed, index=index)
    key = [seed, _IDENTITY_STREAM, index]
    return Identity.sample(np.random.default_rng(key))


def observation(seed: int, identity_index: int, index: int) -> Observation:
    """The conditions of photograph `index` (from 0) of one person.

    Raises:
        ValueError: If a number is negative.
    """
    _check_at_least(0, seed=seed, identity_index=identity_index, index=index)
    key = [seed, _OBSERVATION_STREAM, identity_index, index]
    return Observation.sample(np.random.default_rng(key))
