"""Tests of the drawn portraits."""

import csv
import dataclasses
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from absl import flags
from PIL import Image

from data_pipeline import synthetic

PLAIN_PERSON = dataclasses.replace(
    synthetic.identity(0, 0),
    skin_tone=0.0,
    face_width=0.48,
    face_length=0.6,
    hair_style="bald",
    glasses="none",
    facial_hair="none",
    marks="none",
    clothing="plain",
)
PLAIN_VIEW = synthetic.Observation(
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
    picture = synthetic.draw_portrait(person, view, image_size)
    return np.asarray(picture).astype(np.float64)


def plain(person_changes=(), **view_changes):
    person = dataclasses.replace(PLAIN_PERSON, **dict(person_changes))
    return pixels(person, dataclasses.replace(PLAIN_VIEW, **view_changes))


def middle_x(mask):
    return np.nonzero(mask)[1].mean()


def choices(kind):
    return [
        (kind, field.name, choice)
        for field in dataclasses.fields(kind)
        for choice in field.metadata.get("choices", ())
    ]


def test_factors_and_pixels_are_functions_of_seed_and_indices():
    forwards = [synthetic.identity(3, i) for i in range(5)]
    backwards = [synthetic.identity(3, i) for i in reversed(range(5))]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 5
    assert synthetic.identity(4, 0) != forwards[0]
    view = synthetic.observation(3, 2, 1)
    assert view == synthetic.observation(3, 2, 1)
    assert len({view, synthetic.observation(3, 1, 2),
                synthetic.observation(3, 2, 2),
                synthetic.observation(4, 2, 1)}) == 4  # fmt: skip
    np.testing.assert_array_equal(
        pixels(forwards[2], view), pixels(backwards[2], view)
    )


def test_sampling_starts_from_the_generator_given():
    draw = synthetic.Identity.sample
    one, two = draw(np.random.default_rng(5)), draw(np.random.default_rng(5))
    assert one == two
    rng = np.random.default_rng(5)
    assert draw(rng) != draw(rng)


@pytest.mark.parametrize("index", range(5))
def test_observations_of_one_person_differ_in_pixels(index):
    person = synthetic.identity(0, index)
    views = [synthetic.observation(0, index, i) for i in range(4)]
    for one, two in itertools.combinations(views, 2):
        distance = np.abs(pixels(person, one) - pixels(person, two)).mean()
        assert distance > 8


@pytest.mark.parametrize("image_size", [32, 64])
def test_people_differ_in_pixels_under_one_observation(image_size):
    drawn = [
        pixels(synthetic.identity(1, i), PLAIN_VIEW, image_size)
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
    [f.name for f in dataclasses.fields(synthetic.Identity)]
    + [f.name for f in dataclasses.fields(synthetic.Observation)],
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


def test_a_part_of_the_photographs_is_greyscale():
    films = [synthetic.observation(0, i, 0).film for i in range(1000)]
    assert 0.11 < films.count("greyscale") / 1000 < 0.19


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


@pytest.mark.parametrize(
    ("kind", "name", "choice"),
    choices(synthetic.Identity) + choices(synthetic.Observation),
)
def test_every_choice_occurs(kind, name, choice):
    drawn = {
        getattr(kind.sample(np.random.default_rng([7, i])), name)
        for i in range(100)
    }
    assert choice in drawn


def test_floats_fill_their_ranges():
    people = [synthetic.identity(0, i) for i in range(300)]
    views = [synthetic.observation(0, 0, i) for i in range(300)]
    for sample in (people, views):
        for field in dataclasses.fields(sample[0]):
            if "range" in field.metadata:
                low, high = field.metadata["range"]
                values = [getattr(s, field.name) for s in sample]
                assert low <= min(values) < low + 0.05 * (high - low)
                assert high - 0.05 * (high - low) < max(values) <= high


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_pictures_of_all_sizes_show_the_same(image_size):
    person, view = synthetic.identity(0, 1), synthetic.observation(0, 1, 1)
    picture = synthetic.draw_portrait(person, view, image_size)
    assert (picture.mode, picture.size) == ("RGB", (image_size, image_size))
    small = np.asarray(picture.resize((16, 16), Image.Resampling.BOX))
    large = synthetic.draw_portrait(person, view, 256)
    large = np.asarray(large.resize((16, 16), Image.Resampling.BOX))
    difference = np.abs(small.astype(int) - large.astype(int))
    assert difference.mean() < 4


def test_table_holds_what_was_drawn(tmp_path):
    table = synthetic.write_portraits(
        str(tmp_path), 3, 2, image_size=32, seed=5, first_identity=11
    )
    assert table == str(tmp_path / "portraits.csv")
    with open(table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = ["image", "identity", "observation", *synthetic.factor_columns()]
    assert list(rows[0]) == columns
    assert "identity_hair_style" in columns and "observation_yaw" in columns
    assert [row["identity"] for row in rows] == [
        f"person-{i:06d}" for i in (11, 11, 12, 12, 13, 13)
    ]
    files = sorted(tmp_path.glob("images/*/*.png"))
    assert files == [tmp_path / row["image"] for row in rows]

    def reread(kind, prefix, row):
        return kind(**{
            f.name: f.type(row[f"{prefix}_{f.name}"])
            for f in dataclasses.fields(kind)
        })  # fmt: skip

    for number, row in enumerate(rows):
        person = reread(synthetic.Identity, "identity", row)
        view = reread(synthetic.Observation, "observation", row)
        assert person == synthetic.identity(5, 11 + number // 2)
        assert view == synthetic.observation(5, 11 + number // 2, number % 2)
        assert row["image"] == os.path.join(
            "images", row["identity"], row["observation"] + ".png"
        )
        with Image.open(tmp_path / row["image"]) as picture:
            np.testing.assert_array_equal(
                np.asarray(picture), pixels(person, view, 32)
            )


def test_an_existing_table_is_kept(tmp_path):
    table = tmp_path / "portraits.csv"
    table.write_text("precious")
    with pytest.raises(FileExistsError, match="Remove the folder or give"):
        synthetic.write_portraits(str(tmp_path), 1, 1)
    assert table.read_text() == "precious"
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize(
    ("name", "value", "minimum"),
    [
        ("num_identities", 0, 1),
        ("images_per_identity", 0, 1),
        ("image_size", 7, 8),
        ("seed", -1, 0),
        ("first_identity", -1, 0),
    ],
)
def test_wrong_numbers_of_write_portraits(tmp_path, name, value, minimum):
    arguments = {"num_identities": 1, "images_per_identity": 1, name: value}
    message = f"`{name}` must be at least {minimum}. Received: {name}={value}"
    with pytest.raises(ValueError) as error:
        synthetic.write_portraits(str(tmp_path / "new"), **arguments)
    assert str(error.value) == message
    assert not (tmp_path / "new").exists()


def test_wrong_numbers_elsewhere():
    with pytest.raises(ValueError, match="`index` must be at least 0"):
        synthetic.identity(0, -1)
    with pytest.raises(ValueError, match=r"Received: identity_index=-2"):
        synthetic.observation(0, -2, 0)
    with pytest.raises(ValueError, match="`image_size` must be at least 8"):
        synthetic.draw_portrait(PLAIN_PERSON, PLAIN_VIEW, 0)


@pytest.mark.parametrize(
    ("subject", "name", "value", "message"),
    [
        (PLAIN_PERSON, "jaw", 1.5, "`jaw` must be in [0.0, 1.0]. "
         "Received: jaw=1.5"),
        (PLAIN_VIEW, "yaw", float("nan"), "`yaw` must be in [-0.6, 0.6]. "
         "Received: yaw=nan"),
        (PLAIN_VIEW, "film", "sepia", "`film` must be one of ['colour', "
         "'greyscale']. Received: film='sepia'"),
    ],
)  # fmt: skip
def test_wrong_factors(subject, name, value, message):
    with pytest.raises(ValueError) as error:
        dataclasses.replace(subject, **{name: value})
    assert str(error.value) == message


def test_import_defines_no_flags():
    by_module = flags.FLAGS.flags_by_module_dict()
    assert synthetic.__name__ not in by_module


def run_module(*arguments):
    root = os.path.dirname(os.path.dirname(synthetic.__file__))
    return subprocess.run(
        [sys.executable, "-m", "data_pipeline.synthetic", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_line(tmp_path):
    folder = str(tmp_path / "two words")
    arguments = (
        f"--output_dir={folder}",
        "--num_identities=2",
        "--images_per_identity=3",
        "--image_size=32",
    )
    first = run_module(*arguments)
    assert first.returncode == 0, first.stderr
    path, command = first.stdout.splitlines()
    assert path == os.path.join(folder, "portraits.csv")
    assert len(list((tmp_path / "two words").glob("images/*/*.png"))) == 6
    assert command.startswith("python -m data_pipeline.build_records ")
    assert f"'--input={path}'" in command
    assert ",".join(synthetic.factor_columns()) in command

    again = run_module(*arguments)
    assert again.returncode != 0
    assert "Remove the folder" in again.stderr
    assert "Traceback" not in again.stderr
