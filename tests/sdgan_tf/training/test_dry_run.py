"""Time, memory and disk of a training that is not made."""

import os
import re

import pytest

from sdgan_tf.training import dry_run as dry
from sdgan_tf.training.dry_run import dry_run


def test_a_dry_run_measures_and_leaves_nothing(make_trainer, tmp_path):
    trainer = make_trainer(train_steps=1000, keep_checkpoints=4)
    said = dry_run(trainer)
    assert "fingerprint: " in said
    seconds, total = re.search(
        r"time: ([\d.e-]+) s a step, (\d+:\d\d:\d\d) for 1,000 steps", said
    ).groups()
    hours, minutes, rest = map(int, total.split(":"))
    assert 3600 * hours + 60 * minutes + rest == pytest.approx(
        1000 * float(seconds), rel=0.01, abs=1
    )
    assert re.search(r"peak memory: \d\.\d\d GB", said)
    assert re.search(r"disk: 0\.00 GB for 4 checkpoints of 0\.\d MB", said)
    assert not os.listdir(tmp_path)


def test_a_dry_run_of_a_run_is_of_what_is_trained_there(trained, make_trainer):
    trainer = make_trainer(image_size=32, train_steps=9)
    assert trained.experiment.fingerprint() in dry_run(trainer)
    with pytest.raises(ValueError, match="dim: 8 != 4"):
        dry_run(make_trainer(dim=8))


def test_checkpoints_that_are_kept_for_good_take_room(make_trainer):
    trainer = make_trainer(keep_checkpoints=4, keep_every_hours=2.0)
    with trainer.set_up() as setup:
        assert "for 7 checkpoints" in dry._disk(trainer, setup, hours=7.5)


def test_without_data_nothing_is_measured(make_trainer, tmp_path):
    assert "time:" not in dry_run(make_trainer(data_dir=""))
    with pytest.raises(ValueError, match="pass a precision"):
        dry_run(make_trainer(data_dir="", precision="auto"))
    assert not os.listdir(tmp_path)
