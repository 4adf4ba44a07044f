"""The options of a training that goes on."""

import json
import pathlib

import pytest

from sdgan_tf.checkpoints import step_of
from sdgan_tf.commands import train
from sdgan_tf.commands.options import Train
from sdgan_tf.commands.resumed_options import take_up
from sdgan_tf.runs import Run
from sdgan_tf.training.resuming import NOTES
from sdgan_tf.training.trainer import KEPT


def alone(run_dir, **named):
    """The options of `--run_dir` alone, and of what is named."""
    return Train(run_dir=run_dir, named=frozenset(named), **named)


def test_run_dir_alone_goes_on_as_before(
    trained, make_options, capsys, tiny_data, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    train.run(alone(trained.run_dir))
    said = capsys.readouterr().out
    assert "Nothing to do: 6 steps are trained" in said
    assert f"As before: --data_dir={tiny_data} --train_steps=6" in said
    options, _ = take_up(alone(trained.run_dir))
    asked = make_options()
    for name in KEPT:
        assert getattr(options, name) == getattr(asked, name), name


def test_more_steps_extend_a_run_and_are_kept(trained, capsys):
    train.run(alone(trained.run_dir, train_steps=8, log_interval_steps=1))
    assert "step 8/8" in capsys.readouterr().out
    run = Run(trained.run_dir)
    assert [step_of(path) for path in run.checkpoints.paths()] == [8, 6, 3]
    options, _ = take_up(alone(trained.run_dir))
    assert (options.train_steps, options.log_interval_steps) == (8, 1)
    assert options.save_interval_steps == 3


def test_fewer_steps_than_are_trained_change_nothing(trained, capsys):
    train.run(alone(trained.run_dir, train_steps=2))
    assert "Nothing to do: 6 steps" in capsys.readouterr().out
    assert take_up(alone(trained.run_dir))[0].train_steps == 6


def test_a_folder_that_does_not_know_how_it_was_trained(trained, tiny_data):
    pathlib.Path(trained.run_dir, NOTES).unlink()
    with pytest.raises(ValueError, match="--data_dir is missing"):
        train.run(alone(trained.run_dir))
    options, before = take_up(alone(trained.run_dir, data_dir=tiny_data))
    assert (options.train_steps, before) == (500_000, {})


def test_notes_of_an_older_version_lack_options(trained):
    path = pathlib.Path(trained.run_dir, NOTES)
    notes = json.loads(path.read_text())
    del notes["keep_best_by"]
    path.write_text(json.dumps(notes))
    options, before = take_up(alone(trained.run_dir))
    assert before["train_steps"] == 6 and "keep_best_by" not in before
    assert options.keep_best_by == "pair_kernel"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must hold a JSON object"),
        ('{"train_steps": "6"}', "`train_steps` must be int. Received"),
        ('{"train_steps": 0}', "must be at least 1. Received: train_steps=0"),
        ('{"data_dir": 5}', "`data_dir` must be str"),
    ],
)
def test_a_damaged_note_is_named(trained, text, message):
    path = pathlib.Path(trained.run_dir, NOTES)
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"training\.json.*{message}"):
        take_up(alone(trained.run_dir))
    # What is named is not looked up, and what is unknown is of no matter.
    path.write_text('{"train_steps": 9, "younger": 1}')
    assert take_up(alone(trained.run_dir, train_steps=7))[1] == {}
    # A whole number is a float's too.
    path.write_text('{"cache_gb": 2}')
    options, _ = take_up(alone(trained.run_dir))
    assert options.cache_gb == 2.0 and type(options.cache_gb) is float
