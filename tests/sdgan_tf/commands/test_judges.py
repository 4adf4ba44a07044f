"""The commands `judge_kit` and `judge_score`, one after the other."""

import json
import pathlib

import pytest

from sdgan_tf.commands import judge_kit, judge_score
from sdgan_tf.commands.options import JudgeKit, JudgeScore
from sdgan_tf.evaluation.judging import kit

OTHER = {kit.SAME: kit.DIFFERENT, kit.DIFFERENT: kit.SAME}


def write_answers(opened: kit.Kit, annotator: str, wrong: tuple = ()) -> None:
    """Answers of someone who is right but for the kinds in `wrong`."""
    lines = ["kit,annotator,batch,pair,answer"]
    for name, pair in opened.key.items():
        answer = OTHER[pair.answer] if pair.kind in wrong else pair.answer
        lines.append(f"{opened.name},{annotator},1,{name},{answer}")
    folder = pathlib.Path(opened.folder, kit.ANSWERS)
    folder.mkdir(exist_ok=True)
    (folder / f"{annotator}.csv").write_text("\n".join(lines))


@pytest.mark.parametrize("real", [True, False])
def test_a_study(real, trained, split_data, capsys, tmp_path):
    folder = str(tmp_path / "kit")
    judge_kit.run(
        JudgeKit(
            run_dir="" if real else trained.run_dir,
            data_dir=split_data if real else "",
            evaluate_real=real,
            num_pairs=4,
            judge_batch_size=4,
            output_dir=folder,
        )
    )
    opened = kit.Kit.open(folder)
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Kit {opened.name}: 4 pairs and 4 attention checks in 2 batches. "
        f"For the judges: {folder}/page"
    )
    assert opened.info["source"] == ("real" if real else "generated")
    write_answers(opened, "ann")
    write_answers(opened, "bob", wrong=(kit.UNMATCHED,))
    write_answers(opened, "eve", wrong=(kit.CHECK,))
    judge_score.run(JudgeScore(judge_dir=folder, judge_annotators=2))
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "dropped eve: 0 of 4 attention checks right"
    for name, pair in opened.key.items():
        if pair.kind == kit.UNMATCHED:
            assert f"left out {name}: no majority" in printed
    line = json.loads(printed[-1])
    assert line["accuracy"] is None and line["same_matched"] == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"run_dir": ""}, "--run_dir is missing"),
        ({"output_dir": ""}, "--output_dir is missing"),
        ({"evaluate_real": True}, "--data_dir is missing"),
        ({"judge_subject": "person"}, "two words.*Received: 'person'"),
        ({"judge_checks": 12}, "above `judge_checks`"),
    ],
)
def test_missing_and_bad_options_of_a_kit(tmp_path, changes, message):
    folder = tmp_path / "kit"
    given = {"run_dir": "run", "output_dir": str(folder), **changes}
    with pytest.raises(ValueError, match=message):
        judge_kit.run(JudgeKit(**given))
    assert not folder.exists()


def test_a_kit_is_named():
    with pytest.raises(ValueError, match="--judge_dir is missing"):
        judge_score.run(JudgeScore())


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
