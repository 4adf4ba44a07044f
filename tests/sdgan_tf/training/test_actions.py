"""Actions: when each is due, and what it refuses."""

import types

import pytest

from sdgan_tf.progress import Progress
from sdgan_tf.runs import Run
from sdgan_tf.training import actions
from sdgan_tf.training.actions import Action, Advise, Save
from sdgan_tf.training.strategy import make_workers
from sdgan_tf.training.training_state import Diverged


def test_when_an_action_is_due():
    action = Action(3)
    assert [action.is_due(step) for step in (1, 2, 3, 5, 6)] == [
        *(False, False, True, False, True)
    ]
    assert [action.steps_until(step) for step in (0, 1, 2, 3, 5)] == [
        *(3, 2, 1, 3, 1)
    ]
    never = Action()
    assert not never.is_due(0) and never.steps_until(7) == float("inf")


def test_nan_weights_are_not_saved(trained, make_trainer):
    setup = make_trainer(train_steps=9).set_up()
    setup.state.step.assign(8)
    weight = setup.algorithm.networks["discriminator"].trainable_variables[2]
    weight.assign(weight + float("inf"))
    with pytest.raises(Diverged, match="weight `discriminator/.*at step 8"):
        Save(3, setup.state).act(8)
    assert Run(trained.run_dir).checkpoints.paths()[0].endswith("00000006")


def test_days_on_a_processor_are_said_once(capsys):
    progress = Progress("step", 10**9)
    advise = Advise(progress, make_workers())
    advise.stepped(0, {}, 0, 0.0)
    progress.moved(1)
    advise.stepped(1, {}, 1, 0.0)
    assert not capsys.readouterr().out
    progress._rated, progress._at = (1, 0.0), 20.0
    progress._done = 11
    advise.stepped(11, {}, 10, 20.0)
    # 2 s each: 10**9 of them are 23,148 days, and 10 hours 18,000 steps.
    said = capsys.readouterr().out
    assert "takes 23,148 days on this processor" in said
    assert "18,000 steps (`train_steps`)" in said
    advise.stepped(12, {}, 1, 2.0)
    assert not capsys.readouterr().out


def test_a_gpu_is_given_no_advice():
    extended = types.SimpleNamespace(worker_devices=("/device:GPU:0",))
    workers = types.SimpleNamespace(
        strategy=types.SimpleNamespace(extended=extended)
    )
    assert Advise(Progress("step", 1), workers).is_done


def test_a_night_s_work_is_given_no_advice():
    assert actions.advice_for_a_night(1.0, 86_400.0) == ""
    assert "1 days" in actions.advice_for_a_night(1.0, 86_401.0)
