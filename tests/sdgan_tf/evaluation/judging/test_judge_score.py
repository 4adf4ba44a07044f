"""`--mode=judge_score`: the line, its file, and errors instead of results."""

import json
import os
import pathlib

import pytest

from sdgan_tf.evaluation.judging import judge_score, kit


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


def last_line(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_three_judges_and_one_who_does_not_look(small_kit, make_config, capsys):
    write_answers(small_kit, "ann")
    write_answers(small_kit, "bob", wrong=(kit.UNMATCHED,))
    write_answers(small_kit, "cid", wrong=(kit.UNMATCHED,))
    write_answers(small_kit, "eve", wrong=(kit.CHECK, kit.MATCHED))
    judge_score.judge_score(make_config(judge_dir=small_kit.folder))
    printed = capsys.readouterr().out.splitlines()
    line = json.loads(printed[-1])
    assert "dropped eve: 0 of 4 attention checks right" in printed
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
        "kappa_pairs": 4,
        "too_few_answers": [],
        "ties": [],
    }
    assert expected.items() <= line.items()
    path = pathlib.Path(small_kit.folder, "metrics.jsonl")
    assert json.loads(path.read_text()) == line
    # A second result is a second line.
    judge_score.judge_score(make_config(judge_dir=small_kit.folder))
    assert len(path.read_text().splitlines()) == 2


def test_pairs_that_are_left_out_are_named(small_kit, make_config, capsys):
    write_answers(small_kit, "ann")
    write_answers(small_kit, "bob", wrong=(kit.UNMATCHED,))
    config = make_config(judge_dir=small_kit.folder, judge_annotators=2)
    judge_score.judge_score(config)
    printed = capsys.readouterr().out
    unmatched = [
        name
        for name, pair in small_kit.key.items()
        if pair.kind == kit.UNMATCHED
    ]
    for name in unmatched:
        assert f"left out {name}: no majority" in printed
    line = json.loads(printed.splitlines()[-1])
    assert line["ties"] == unmatched and line["accuracy"] is None
    assert line["same_matched"] == 1.0


def test_what_is_missing(small_kit, make_config):
    with pytest.raises(ValueError, match="--judge_dir is missing"):
        judge_score.judge_score(make_config())
    config = make_config(judge_dir=small_kit.folder)
    with pytest.raises(FileNotFoundError, match="names no CSV file"):
        judge_score.judge_score(config)
    write_answers(small_kit, "ann")
    with pytest.raises(ValueError, match="No pair has the 3 answers"):
        judge_score.judge_score(config)
    assert not os.path.exists(os.path.join(small_kit.folder, "metrics.jsonl"))


def test_main_py(trained, main_py, tmp_path):
    folder = str(tmp_path / "kit")
    main_py(
        "--mode=judge_kit",
        f"--run_dir={trained.run_dir}",
        "--num_pairs=4",
        f"--output_dir={folder}",
    )
    opened = kit.Kit.open(folder)
    assert opened.info["batch_size"] == len(opened.key) == 12
    write_answers(opened, "ann")
    done = main_py(
        "--mode=judge_score",
        f"--judge_dir={folder}",
        f"--answers={folder}/answers/*.csv",
        "--judge_annotators=1",
    )
    assert json.loads(done.stdout.splitlines()[-1])["accuracy"] == 1.0
