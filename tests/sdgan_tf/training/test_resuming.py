"""What a run folder that is taken up says against what is asked for."""

import dataclasses
import json
import os
import pathlib

import pytest

from sdgan_tf import flags
from sdgan_tf.checkpoints import step_of
from sdgan_tf.config import Config, Experiment, Training
from sdgan_tf.locking import RunInUse
from sdgan_tf.runs import Run
from sdgan_tf.training import loop
from sdgan_tf.training.resuming import TRAINING, resolve, take_up


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


@pytest.fixture
def alone(make_config):
    """Makes the configuration of `--run_dir` alone, and what is named."""
    fresh = Config(
        **{
            **vars(make_config()),
            **{name: section() for name, section in flags.SECTIONS.items()},
            "data_dir": "",
            "told": frozenset(),
        }
    )

    def make(run_dir, data_dir="", **named):
        return dataclasses.replace(
            fresh,
            run_dir=run_dir,
            data_dir=data_dir,
            training=dataclasses.replace(fresh.training, **named),
            told=frozenset(named) | ({"data_dir"} if data_dir else set()),
        )

    return make


def test_run_dir_alone_goes_on_as_before(
    trained, alone, capsys, tiny_data, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    loop.train(alone(trained.run_dir))
    said = capsys.readouterr().out
    assert "Nothing to do: 6 steps are trained" in said
    assert f"As before: --data_dir={tiny_data} --train_steps=6" in said
    trainer = loop.Trainer(alone(trained.run_dir))
    assert trainer.options == dataclasses.replace(trained.training)
    assert trainer.data.folder == tiny_data


def test_more_steps_extend_a_run_and_are_kept(trained, alone, capsys):
    loop.train(alone(trained.run_dir, train_steps=8, log_interval_steps=1))
    assert "step 8/8" in capsys.readouterr().out
    run = Run(trained.run_dir)
    assert [step_of(path) for path in run.checkpoints.paths()] == [8, 6, 3]
    options = loop.Trainer(alone(trained.run_dir)).options
    assert (options.train_steps, options.log_interval_steps) == (8, 1)
    assert options.save_interval_steps == 3


def test_fewer_steps_than_are_trained_change_nothing(trained, alone, capsys):
    loop.train(alone(trained.run_dir, train_steps=2))
    assert "Nothing to do: 6 steps" in capsys.readouterr().out
    assert loop.Trainer(alone(trained.run_dir)).options.train_steps == 6


def test_what_is_of_a_machine_is_not_kept(trained):
    kept = json.loads(pathlib.Path(trained.run_dir, TRAINING).read_text())
    assert os.path.isabs(kept["data_dir"]) and kept["verifier"] == "facenet"
    of_the_run = {f.name for f in dataclasses.fields(Training)} - {
        "strategy",
        "logical_cpus",
        "init_from",
        "dry_run",
    }
    assert set(kept) == of_the_run | {"data_dir", "verifier"}


def test_a_folder_that_does_not_know_how_it_was_trained(
    trained, alone, tiny_data
):
    pathlib.Path(trained.run_dir, TRAINING).unlink()
    with pytest.raises(ValueError, match="--data_dir is missing"):
        loop.Trainer(alone(trained.run_dir))
    trainer = loop.Trainer(alone(trained.run_dir, data_dir=tiny_data))
    assert trainer.options.train_steps == 500_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must hold a JSON object"),
        ('{"train_steps": "6"}', "`train_steps` must be int. Received"),
        ('{"train_steps": 0}', "must be at least 1. Received: train_steps=0"),
        ('{"data_dir": 5}', "`data_dir` must be str"),
    ],
)
def test_a_damaged_note_is_named(trained, alone, text, message):
    path = pathlib.Path(trained.run_dir, TRAINING)
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"training\.json.*{message}"):
        loop.Trainer(alone(trained.run_dir))
    # What is named is not looked up, and what is unknown is of no matter.
    path.write_text('{"train_steps": 9, "younger": 1}')
    assert take_up(alone(trained.run_dir, train_steps=7))[1] == {}


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
