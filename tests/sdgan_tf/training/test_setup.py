"""Set-ups: what is refused, restored and started from."""

import dataclasses
import os
import pathlib

import numpy as np
import pytest

from sdgan_tf.locking import RunInUse
from sdgan_tf.runs import Run
from sdgan_tf.training import trainer
from sdgan_tf.training.strategy import Workers


def test_a_worker_that_would_train_something_else_is_refused(
    make_trainer, tmp_path, monkeypatch
):
    told = []

    def agree(self, number):
        told.append(number)
        return [number]

    monkeypatch.setattr(Workers, "agree", agree)
    for n, changes in enumerate(
        [{}, {}, {"seed": 1}, {"train_steps": 7}, {"save_interval_steps": 2}]
    ):
        make_trainer(run_dir=str(tmp_path / str(n)), **changes).set_up()
    assert told[0] == told[1] and len(set(told)) == 4
    monkeypatch.setattr(Workers, "agree", lambda *_: [told[0] + 0.5])
    with pytest.raises(ValueError, match="must see the same run folder"):
        make_trainer().set_up()


def test_another_data_set_is_refused(
    trained, make_trainer, tmp_path, write_data_set
):
    other = write_data_set(tmp_path / "other", {"x": 3, "y": 3})
    with pytest.raises(ValueError, match="trained on another data set"):
        make_trainer(data_dir=other, train_steps=9).set_up()


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbled"])
def test_damaged_checkpoint_falls_back(
    trained, make_trainer, weights, assert_same, caplog, damage
):
    path = pathlib.Path(Run(trained.run_dir).checkpoints.paths()[0])
    data = path.with_name(path.name + ".data-00000-of-00001")
    content = bytearray(data.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "empty":
        content = b""
    else:
        middle = len(content) // 2
        content[middle : middle + 64] = bytes(64)
        content[middle : middle + 4] = b"\x7f\x7f\x7f\x7f"
    data.write_bytes(content)
    straight = weights(trained.run_dir, 3)
    setup = make_trainer(train_steps=9).set_up()
    assert setup.state.step.numpy() == 3
    assert "step-00000006 cannot be read" in caplog.text
    assert "trying the one before" in caplog.text
    setup.state.save()
    assert_same(straight, weights(trained.run_dir, 3))


def test_init_from_takes_the_networks_and_not_the_step(
    trained, make_trainer, tmp_path
):
    setup = make_trainer(
        run_dir=str(tmp_path / "new"), init_from=trained.run_dir
    ).set_up()
    assert setup.state.step.numpy() == 0
    source = Run(trained.run_dir).generator().network
    for ours, theirs in zip(
        setup.algorithm.generator.weights, source.weights, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_init_from_a_generator_alone(trained, make_trainer, tmp_path, caplog):
    source = Run(trained.run_dir).generator().network
    alone = Run(str(tmp_path / "alone"))
    alone.write_generator(source, trained.experiment, 6)
    fresh = make_trainer(run_dir=str(tmp_path / "fresh")).set_up()
    with caplog.at_level("WARNING"):
        setup = make_trainer(
            run_dir=str(tmp_path / "new"), init_from=alone.folder
        ).set_up()
    assert (
        "only a generator, so these networks are initialised anew: disc"
        in caplog.text
    )
    assert setup.state.step.numpy() == 0
    ours, theirs = setup.algorithm.networks, fresh.algorithm.networks
    for a, b in zip(
        ours["generator"].weights + ours["discriminator"].weights,
        source.weights + theirs["discriminator"].weights,
        strict=True,
    ):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_init_from_networks_of_other_shapes(trained, make_trainer, tmp_path):
    dim = trained.experiment.dim
    with pytest.raises(
        ValueError, match=f"do not match.* dim: {dim} != {2 * dim}$"
    ):
        make_trainer(
            run_dir=str(tmp_path / "new"),
            init_from=trained.run_dir,
            dim=2 * dim,
        ).set_up()


def test_init_from_without_checkpoint(make_trainer, tmp_path):
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        make_trainer(init_from=str(tmp_path)).set_up()


def test_image_size_must_be_the_data_sets(make_trainer):
    with pytest.raises(ValueError, match="image_size=64, data set: 32"):
        make_trainer(image_size=64).set_up()


def test_two_runs_without_a_folder(make_trainer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="image_size=64, data set: 32"):
        make_trainer(run_dir="", image_size=64).set_up()
    assert not os.listdir(tmp_path)
    both = [make_trainer(run_dir="").set_up() for _ in range(2)]
    assert [setup.run.folder for setup in both] == [
        "runs/00001-sd_dcgan",
        "runs/00002-sd_dcgan",
    ]


def test_a_set_up_holds_its_folder(make_trainer):
    with make_trainer().set_up(), pytest.raises(RunInUse):
        make_trainer().set_up()
    # Neither does one that failed, nor one that is gone.
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        make_trainer(init_from="nowhere").set_up()
    make_trainer().set_up()
    with make_trainer().set_up() as setup:
        assert setup.run == setup.state.output == Run(setup.run.folder)
        assert setup.tuples.num_identities == 24


def test_a_worker_that_is_not_the_chief_writes_elsewhere(
    make_trainer, monkeypatch
):
    made = trainer.make_workers
    monkeypatch.setattr(
        trainer,
        "make_workers",
        lambda *options: dataclasses.replace(made(*options), is_chief=False),
    )
    with make_trainer().set_up() as setup:
        output = setup.state.output
        assert output != setup.run and os.path.isdir(output.folder)
        setup.state.save()
        assert output.has_checkpoint() and not os.path.exists(setup.run.folder)
    assert not os.path.exists(output.folder)
