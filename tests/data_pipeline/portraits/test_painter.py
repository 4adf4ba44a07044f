"""Tests of the drawn portraits."""

import dataclasses
import itertools

import numpy as np
import pytest
from PIL import Image

from data_pipeline.portraits import attributes
from data_pipeline.portraits.painter import draw_portrait

PLAIN_PERSON = dataclasses.replace(
    attributes.identity(0, 0),
    skin_tone=0.0,
    face_width=0.48,
    face_length=0.6,
    hair_style="bald",
    glasses="none",
    facial_hair="none",
    marks="none",
    clothing="plain",
)
PLAIN_VIEW = attributes.Observation(
    yaw=0.0,
    roll=0.0,
    shift_x=0.0,
    shift_y=0.0,
    smile=0.0,
    mouth_open=0.0,
    light_direction=0.0,
    light_strength=0.0,
    brightness=1.0,
    background_hue=0.6,
    background_lightness=0.3,
    background_gradient=0.0,
    film="colour",
)


def pixels(person, view, image_size=64):
    picture = draw_portrait(person, view, image_size)
    return np.asarray(picture).astype(np.float64)


def plain(person_changes=(), **view_changes):
    person = dataclasses.replace(PLAIN_PERSON, **dict(person_changes))
    return pixels(person, dataclasses.replace(PLAIN_VIEW, **view_changes))


def middle_x(mask):
    return np.nonzero(mask)[1].mean()


@pytest.mark.parametrize("index", range(5))
def test_observations_of_one_person_differ_in_pixels(index):
    person = attributes.identity(0, index)
    views = [attributes.observation(0, index, i) for i in range(4)]
    for one, two in itertools.combinations(views, 2):
        distance = np.abs(pixels(person, one) - pixels(person, two)).mean()
        assert distance > 8


@pytest.mark.parametrize("image_size", [32, 64])
def test_people_differ_in_pixels_under_one_observation(image_size):
    drawn = [
        pixels(attributes.identity(1, i), PLAIN_VIEW, image_size)
        for i in range(20)
    ]
    distances = [
        np.abs(one - two).mean()
        for one, two in itertools.combinations(drawn, 2)
    ]
    assert min(distances) > 6
    assert np.mean(distances) > 20


@pytest.mark.parametrize(
    "field",
    [f.name for f in dataclasses.fields(attributes.Identity)]
    + [f.name for f in dataclasses.fields(attributes.Observation)],
)
def test_every_factor_is_visible(field):
    # A person and a view on whom no factor hides another.
    person = dataclasses.replace(
        PLAIN_PERSON, hair_style="short", facial_hair="moustache"
    )
    view = dataclasses.replace(
        PLAIN_VIEW, light_strength=0.5, light_direction=0.5
    )
    subject = person if hasattr(person, field) else view
    metadata = subject.__dataclass_fields__[field].metadata
    values = metadata.get("range") or metadata["choices"]
    if field.endswith("hue"):
        values = (0.0, 0.5)  # The ends of a colour circle are one colour.
    drawn = []
    for value in values:
        changed = dataclasses.replace(subject, **{field: value})
        pair = (changed, view) if subject is person else (person, changed)
        drawn.append(pixels(*pair))
    for one, two in itertools.combinations(drawn, 2):
        # A dozen pixels that change clearly.
        assert (np.abs(one - two).max(axis=-1) > 20).sum() >= 12


def test_greyscale_film_takes_the_colour_only():
    colour, grey = plain(), plain(film="greyscale")
    assert np.ptp(colour, axis=-1).max() > 20
    assert np.ptp(grey, axis=-1).max() == 0
    luma = colour @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(grey[..., 0], luma, atol=1)


def test_yaw_moves_features_within_the_outline():
    middles = {}
    for yaw in (-0.5, 0.0, 0.5):
        image = plain({"glasses": "shades"}, yaw=yaw)
        forehead = (image.min(axis=-1) > 130) & (np.arange(64) < 24)[:, None]
        middles[yaw] = (middle_x(image.max(axis=-1) < 50), middle_x(forehead))
    features, outline = np.array(list(middles.values())).T
    assert features[1] == pytest.approx(31.5, abs=0.5)
    assert np.all(np.diff(features - outline) > 4)
    # The eyes stay nearly in place, as in aligned photographs.
    assert np.all((np.diff(features) > 0.8) & (np.diff(features) < 4))


def test_roll_lowers_the_right_eye_and_shift_moves_it():
    def right_eye(**changes):
        # The pupils of a bald person are the darkest pixels.
        image = plain({"eye_colour": "brown"}, **changes)
        dark = image.sum(axis=-1)[16:36, 32:]
        return np.argwhere(dark < np.sort(dark, axis=None)[5]).mean(axis=0)

    assert right_eye(roll=0.18)[0] > right_eye(roll=-0.18)[0] + 1
    moved = right_eye(shift_x=0.05, shift_y=0.04)
    assert np.all(moved > right_eye(shift_x=-0.05, shift_y=-0.04) + 1)


def test_light_brightens_its_side():
    def right_less_left(**changes):
        face = plain(**changes)[16:44, 20:44].mean(axis=(0, 2))
        return face[12:].mean() - face[:12].mean()

    assert abs(right_less_left()) < 2
    strong = right_less_left(light_direction=1.0, light_strength=1.0)
    weak = right_less_left(light_direction=1.0, light_strength=0.3)
    assert strong > weak + 10 > 20
    assert right_less_left(light_direction=-1.0, light_strength=1.0) < -20
    assert plain(brightness=0.8).mean() < plain(brightness=1.1).mean() - 5


def test_smile_lifts_the_corners_of_the_mouth():
    # The inside of the mouth is the darkest of the lower face.
    def corners_below_middle(smile):
        mouth = plain(smile=smile, mouth_open=0.2).sum(axis=-1)[38:54]
        rows = mouth.argmin(axis=0)
        return rows[[27, 28, 35, 36]].mean() - rows[[31, 32]].mean()

    assert corners_below_middle(1.0) < corners_below_middle(-1.0) - 1


def test_background_gradient_and_lightness():
    row = plain(background_gradient=0.4)[2].mean(axis=-1)
    assert np.all(np.diff(row) >= 0)
    assert row[-1] - row[0] == pytest.approx(0.4 * 255, abs=12)
    assert plain(background_lightness=0.8)[2].mean() > row.max()


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_pictures_of_all_sizes_show_the_same(image_size):
    person, view = attributes.identity(0, 1), attributes.observation(0, 1, 1)
    picture = draw_portrait(person, view, image_size)
    assert (picture.mode, picture.size) == ("RGB", (image_size, image_size))
    small = np.asarray(picture.resize((16, 16), Image.Resampling.BOX))
    large = draw_portrait(person, view, 256)
    large = np.asarray(large.resize((16, 16), Image.Resampling.BOX))
    difference = np.abs(small.astype(int) - large.astype(int))
    assert difference.mean() < 4


def test_one_portrait_is_one_picture():
    person, view = attributes.identity(3, 2), attributes.observation(3, 2, 1)
    np.testing.assert_array_equal(pixels(person, view), pixels(person, view))


def test_too_small_a_picture():
    with pytest.raises(ValueError, match="`image_size` must be at least 8"):
        draw_portrait(PLAIN_PERSON, PLAIN_VIEW, 0)
