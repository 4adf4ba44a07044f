"""Checkpoints: which are kept, and those that cannot be read."""

import os
import pathlib

import pytest

from sdgan_tf.runs import Run
from sdgan_tf.training import loop


def checkpoints(trainer):
    names = os.listdir(trainer.run.checkpoints)
    return sorted(n.split(".")[0] for n in names if n.endswith(".index"))


@pytest.mark.parametrize(
    ("hours", "stay"),
    [
        (6.0, ["step-00000003", "step-00000004"]),
        (
            1e-9,
            [
                "kept-step-00000001",
                "kept-step-00000002",
                "step-00000003",
                "step-00000004",
            ],
        ),
    ],
)
def test_which_checkpoints_stay(make_config, hours, stay):
    trainer = loop.Trainer(
        make_config(keep_checkpoints=2, keep_every_hours=hours)
    )
    for _ in range(4):
        trainer.state.step.assign_add(1)
        trainer.state.save()
    assert checkpoints(trainer) == stay
    assert len(os.listdir(trainer.run.checkpoints)) == 2 * len(stay)
    assert trainer.state.last_saved_step == 4


def test_all_checkpoints_damaged_is_an_error(trained, make_config):
    for path in Run(trained.run_dir).checkpoint_paths():
        pathlib.Path(path + ".data-00000-of-00001").write_bytes(b"")
    with pytest.raises(ValueError, match="None of the 2 checkpoints"):
        loop.Trainer(make_config(train_steps=9))
