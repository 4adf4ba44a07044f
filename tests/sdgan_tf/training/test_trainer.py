"""Whole trainings in this process: what they write, and exact resume."""

import json
import pathlib
import re

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

from sdgan_tf.config import Experiment
from sdgan_tf.progress import Progress
from sdgan_tf.runs import Run
from sdgan_tf.training import loop
from sdgan_tf.training.actions import Action
from sdgan_tf.training.input_pipeline import DevicePhotographs
from sdgan_tf.training.trainer import Trainer
from sdgan_tf.training.training_state import Diverged

both_models = pytest.mark.parametrize(
    "trained", ["sd_dcgan", "sd_began"], indirect=True
)
sd_began = pytest.mark.parametrize("trained", ["sd_began"], indirect=True)


def logged(run_dir):
    """The lines of stats.jsonl that hold the scalars of steps."""
    lines = pathlib.Path(run_dir, "stats.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    return [s for s in steps if "loss/generator" in s]


def test_run_folder_holds_what_the_readme_says(trained, capsys):
    run = pathlib.Path(trained.run_dir)
    assert Run(str(run)).experiment() == trained.experiment
    lines = (run / "stats.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    scalars = {name for line in steps for name in line}
    assert {
        "step",
        "loss/discriminator",
        "loss/generator",
        "score/real",
        "score/fake",
        "score/grid_diversity",
        "time/pairs_per_second",
        "time/data_share",
    } <= scalars
    shares = [s["time/data_share"] for s in steps if "time/data_share" in s]
    assert all(0 <= share <= 1 for share in shares)
    assert [s["step"] for s in steps if "loss/generator" in s] == [2, 4, 6]
    # The last step's, which is one to draw at anyway, is drawn once.
    assert [s["step"] for s in steps if "score/grid_diversity" in s] == [3, 6]
    grid = Image.open(run / "samples" / "samples_grid-00000006.png")
    assert grid.size == (8 * 32, 8 * 32)
    events = event_accumulator.EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert "configuration" in tags["tensors"]
    for name in ("samples/grid", "samples/real", "samples/fake"):
        assert name in tags["tensors"]
    assert "loss/generator" in tags["tensors"]


@both_models
def test_resumed_equals_uninterrupted_to_the_last_bit(
    trained, make_trainer, tmp_path, weights, assert_same
):
    model = trained.experiment.model
    straight, halved = trained.run_dir, str(tmp_path / "b")
    make_trainer(run_dir=halved, model=model, train_steps=3).train()
    before = weights(halved, 3)
    make_trainer(run_dir=halved, model=model).train()
    assert_same(weights(straight, 6), weights(halved, 6))
    after = weights(halved, 6)
    held = Run(halved).generator().network
    assert sum(n.startswith("generator/") for n in after) == len(held.weights)
    for network in ("generator/", "discriminator/"):
        names = [name for name in after if name.startswith(network)]
        assert any((before[n] != after[n]).any() for n in names)
    k_t = [name for name in after if name.startswith("k_t/")]
    assert len(k_t) == (model == "sd_began")
    for name in k_t:
        assert 0 < before[name] < after[name]


@sd_began
def test_learning_rate_survives_a_resume(trained, make_trainer, monkeypatch):
    monkeypatch.setattr("sdgan_tf.losses.BEGAN_HALVING_STEPS", 6)
    assert [s["began/learning_rate"] for s in logged(trained.run_dir)] == [
        np.float32(8e-5)
    ] * 3
    setup = make_trainer(train_steps=9).set_up()
    for optimizer in setup.algorithm.optimizers.values():
        assert float(optimizer.learning_rate) == np.float32(4e-5)


def test_streamed_data_resumes_exactly(
    make_trainer, tmp_path, weights, assert_same
):
    straight, halved = str(tmp_path / "a"), str(tmp_path / "b")
    make_trainer(run_dir=straight, cache_gb=0.0).train()
    make_trainer(run_dir=halved, cache_gb=0.0, train_steps=4).train()
    make_trainer(run_dir=halved, cache_gb=0.0).train()
    assert_same(weights(straight, 6), weights(halved, 6))


@pytest.mark.slow
def test_projected_features_resume_exactly(
    make_trainer, tmp_path, weights, assert_same
):
    """The average's own statistics are drawn at other steps in each."""
    options = {
        "model": "sd_projected",
        "features": "none",
        "mirror": True,
        "ema_half_life_images": 50.0,
    }
    straight, halved = str(tmp_path / "a"), str(tmp_path / "b")
    make_trainer(run_dir=straight, **options).train()
    make_trainer(run_dir=halved, train_steps=4, **options).train()
    make_trainer(run_dir=halved, **options).train()
    assert_same(weights(straight, 6), weights(halved, 6))


def test_steps_a_call_change_no_number(
    trained, make_trainer, tmp_path, monkeypatch, weights, assert_same
):
    one, many = trained.run_dir, str(tmp_path / "b")
    monkeypatch.setattr(loop, "SECONDS_PER_CALL", 1e9)
    make_trainer(run_dir=many, log_interval_steps=6).train()
    assert_same(weights(one, 6), weights(many, 6))


@pytest.mark.parametrize("commonalities", ["", "identity,observation"])
def test_photographs_on_the_device_change_no_number(
    make_trainer, tmp_path, monkeypatch, commonalities, weights, assert_same
):
    looked_up = []
    look_up = DevicePhotographs.look_up

    def spy(self, batch):
        looked_up.append(sorted(batch))
        return look_up(self, batch)

    monkeypatch.setattr(DevicePhotographs, "look_up", spy)
    host, device = str(tmp_path / "host"), str(tmp_path / "device")
    # 24 identities of 4 images of 32x32: 295 kB.
    for run_dir, device_gb in ((host, 290e-6), (device, 300e-6)):
        assert not looked_up
        make_trainer(
            run_dir=run_dir,
            device_gb=device_gb,
            commonalities=commonalities,
        ).train()
    assert looked_up and all("images" not in names for names in looked_up)
    assert_same(weights(host, 6), weights(device, 6))


def test_what_is_known_is_said_before_the_first_step(
    make_trainer, tiny_data, tmp_path, capsys, monkeypatch
):
    """And a step of any length is no silence."""
    watched = Progress.watched
    monkeypatch.setattr(Progress, "watched", lambda self: watched(self, 0.05))
    make_trainer(train_steps=2, log_interval_steps=2).train()
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "Training on CPU:0 (replicas in all: 1)",
        f"Run folder:  {tmp_path}/run",
        "Steps:       0 of 2 are done; each sees 4 tuples of 2",
        "Data:        96 photographs of 24 identities, 32x32, 0.3 MB in "
        f"memory: {tiny_data}",
        lines[4],
    ]
    assert re.match(r"Memory:      [\d.]+ MB for weights, grad", lines[4])
    assert lines[5] == "step 1/2: preparing for 0:00:00"
    first = next(n for n, line in enumerate(lines) if "step 2/2 loss" in line)
    assert first > 8


def test_nan_stops_and_names_the_last_good_step(trained, make_trainer):
    trainer = make_trainer(train_steps=9)
    setup = trainer.set_up()
    weight = setup.algorithm.generator.trainable_variables[0]
    weight.assign(weight * float("nan"))
    with pytest.raises(Diverged, match="The last good checkpoint: step 6"):
        trainer.train(setup)
    assert Run(trained.run_dir).checkpoints.paths()[0].endswith("00000006")


def test_bfloat16_trains_near_float32(trained, make_trainer, tmp_path):
    run_dir = str(tmp_path / "bfloat16")
    make_trainer(precision="mixed_bfloat16", run_dir=run_dir).train()
    ours, exact = (
        [s["loss/discriminator"] for s in logged(d)]
        for d in (run_dir, trained.run_dir)
    )
    np.testing.assert_allclose(ours, exact, rtol=0.1)
    assert ours != exact


def test_moving_statistics_survive_a_resume(trained, make_trainer):
    setup = make_trainer(train_steps=9).set_up()
    statistics = [
        weight
        for weight in setup.algorithm.generator.non_trainable_variables
        if "moving_variance" in weight.path
    ]
    assert len(statistics) == 3
    # Six steps of momentum 0.99, two updates each, from a variance of 1.
    for weight in statistics:
        assert np.max(weight.numpy()) < 0.99**11
    fresh = Run(trained.run_dir).generator().network
    for ours, theirs in zip(
        setup.algorithm.generator.weights, fresh.weights, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_an_action_of_one_s_own(make_trainer):
    """It comes before the checkpoint of its step, which holds what it did."""

    class Halve(Action):
        def __init__(self, interval_steps, weight):
            super().__init__(interval_steps)
            self.weight, self.steps = weight, []

        def act(self, step):
            self.steps.append(step)
            self.weight.assign(0.0 * self.weight)

    trainer = make_trainer()
    setup = trainer.set_up()
    halve = Halve(3, setup.algorithm.generator.trainable_variables[0])
    outcome = trainer.train(setup, [halve])
    assert halve.steps == [3, 6]
    assert (outcome.step, outcome.is_finished) == (6, True)
    saved = outcome.run.generator().network.trainable_variables[0]
    assert not np.any(saved.numpy())


def test_a_trainer_of_few_lines(tiny_data, tmp_path, monkeypatch):
    """Options that are not named are the model's, and later the run's."""
    monkeypatch.chdir(tmp_path)
    small = {"image_size": 32, "dim": 4, "batch_size": 4}
    trainer = Trainer(
        Experiment(model="dcgan", **small), tiny_data, train_steps=1
    )
    run = trainer.train().run
    assert run.folder == "runs/00001-dcgan" and run.experiment().k == 1
    more = Trainer(Experiment(model="dcgan"), tiny_data, run.folder, 2)
    outcome = more.train()
    assert (outcome.step, outcome.run.experiment().dim) == (2, 4)
    assert more.train().step == 2
    with pytest.raises(ValueError, match="dim: 8 != 4"):
        Trainer(Experiment(model="dcgan", dim=8), tiny_data, run.folder).train()
    with pytest.raises(ValueError, match="`data_dir` is missing"):
        Trainer(Experiment(**small), "").train()
