"""The plan of a kit, and its files read back."""

import collections
import csv
import json
import os
import pathlib

import pytest

from sdgan_tf.evaluation.judging import kit


def test_plan_is_balanced_and_complete():
    batches = kit.plan(200, 12, 2, seed=0)
    assert [len(batch) for batch in batches] == [12] * 20
    pairs = [pair for batch in batches for pair in batch]
    kinds = collections.Counter((p.kind, p.answer) for p in pairs)
    assert kinds == {
        ("matched", "same"): 100,
        ("unmatched", "different"): 100,
        ("check", "same"): 20,
        ("check", "different"): 20,
    }
    judged = [p for p in pairs if p.kind != kit.CHECK]
    assert sorted(p.number for p in judged) == list(range(200))
    assert all((p.number < 100) == (p.kind == "matched") for p in judged)
    checks = [p.number for p in pairs if p.kind == kit.CHECK]
    assert sorted(checks) == list(range(40))
    for batch in batches:
        answers = [p.answer for p in batch if p.kind == kit.CHECK]
        assert sorted(answers) == ["different", "same"]


def test_checks_fill_up_the_last_batch():
    batches = kit.plan(7, 6, 2, seed=0)
    assert [len(batch) for batch in batches] == [6, 6]
    last = collections.Counter(pair.kind == kit.CHECK for pair in batches[1])
    assert last == {True: 3, False: 3}


def test_the_seed_is_the_order():
    assert kit.plan(20, 6, 2, 1) == kit.plan(20, 6, 2, 1)
    assert kit.plan(20, 6, 2, 1) != kit.plan(20, 6, 2, 2)


def test_the_place_does_not_tell_the_kind():
    places = collections.defaultdict(set)
    for seed in range(40):
        for place, pair in enumerate(kit.plan(8, 6, 2, seed)[0]):
            places[place].add((pair.kind, pair.answer))
    assert all(len(kinds) == 4 for kinds in places.values())


def test_plan_errors():
    with pytest.raises(ValueError, match="at least 2. Received: 1"):
        kit.plan(1, 12, 2, 0)
    with pytest.raises(ValueError, match="above `judge_checks`.*size=3"):
        kit.plan(8, 3, 3, 0)


def test_csv_layouts(small_kit):
    with open(os.path.join(small_kit.folder, kit.BATCHES)) as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["kit", "batch"] + [
        f"picture_{n}" for n in range(1, 5)
    ]
    assert [row["batch"] for row in rows] == ["1", "2"]
    pictures = [row[f"picture_{n}"] for row in rows for n in range(1, 5)]
    assert pictures == [f"{pair}.png" for pair in small_kit.key]
    folder = os.path.join(small_kit.folder, kit.PICTURES)
    assert sorted(os.listdir(folder)) == pictures
    with open(os.path.join(small_kit.folder, kit.KEY)) as file:
        key = list(csv.DictReader(file))
    assert tuple(key[0]) == kit.KEY_COLUMNS
    assert [row["batch"] for row in key] == ["1"] * 4 + ["2"] * 4


def test_what_is_no_kit(small_kit, tmp_path):
    with pytest.raises(FileNotFoundError, match="has no `kit.json`"):
        kit.Kit.open(str(tmp_path))
    key = pathlib.Path(small_kit.folder, kit.KEY)
    lines = key.read_text().splitlines()
    key.write_text("\n".join(lines[:-1]))
    with pytest.raises(ValueError, match="does not hold.*7 pairs"):
        kit.Kit.open(small_kit.folder)


KEY_HEAD = ",".join(kit.KEY_COLUMNS)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (kit.KEY, b"pair,batch\nx,1\n", "is damaged.*'kind'"),
        (
            kit.KEY,
            f"{KEY_HEAD}\n{'x' * (2**24 + 1)},1\n".encode(),
            "field larger",
        ),
        (kit.KEY, f"{KEY_HEAD}\nx,1,check,same\n".encode(), "NoneType"),
        (kit.KEY, b"\xff", "UnicodeDecodeError"),
        (kit.INFO, b"\xff", "UnicodeDecodeError"),
        (kit.INFO, b"[" * 100_000, "RecursionError"),
        (kit.INFO, b"[]", "is damaged"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_damaged_files(small_kit, name, data, message):
    pathlib.Path(small_kit.folder, name).write_bytes(data)
    with pytest.raises(ValueError, match=f"{message}.*judge_dir="):
        kit.Kit.open(small_kit.folder)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kit", None, "`kit` is None"),
        ("num_pairs", "4", "`num_pairs` is '4'"),
        ("num_pairs", True, "`num_pairs` is True"),
        ("num_pairs", 5, "does not hold the pairs"),
        ("batch_size", 4.0, "`batch_size` is 4.0"),
        ("num_batches", [], r"`num_batches` is \[\]"),
    ],
)
def test_numbers_that_are_none_of_a_kit(small_kit, name, value, message):
    path = pathlib.Path(small_kit.folder, kit.INFO)
    info = json.loads(path.read_text())
    path.write_text(json.dumps({**info, name: value}))
    with pytest.raises(ValueError, match=f"{message}.*judge_dir="):
        kit.Kit.open(small_kit.folder)
    del info[name]
    path.write_text(json.dumps(info))
    with pytest.raises(ValueError, match=f"KeyError.*{name}.*judge_dir="):
        kit.Kit.open(small_kit.folder)
