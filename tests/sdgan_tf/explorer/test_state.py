"""The explorer's state: clicks and links, by hand."""

import pytest

from sdgan_tf.explorer.state import Cell, Draw, GridState

FRESH = GridState.fresh(7, 2, 3)


def numbers(heads):
    return [draw.number for draw in heads.draws]


def test_a_fresh_grid():
    assert FRESH.rows.draws == (Draw(7, 0, 0), Draw(7, 1, 0))
    assert numbers(FRESH.columns) == [0, 0, 0]
    assert len(FRESH.cells()) == 6
    assert FRESH.cells()[4] == Cell(Draw(7, 1), Draw(7, 1))


def test_a_head_changes_its_row_only():
    state = FRESH.resample("rows", 1).resample("rows", 1)
    assert numbers(state.rows) == [0, 2]
    assert state.columns == FRESH.columns
    assert numbers(FRESH.resample("columns", 2).columns) == [0, 0, 1]


def test_locked_stays():
    state = FRESH.toggle("rows", 0).toggle("columns", 2)
    assert state.resample("rows", 0) == state
    state = state.resample_unlocked()
    assert numbers(state.rows) == [0, 1]
    assert numbers(state.columns) == [1, 1, 0]
    state = state.reseed(8)
    assert state.rows.draws == (Draw(7, 0, 0), Draw(8, 1, 0))
    assert state.columns.draws == (Draw(8, 0), Draw(8, 1), Draw(7, 2))
    opened = state.toggle("rows", 0)
    assert opened.rows.locked == frozenset()


def test_chosen_cells_stay_when_the_grid_changes():
    state = FRESH.choose(0, 1)
    assert (state.chosen, state.slot) == ((FRESH.cell(0, 1), None), 1)
    state = state.choose(1, 2).resample_unlocked().reseed(9)
    assert state.chosen == (FRESH.cell(0, 1), FRESH.cell(1, 2))
    assert state.slot == 0
    turned = state.turn(1).choose(0, 0)
    assert turned.chosen == (FRESH.cell(0, 1), state.cell(0, 0))


def test_the_link_of_a_fresh_grid_is_short():
    assert FRESH.link() == "seed=7&size=2x3"


def test_the_link_by_hand():
    state = FRESH.resample("rows", 1).toggle("columns", 0).reseed(5)
    state = state.choose(0, 0)
    assert state.link() == (
        "seed=5&size=2x3&columns=0.0.7&locked_columns=0&first=0.0-0.0.7&slot=1"
    )


@pytest.mark.parametrize(
    "state",
    [
        FRESH,
        FRESH.resample("rows", 1).resample_unlocked().toggle("rows", 1),
        FRESH.toggle("columns", 1).reseed(0).choose(1, 1).resample("rows", 0),
        FRESH.choose(0, 1).choose(1, 1).turn(1).reseed(2**31 - 1),
    ],
)
def test_links_go_round(state):
    default = GridState.fresh(0, 6, 8)
    assert GridState.from_link(state.link(), default) == state


def test_an_empty_link_is_the_default_and_unknown_fields_do_nothing():
    for query in ("", "__theme=dark"):
        assert GridState.from_link(query, FRESH) == FRESH


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("seed=-1", "`seed` in a link must be a whole number"),
        ("seed=9999999999", "`seed` must be in"),
        ("size=2", "`columns` in a link must be a whole number"),
        ("size=1000x1000", r"`rows` must be in \[1, 16\]"),
        ("rows=1", "PLACE.NUMBER"),
        ("rows=2.0", r"`rows` must be in \[0, 1\]"),
        ("locked_rows=2", r"`locked_rows` must be in \[0, 1\]"),
        ("first=0.0", "PLACE.NUMBER"),
        ("first=99.0-0.0", "`place` must be in"),
        ("slot=2", r"`slot` must be in \[0, 1\]"),
    ],
)
def test_bad_links(query, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        GridState.from_link(query, FRESH)


def test_bad_places():
    for bad in (
        lambda: FRESH.resample("rows", 2),
        lambda: FRESH.toggle("columns", -1),
        lambda: FRESH.choose(0, 3),
        lambda: FRESH.resample("cells", 0),
        lambda: FRESH.turn(2),
    ):
        with pytest.raises(ValueError, match="Received"):
            bad()
