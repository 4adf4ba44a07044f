"""The small evaluation during training and the checkpoint that it keeps."""

import json

import pytest

from sdgan_tf.runs import Run
from sdgan_tf.training import loop, scoring


@pytest.fixture
def colours(monkeypatch, mean_colour):
    """Takes the verifier of mean colours for FaceNet."""
    monkeypatch.setattr(scoring, "open_verifier", lambda *_: mean_colour)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_best_checkpoint_is_a_run_folder(
    make_config, split_data, colours, tmp_path
):
    config = make_config(data_dir=split_data, evaluate_interval_steps=2)
    loop.train(config)
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
    loop.train(make_config(run_dir=best.folder, data_dir=split_data))
    assert best.generator().step == 6


def test_only_a_better_score_is_kept(
    make_config, split_data, colours, tmp_path
):
    trainer = loop.Trainer(
        make_config(data_dir=split_data, evaluate_interval_steps=2)
    )
    best = Run(str(tmp_path / "run" / "best"))
    for step, score, kept in (3, 0.5, 3), (4, 0.6, 3), (5, 0.5, 3), (6, 0.1, 6):
        trainer.state.step.assign(step)
        trainer.scoring.keep_if_best(
            step, {"evaluate/pair_kernel": score}, trainer.state
        )
        assert best.generator().step == kept
    assert len(best.checkpoints.paths()) == 1


def test_the_best_checkpoint_knows_the_identities(
    make_config, split_data, colours, tmp_path
):
    loop.train(
        make_config(
            data_dir=split_data,
            model="embedding_pairwise",
            train_steps=1,
            evaluate_interval_steps=1,
        )
    )
    best = Run(str(tmp_path / "run" / "best"))
    assert best.identity_rows(["train3", "train5"]) == Run(
        str(tmp_path / "run")
    ).identity_rows(["train3", "train5"])


def test_evaluating_changes_no_weight(
    make_config, split_data, colours, tmp_path
):
    weights = []
    for name, interval in ("with", 2), ("without", 0):
        run_dir = str(tmp_path / name)
        loop.train(
            make_config(
                data_dir=split_data,
                run_dir=run_dir,
                evaluate_interval_steps=interval,
            )
        )
        weights.append(Run(run_dir).generator().network.get_weights())
    for a, b in zip(*weights, strict=True):
        assert (a == b).all()


def test_a_missing_verifier_is_said_before_training(make_config, split_data):
    config = make_config(
        data_dir=split_data, evaluate_interval_steps=2, verifier="/nowhere"
    )
    with pytest.raises(FileNotFoundError, match="must be facenet or"):
        loop.Trainer(config)
