"""Attributes of a portrait: the person, and the conditions of the picture.

An `Identity` fixes a person and an `Observation` fixes one photograph of
someone: both are pure functions of a seed and indices, so people and pictures
are unlimited and do not depend on how many are made or in which order.

Lengths are in half pictures: x to the right and y downwards run over [-1, 1].
"""

import dataclasses

import numpy as np

# The second number of every generator key, so that the two kinds of samples
# never share random numbers.
_IDENTITY_STREAM, _OBSERVATION_STREAM = 0, 1


def _uniform(low: float, high: float):
    return dataclasses.field(metadata={"range": (low, high)})


def _choice(**weights: float):
    return dataclasses.field(metadata={"choices": weights})


@dataclasses.dataclass(frozen=True)
class _Factors:
    """Factors whose fields say in their metadata how they are sampled."""

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
        """Samples every factor, independently, in the order of the fields.

        Floats are uniform over their range, rounded to six decimals so that
        a table holds them exactly; choices follow their weights.
        """
        values = {}
        for field in dataclasses.fields(cls):
            if "choices" in field.metadata:
                choices = field.metadata["choices"]
                weights = np.array(list(choices.values()), np.float64)
                sampled = rng.choice(len(choices), p=weights / weights.sum())
                values[field.name] = list(choices)[sampled]
            else:
                sampled = rng.uniform(*field.metadata["range"])
                values[field.name] = round(float(sampled), 6)
        return cls(**values)


@dataclasses.dataclass(frozen=True)
class Identity(_Factors):
    """Attributes that stay the same in every photograph of one person.

    Fields carry their range, or their choices with weights; other values
    raise ValueError. Lengths are in half pictures.
    """

    skin_tone: float = _uniform(0.0, 1.0)  # Light to dark.
    face_width: float = _uniform(0.38, 0.52)  # Half width of the head.
    face_length: float = _uniform(0.53, 0.64)  # Half height of the head.
    jaw: float = _uniform(0.0, 1.0)  # Pointed to square.
    hair_style: str = _choice(
        bald=1, short=1, parted=1, long=1, bob=1, curly=1, mohawk=1, bun=1
    )
    hair_colour: str = _choice(
        black=1, brown=1, ginger=1, blond=1, grey=1, blue=1, pink=1
    )
    eye_colour: str = _choice(brown=1, green=1, blue=1, grey=1)
    eye_spacing: float = _uniform(0.17, 0.23)  # Half from pupil to pupil.
    eye_size: float = _uniform(0.8, 1.25)  # Factor.
    brow_thickness: float = _uniform(0.025, 0.09)
    brow_slant: float = _uniform(-0.4, 0.5)  # Outer end down to up.
    nose_length: float = _uniform(0.13, 0.24)  # Eye line to tip.
    nose_width: float = _uniform(0.05, 0.11)  # Half width.
    mouth_width: float = _uniform(0.13, 0.24)  # Half width.
    lip_fullness: float = _uniform(0.02, 0.06)  # Height of each lip.
    ear_size: float = _uniform(0.6, 1.4)  # Factor.
    glasses: str = _choice(none=5, round=2, square=2, shades=1)
    facial_hair: str = _choice(none=5, moustache=2, goatee=1, beard=2)
    marks: str = _choice(none=4, freckles=2, mole=1, blush=1)
    clothing: str = _choice(plain=1, striped=1, collar=1)
    clothing_hue: float = _uniform(0.0, 1.0)  # Turns of the colour circle.


@dataclasses.dataclass(frozen=True)
class Observation(_Factors):
    """Attributes that differ between the photographs of one person.

    Fields carry their range, or their choices with weights; other values
    raise ValueError. Lengths are in half pictures, angles in radians.
    """

    yaw: float = _uniform(-0.6, 0.6)  # Towards the left to the right.
    roll: float = _uniform(-0.18, 0.18)  # Clockwise.
    shift_x: float = _uniform(-0.05, 0.05)  # To the right.
    shift_y: float = _uniform(-0.04, 0.04)  # Downwards.
    smile: float = _uniform(-1.0, 1.0)  # Frown to smile.
    mouth_open: float = _uniform(0.0, 1.0)  # Closed to wide open.
    light_direction: float = _uniform(-1.0, 1.0)  # From the left to right.
    light_strength: float = _uniform(0.0, 1.0)  # Even to strong shadows.
    brightness: float = _uniform(0.8, 1.1)  # Factor on the person's light.
    background_hue: float = _uniform(0.0, 1.0)  # Turns of the circle.
    background_lightness: float = _uniform(0.25, 0.85)  # Black 0, white 1.
    background_gradient: float = _uniform(-0.4, 0.4)  # Right minus left.
    film: str = _choice(colour=0.85, greyscale=0.15)


def check_at_least(minimum: int, **values: int) -> None:
    """Raises ValueError, by name, for a value below `minimum`."""
    for name, value in values.items():
        if value < minimum:
            raise ValueError(
                f"`{name}` must be at least {minimum}. Received: {name}={value}"
            )


def identity(seed: int, index: int) -> Identity:
    """The person of number `index` (from 0) in the world of `seed`.

    Raises:
        ValueError: If a number is negative.
    """
    check_at_least(0, seed=seed, index=index)
    key = [seed, _IDENTITY_STREAM, index]
    return Identity.sample(np.random.default_rng(key))


def observation(seed: int, identity_index: int, index: int) -> Observation:
    """The conditions of photograph `index` (from 0) of one person.

    Raises:
        ValueError: If a number is negative.
    """
    check_at_least(0, seed=seed, identity_index=identity_index, index=index)
    key = [seed, _OBSERVATION_STREAM, identity_index, index]
    return Observation.sample(np.random.default_rng(key))
