"""The result of a study, its file, and errors instead of results."""

import json
import os
import pathlib

import pytest

from sdgan_tf.evaluation.judging import kit
from sdgan_tf.evaluation.judging.results import score_kit


def write_answers(opened: kit.Kit, annotator: str, wrong: tuple = ()) -> None:
    """Answers of who is right but for the kinds in `wrong`."""
    folder = pathlib.Path(opened.folder, kit.ANSWERS)
    folder.mkdir(exist_ok=True)
    other = {kit.SAME: kit.DIFFERENT, kit.DIFFERENT: kit.SAME}
    lines = ["kit,annotator,batch,pair,answer"]
    for name, pair in opened.key.items():
        answer = other[pair.answer] if pair.kind in wrong else pair.answer
        lines.append(f"{opened.name},{annotator},1,{name},{answer}")
    (folder / f"{annotator}.csv").write_text("\n".join(lines))


def test_three_judges_and_one_who_does_not_look(small_kit):
    write_answers(small_kit, "ann")
    write_answers(small_kit, "bob", wrong=(kit.UNMATCHED,))
    write_answers(small_kit, "cid", wrong=(kit.UNMATCHED,))
    write_answers(small_kit, "eve", wrong=(kit.CHECK, kit.MATCHED))
    line = score_kit(small_kit.folder)
    expected = {
        "metric": "judges4",
        "source": "generated",
        "kit": small_kit.name,
        "step": 6,
        "num_pairs": 4,
        "num_files": 4,
        "accuracy": 0.5,
        "same_matched": 1.0,
        "same_unmatched": 1.0,
        "annotators": 3,
        "dropped_annotators": 1,
        "dropped": {"eve": [0, 4]},
        "kappa_pairs": 4,
        "too_few_answers": [],
        "ties": [],
    }
    assert expected.items() <= line.items()
    path = pathlib.Path(small_kit.folder, "metrics.jsonl")
    assert json.loads(path.read_text()) == line
    # A second result is a second line.
    score_kit(small_kit.folder)
    assert len(path.read_text().splitlines()) == 2


def test_pairs_that_are_left_out_are_named(small_kit):
    write_answers(small_kit, "ann")
    write_answers(small_kit, "bob", wrong=(kit.UNMATCHED,))
    line = score_kit(small_kit.folder, judge_annotators=2)
    unmatched = [
        name
        for name, pair in small_kit.key.items()
        if pair.kind == kit.UNMATCHED
    ]
    assert line["ties"] == unmatched and line["accuracy"] is None
    assert line["same_matched"] == 1.0


def test_what_is_missing(small_kit, tmp_path):
    with pytest.raises(FileNotFoundError, match="not a complete kit"):
        score_kit(str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="names no CSV file"):
        score_kit(small_kit.folder)
    write_answers(small_kit, "ann")
    with pytest.raises(ValueError, match="No pair has the 3 answers"):
        score_kit(small_kit.folder)
    assert not os.path.exists(os.path.join(small_kit.folder, "metrics.jsonl"))
