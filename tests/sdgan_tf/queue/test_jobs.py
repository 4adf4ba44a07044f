"""Lists of trainings, and what is kept of each."""

import json
import pathlib

import pytest

from sdgan_tf.queue.jobs import Job, Record, read_list

ROOT = pathlib.Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("{}", "must hold a list"),
        ('[{"name": "../a", "flags": []}]', "an object with a `name`"),
        ('[{"name": "a", "flags": "--x"}]', "an object with a `name`"),
        ('[{"name": "a", "flags": [], "minutes": 0}]', "minutes` above 0"),
        ('[{"name": "a", "flags": [], "hours": 1}]', "an object with a"),
        (
            '[{"name": "a", "flags": []}, {"name": "a", "flags": []}]',
            r"a name twice. Received: \['a'\]",
        ),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path, text, message):
    path = tmp_path / "list.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_list(str(path))


def test_a_byte_order_mark_is_no_part_of_a_list(tmp_path):
    """Windows' editors write one."""
    path = tmp_path / "list.json"
    path.write_text('[{"name": "a", "flags": []}]', encoding="utf-8-sig")
    assert read_list(str(path)) == [Job("a", ())]


def test_the_lists_of_this_project_are_right():
    lists = sorted((ROOT / "experiments").glob("*.json"))
    assert lists
    for path in lists:
        assert read_list(str(path))


def test_time_left_by_minutes_and_by_the_rate_so_far(tmp_path):
    timed = Record(Job("a", (), 2.0), tmp_path / "a")
    timed.seconds = 30.0
    assert timed.expected_seconds() == 90.0
    timed.seconds = 200.0
    assert timed.expected_seconds() == 0.0
    to_the_end = Record(Job("b", ()), tmp_path / "b")
    to_the_end.save()
    assert to_the_end.expected_seconds() is None
    to_the_end.seconds = 50.0
    (tmp_path / "b" / "stats.jsonl").write_text('{"step": 25}\n{"st')
    (tmp_path / "b" / "training.json").write_text(
        json.dumps({"train_steps": 100})
    )
    # 2 seconds a step, 75 steps to go.
    assert to_the_end.expected_seconds() == 150.0
