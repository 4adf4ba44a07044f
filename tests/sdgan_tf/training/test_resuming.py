"""What a run folder that is taken up says against what is asked for."""

import json
import pathlib

import pytest

from sdgan_tf.config import Experiment
from sdgan_tf.locking import RunInUse
from sdgan_tf.runs import Run
from sdgan_tf.training import loop
from sdgan_tf.training.resuming import resolve


def test_another_configuration_is_refused_by_field(trained, make_config):
    with pytest.raises(
        ValueError, match=r"loss: 'wgan' != 'dcgan'; dim: 8 != 4"
    ):
        loop.train(make_config(dim=8, loss="wgan", train_steps=9))


def test_unnamed_fields_come_from_the_run(trained, make_config):
    config = make_config(train_steps=7)
    other = type(config.experiment)()
    loop.train(
        type(config)(
            **{**vars(config), "experiment": other, "named": frozenset()}
        )
    )
    assert Run(config.run_dir).checkpoints.paths()[0].endswith("00000007")


def test_workers_must_name_one_folder(make_config):
    with pytest.raises(ValueError, match="--run_dir is missing"):
        resolve(make_config(run_dir="", strategy="multi_worker"))


def test_generator_without_its_training_is_not_trained_on(
    trained, make_config, tmp_path
):
    alone = Run(str(tmp_path / "alone"))
    alone.write_generator(
        Run(trained.run_dir).generator().network, trained.experiment, 6
    )
    with pytest.raises(ValueError, match="--init_from.*alone"):
        resolve(make_config(run_dir=alone.folder))


def test_folder_with_nothing_takes_what_is_asked_for(make_config):
    config = make_config(k=3)
    assert resolve(config) == (Run(config.run_dir), config.experiment)
    assert config.experiment == Experiment(
        image_size=32, dim=4, d_i=6, d_o=5, batch_size=4, k=3
    )


YOUNG = ("augment", "r1_weight", "spectral_norm", "ema_decay")


def test_a_folder_of_an_older_version_goes_on(trained, make_config):
    path = pathlib.Path(trained.run_dir, "config.json")
    fields = json.loads(path.read_text())
    for name in YOUNG:
        del fields[name]
    path.write_text(json.dumps(fields))
    loop.train(make_config(train_steps=7))
    run = Run(trained.run_dir)
    assert run.checkpoints.paths()[0].endswith("00000007")
    assert set(YOUNG) <= set(json.loads(path.read_text()))


def test_a_folder_of_a_newer_version_is_refused(trained, make_config):
    path = pathlib.Path(trained.run_dir, "config.json")
    fields = json.loads(path.read_text()) | {"attention": True}
    path.write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=r"newer version.*\['attention'\]"):
        loop.train(make_config(train_steps=7))


def test_a_run_that_another_process_took_meanwhile(trained, make_config):
    first = loop.Trainer(make_config(train_steps=7))
    with pytest.raises(RunInUse, match="another training writes there"):
        loop.Trainer(make_config(train_steps=8))
    first.train()
    loop.train(make_config(train_steps=8))
