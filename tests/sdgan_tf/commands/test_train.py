"""The command `train`: what it prints and refuses."""

import dataclasses
import os
import pathlib
import signal
import types

import pytest

from sdgan_tf.commands import train
from sdgan_tf.commands.options import Train
from sdgan_tf.progress import Progress
from sdgan_tf.runs import Run
from sdgan_tf.training.scoring import LOWEST_IS_BEST
from sdgan_tf.training.trainer import Outcome, Trainer


def test_a_trainer_s_arguments_are_flags_with_the_same_defaults():
    options = {field.name: field for field in dataclasses.fields(Train)}
    for field in dataclasses.fields(Trainer):
        if field.name not in ("experiment", "named", "data_dir"):
            assert options[field.name].default == field.default, field.name
    choices = options["keep_best_by"].metadata["choices"]
    assert choices == tuple(LOWEST_IS_BEST)


def test_what_is_named_of_the_experiment(make_options):
    options = make_options(dim=8, k=3)
    trainer = train.trainer_of(options)
    assert trainer.named == {"dim", "k"}
    assert trainer.experiment == options.experiment
    assert trainer.log_interval_steps == 2


def files(run_dir):
    return {
        path: path.read_bytes()
        for path in pathlib.Path(run_dir).rglob("*")
        if path.is_file()
    }


def test_a_run_folder_whose_name_is_a_pattern(
    trained, make_options, train_run, tmp_path, capsys
):
    """It is trained in, gone on with, sampled, and taken as a start."""
    folder = str(tmp_path / "faces [v2]" / "x[1-9]")
    train_run(run_dir=folder, train_steps=3)
    said = capsys.readouterr().out
    assert f"Checkpoint:  {folder}/checkpoints/step-00000003\n" in said
    assert f"--logdir '{folder}/tensorboard'\n" in said
    assert f"Grid:        {folder}/samples/samples_grid-00000003.png\n" in said
    train_run(run_dir=folder)
    assert "Resumed from" in capsys.readouterr().out
    with pytest.raises(ValueError, match="seed: 1 != 0"):
        train_run(run_dir=folder, seed=1)
    assert Run(folder).generator().step == 6
    options = make_options(run_dir=str(tmp_path / "new[1]"), init_from=folder)
    started = train.trainer_of(options).set_up()
    best = Run(started.run.path("best"))
    best.write_experiment(started.experiment)
    started.state.write_only(best)
    assert best.generator().step == 0
    for ours, theirs in zip(
        Run(folder).generator().network.get_weights(),
        Run(trained.run_dir).generator().network.get_weights(),
        strict=True,
    ):
        assert (ours == theirs).all()


def test_finished_run_does_nothing(trained, train_run, capsys):
    before = files(trained.run_dir)
    train_run(run_dir=trained.run_dir)
    said = capsys.readouterr().out
    assert (
        "Nothing to do: 6 steps are trained. To train further, pass a larger"
        in said
    )
    assert f"Checkpoint:  {trained.run_dir}/checkpoints/step-00000006" in said
    assert "Grid:" not in said
    assert files(trained.run_dir) == before


def test_data_dir_is_wanted(train_run, tmp_path):
    with pytest.raises(ValueError, match="--data_dir is missing"):
        train_run(data_dir="")
    with pytest.raises(ValueError, match="`model` must be one of"):
        train_run(data_dir="", model="stylegan")
    assert not os.listdir(tmp_path)


def test_workers_must_name_one_folder(train_run):
    with pytest.raises(ValueError, match="--run_dir is missing"):
        train_run(run_dir="", strategy="multi_worker")


def test_interrupt_saves_and_stops(make_options, monkeypatch, capsys):
    number = signal.SIGINT
    options = make_options(train_steps=10_000, log_interval_steps=1)
    before = signal.getsignal(number)

    def interrupt(self, step, values, note):
        if step == 4:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Progress, "logged", interrupt)
    with pytest.raises(SystemExit) as caught:
        train.run(options)
    assert caught.value.code == 130
    said = capsys.readouterr().out
    assert "Stopped by SIGINT; saved at step 4.\nRun folder:" in said
    assert Run(options.run_dir).checkpoints.paths()[0].endswith("00000004")
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("number", [1, 2])
def test_a_cluster_does_not_take_a_stopped_training_for_done(
    train_run, monkeypatch, tmp_path, number
):
    state = types.SimpleNamespace(steps_done=0)
    workers = types.SimpleNamespace(number=number)
    setup = types.SimpleNamespace(state=state, workers=workers)
    outcome = Outcome(Run(str(tmp_path)), 3, False, "SIGTERM")
    monkeypatch.setattr(Trainer, "set_up", lambda self: setup)
    monkeypatch.setattr(Trainer, "train", lambda self, setup: outcome)
    if number == 1:
        train_run()
        return
    with pytest.raises(SystemExit) as caught:
        train_run()
    assert caught.value.code == os.EX_TEMPFAIL


def test_dry_run_prints_what_would_be_trained(
    make_options, trained, train_run, capsys, tmp_path
):
    before = files(tmp_path)
    train_run(dry_run=True, data_dir="", run_dir="")
    said = capsys.readouterr().out
    assert said.startswith(make_options().experiment.to_json())
    assert "disk:" not in said
    train_run(dry_run=True, train_steps=10**9)
    said = capsys.readouterr().out
    assert "data: 96 photographs of 24 identities, 32x32" in said
    assert "days on this processor" in said
    # Neither the run folder nor another one.
    assert files(tmp_path) == before
