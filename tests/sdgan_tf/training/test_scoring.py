"""The small evaluation during training and the checkpoint that it keeps."""

import json
import pathlib

import pytest

from sdgan_tf.runs import Run
from sdgan_tf.training import scoring


@pytest.fixture
def colours(monkeypatch, mean_colour):
    """Takes the verifier of mean colours for FaceNet."""
    monkeypatch.setattr(scoring, "open_verifier", lambda *_: mean_colour)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_best_checkpoint_is_a_run_folder(
    make_trainer, split_data, colours, tmp_path
):
    make_trainer(data_dir=split_data, evaluate_interval_steps=2).train()
    run = tmp_path / "run"
    scores = {
        line["step"]: line["evaluate/pair_kernel"]
        for line in lines(run / "stats.jsonl")
        if "evaluate/pair_kernel" in line
    }
    assert set(scores) == {2, 4, 6}
    card = json.loads((run / "best" / "best.json").read_text())
    assert card["step"] == min(scores, key=scores.get)
    best = Run(str(run / "best"))
    assert best.generator().step == card["step"]
    assert len(best.checkpoints.paths()) == 1
    # Training can be taken up from it.
    make_trainer(run_dir=best.folder, data_dir=split_data).train()
    assert best.generator().step == 6


@pytest.mark.parametrize(
    ("keep_best_by", "kept"),
    [("pair_kernel", (3, 3, 3, 6, 6)), ("auc", (3, 4, 4, 4, 4))],
)
def test_only_a_better_score_is_kept(
    make_trainer, split_data, colours, tmp_path, keep_best_by, kept
):
    setup = make_trainer(data_dir=split_data).set_up()
    score = scoring.Scoring(
        setup.algorithm, setup.data, setup.run, "x", 8, 0, keep_best_by
    )
    best = Run(str(tmp_path / "run" / "best"))
    values = 0.5, 0.6, 0.5, 0.1, float("nan")
    for step, (value, wanted) in enumerate(zip(values, kept, strict=True), 3):
        setup.state.step.assign(step)
        scalars = {f"evaluate/{keep_best_by}": value}
        score.keep_if_best(step, scalars, setup.state)
        assert best.generator().step == wanted
    assert len(best.checkpoints.paths()) == 1


def test_what_checkpoints_are_kept_by(make_trainer, split_data, colours):
    setup = make_trainer(data_dir=split_data).set_up()
    of = setup.algorithm, setup.data, setup.run, "x", 8, 0
    with pytest.raises(ValueError, match="keep_best_by='loss'"):
        scoring.Scoring(*of, keep_best_by="loss")
    measured = scoring.Scoring(*of).measure(0)
    assert set(measured) == {f"evaluate/{n}" for n in scoring.LOWEST_IS_BEST}


def test_the_best_checkpoint_knows_the_identities(
    make_trainer, split_data, colours, tmp_path
):
    make_trainer(
        data_dir=split_data,
        model="embedding_pairwise",
        train_steps=1,
        evaluate_interval_steps=1,
    ).train()
    best = Run(str(tmp_path / "run" / "best"))
    assert best.identity_rows(["train3", "train5"]) == Run(
        str(tmp_path / "run")
    ).identity_rows(["train3", "train5"])


def test_evaluating_changes_no_weight(
    make_trainer, split_data, colours, tmp_path
):
    weights = []
    for name, interval in ("with", 2), ("without", 0):
        run_dir = str(tmp_path / name)
        make_trainer(
            data_dir=split_data,
            run_dir=run_dir,
            evaluate_interval_steps=interval,
        ).train()
        weights.append(Run(run_dir).generator().network.get_weights())
    for a, b in zip(*weights, strict=True):
        assert (a == b).all()


def test_a_missing_verifier_is_said_before_training(make_trainer, split_data):
    trainer = make_trainer(
        data_dir=split_data, evaluate_interval_steps=2, verifier="/nowhere"
    )
    with pytest.raises(FileNotFoundError, match="must be facenet or"):
        trainer.train()
    assert not pathlib.Path(trainer.run_dir, "config.json").exists()
