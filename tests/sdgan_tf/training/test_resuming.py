"""A run folder against what is asked for."""

import dataclasses
import json
import os
import pathlib

import pytest

from sdgan_tf.config import Experiment
from sdgan_tf.runs import Run
from sdgan_tf.training.resuming import (
    NOTES,
    differing,
    read_notes,
    resolve,
)
from sdgan_tf.training.trainer import KEPT, Trainer


def test_another_configuration_is_refused_by_field(trained, make_trainer):
    with pytest.raises(
        ValueError, match=r"loss: 'wgan' != 'dcgan'; dim: 8 != 4"
    ):
        make_trainer(dim=8, loss="wgan", train_steps=9).set_up()


def test_unnamed_fields_come_from_the_run(trained):
    run, experiment = resolve(trained.run_dir, Experiment(), frozenset())
    assert run == Run(trained.run_dir)
    assert experiment == trained.experiment != Experiment()


def test_generator_without_its_training_is_not_trained_on(trained, tmp_path):
    alone = Run(str(tmp_path / "alone"))
    alone.write_generator(
        Run(trained.run_dir).generator().network, trained.experiment, 6
    )
    with pytest.raises(ValueError, match="`init_from`.*alone"):
        resolve(alone.folder, trained.experiment, frozenset())


def test_folder_with_nothing_takes_what_is_asked_for(tmp_path):
    folder = str(tmp_path / "new")
    asked = Experiment(dim=4, k=3)
    assert resolve(folder, asked, {"k"}) == (Run(folder), asked)
    assert resolve("", asked, {"k"}) == (None, asked)


def test_what_differs_from_the_defaults_is_named():
    assert differing(Experiment()) == frozenset()
    asked = Experiment(model="dcgan", dim=4, seed=1)
    assert differing(asked) == {"model", "dim", "seed"}
    _, experiment = resolve("", asked, differing(asked))
    assert experiment == dataclasses.replace(asked, k=1)


def test_what_is_of_a_machine_is_not_kept(trained, tiny_data):
    kept = json.loads(pathlib.Path(trained.run_dir, NOTES).read_text())
    assert os.path.isabs(kept["data_dir"]) and kept["verifier"] == "facenet"
    of_the_run = {f.name for f in dataclasses.fields(Trainer)} - {
        "experiment",
        "named",
        "run_dir",
        "strategy",
        "logical_cpus",
        "init_from",
    }
    assert set(kept) == of_the_run == set(KEPT)
    assert read_notes(Run(trained.run_dir)) == kept
    notes = Trainer(Experiment(), "a", verifier="b").notes()
    assert notes["data_dir"] == os.path.abspath("a")
    assert notes["verifier"] == os.path.abspath("b")
    assert Trainer(Experiment(), "gs://a").notes()["data_dir"] == "gs://a"


def test_a_folder_without_a_checkpoint_has_no_notes(trained, tmp_path):
    (tmp_path / NOTES).write_text('{"train_steps": 9}')
    assert read_notes(Run(str(tmp_path))) == {}


YOUNG = ("augment", "r1_weight", "spectral_norm", "ema_decay")


def test_a_folder_of_an_older_version_goes_on(trained, make_trainer):
    path = pathlib.Path(trained.run_dir, "config.json")
    fields = json.loads(path.read_text())
    for name in YOUNG:
        del fields[name]
    path.write_text(json.dumps(fields))
    run = make_trainer(train_steps=7).train().run
    assert run.checkpoints.paths()[0].endswith("00000007")
    assert set(YOUNG) <= set(json.loads(path.read_text()))


def test_a_folder_of_a_newer_version_is_refused(trained, make_trainer):
    path = pathlib.Path(trained.run_dir, "config.json")
    fields = json.loads(path.read_text()) | {"attention": True}
    path.write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=r"newer version.*\['attention'\]"):
        make_trainer(train_steps=7).set_up()


def test_a_run_that_another_process_took_meanwhile(trained, make_trainer):
    first, second = make_trainer(train_steps=7), make_trainer(train_steps=8)
    setup = first.set_up()
    with pytest.raises(ValueError, match="another training writes there"):
        second.set_up()
    first.train(setup)
    assert second.train().step == 8
