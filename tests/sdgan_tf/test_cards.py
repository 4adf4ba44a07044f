"""Cards: what is told of the data that a generator was trained on."""

import json

import pytest

from sdgan_tf.cards import describe_data
from sdgan_tf.runs import CARD, TRAINING, WEIGHTS, Run

MANIFEST = {
    "image_size": 32,
    "options": {"layout": "folders", "input": "raw/toys/"},
    "splits": {"train": {"identities": 1234, "images": 56789}},
}


@pytest.fixture
def describe(tmp_path):
    """Describes the data of a run whose data set has such a manifest."""

    def describe(manifest) -> str:
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        (data / "manifest.json").write_text(json.dumps(manifest))
        notes = json.dumps({"data_dir": str(data)})
        (tmp_path / TRAINING).write_text(notes)
        return describe_data(Run(str(tmp_path)))

    return describe


def test_the_data_set_is_named(describe):
    assert describe(MANIFEST) == (
        "toys (layout folders): 1,234 training identities, 56,789 "
        "photographs, 32x32"
    )


def test_terms_that_a_layout_gives_away(describe):
    options = {"layout": "celeba", "input": "raw/celeba"}
    assert describe(MANIFEST | {"options": options}).endswith(
        "32x32. CelebA agreement: non-commercial research"
    )


def test_a_run_of_this_program(trained):
    # Its data set was not built: the manifest says less.
    assert describe_data(Run(trained.run_dir)) == ""


@pytest.mark.parametrize("manifest", [{}, [], {"options": 3}])
def test_what_is_unknown_is_not_told(describe, manifest):
    assert describe(manifest) == ""


def test_a_card_s_own_words_stay(tmp_path):
    run = Run(str(tmp_path))
    assert describe_data(run) == ""
    (tmp_path / WEIGHTS).touch()
    (tmp_path / CARD).write_text('{"data": "CC0 toys"}')
    assert describe_data(run) == "CC0 toys"
    (tmp_path / CARD).write_text("{}")
    assert describe_data(run) == ""
