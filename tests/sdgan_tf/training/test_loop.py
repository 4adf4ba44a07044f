"""The training loop in this process: resume, faults, warnings."""

import json
import os
import pathlib
import re
import signal

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

from sdgan_tf.runs import Run
from sdgan_tf.training import loop
from sdgan_tf.training.data import DevicePhotographs
from sdgan_tf.training.strategy import Workers

both_models = pytest.mark.parametrize(
    "trained", ["sd_dcgan", "sd_began"], indirect=True
)
sd_began = pytest.mark.parametrize("trained", ["sd_began"], indirect=True)


def weights(run_dir, step):
    reader = tf.train.load_checkpoint(
        os.path.join(run_dir, "checkpoints", f"step-{step:08d}")
    )
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "OBJECT_GRAPH" not in name
    }


def logged(run_dir):
    """The lines of stats.jsonl that hold the scalars of steps."""
    lines = pathlib.Path(run_dir, "stats.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    return [s for s in steps if "loss/generator" in s]


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


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
    trained, make_config, tmp_path
):
    model = trained.experiment.model
    straight, halved = trained.run_dir, str(tmp_path / "b")
    loop.train(make_config(run_dir=halved, model=model, train_steps=3))
    before = weights(halved, 3)
    loop.train(make_config(run_dir=halved, model=model))
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


def test_a_run_folder_whose_name_is_a_pattern(
    trained, make_config, tmp_path, capsys
):
    """It is trained in, gone on with, sampled, and taken as a start."""
    folder = str(tmp_path / "faces [v2]" / "x[1-9]")
    loop.train(make_config(run_dir=folder, train_steps=3))
    said = capsys.readouterr().out
    assert f"Checkpoint:  {folder}/checkpoints/step-00000003\n" in said
    assert f"--logdir '{folder}/tensorboard'\n" in said
    loop.train(make_config(run_dir=folder))
    assert "Resumed from" in capsys.readouterr().out
    with pytest.raises(ValueError, match="seed: 1 != 0"):
        loop.Trainer(make_config(run_dir=folder, seed=1))
    assert Run(folder).generator().step == 6
    started = loop.Trainer(
        make_config(run_dir=str(tmp_path / "new[1]"), init_from=folder)
    )
    best = Run(started.run.path("best"))
    best.write_experiment(started.experiment)
    started.state.write_only(best)
    assert best.generator().step == 0
    # TensorFlow itself reads no such folder.
    os.rename(folder, tmp_path / "plain")
    assert_same(weights(trained.run_dir, 6), weights(tmp_path / "plain", 6))


@sd_began
def test_learning_rate_survives_a_resume(trained, make_config, monkeypatch):
    monkeypatch.setattr("sdgan_tf.losses.BEGAN_HALVING_STEPS", 6)
    assert [s["began/learning_rate"] for s in logged(trained.run_dir)] == [
        np.float32(8e-5)
    ] * 3
    trainer = loop.Trainer(make_config(train_steps=9))
    for optimizer in trainer.algorithm.optimizers.values():
        assert float(optimizer.learning_rate) == np.float32(4e-5)


def test_streamed_data_resumes_exactly(make_config, tmp_path):
    straight, halved = str(tmp_path / "a"), str(tmp_path / "b")
    loop.train(make_config(run_dir=straight, cache_gb=0.0))
    loop.train(make_config(run_dir=halved, cache_gb=0.0, train_steps=4))
    loop.train(make_config(run_dir=halved, cache_gb=0.0))
    assert_same(weights(straight, 6), weights(halved, 6))


@pytest.mark.slow
def test_projected_features_resume_exactly(make_config, tmp_path):
    """The average's own statistics are drawn at other steps in each."""
    options = {
        "model": "sd_projected",
        "features": "none",
        "mirror": True,
        "ema_half_life_images": 50.0,
    }
    straight, halved = str(tmp_path / "a"), str(tmp_path / "b")
    loop.train(make_config(run_dir=straight, **options))
    loop.train(make_config(run_dir=halved, train_steps=4, **options))
    loop.train(make_config(run_dir=halved, **options))
    assert_same(weights(straight, 6), weights(halved, 6))


def test_steps_a_call_change_no_number(
    trained, make_config, tmp_path, monkeypatch
):
    one, many = trained.run_dir, str(tmp_path / "b")
    monkeypatch.setattr(loop, "SECONDS_PER_CALL", 1e9)
    loop.train(make_config(run_dir=many, log_interval_steps=6))
    assert_same(weights(one, 6), weights(many, 6))


@pytest.mark.parametrize("commonalities", ["", "identity,observation"])
def test_photographs_on_the_device_change_no_number(
    make_config, tmp_path, monkeypatch, commonalities
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
        loop.train(
            make_config(
                run_dir=run_dir,
                device_gb=device_gb,
                commonalities=commonalities,
            )
        )
    assert looked_up and all("images" not in names for names in looked_up)
    assert_same(weights(host, 6), weights(device, 6))


def test_a_worker_that_would_train_something_else_is_refused(
    make_config, tmp_path, monkeypatch
):
    told = []

    def agree(self, number):
        told.append(number)
        return [number]

    monkeypatch.setattr(Workers, "agree", agree)
    for n, changes in enumerate(
        [{}, {}, {"seed": 1}, {"train_steps": 7}, {"save_interval_steps": 2}]
    ):
        loop.Trainer(make_config(run_dir=str(tmp_path / str(n)), **changes))
    assert told[0] == told[1] and len(set(told)) == 4
    monkeypatch.setattr(Workers, "agree", lambda *_: [told[0] + 0.5])
    with pytest.raises(ValueError, match="must see the same run folder"):
        loop.Trainer(make_config())


def test_what_is_known_is_said_before_the_first_step(
    make_config, tiny_data, tmp_path, capsys, monkeypatch
):
    """And a step of any length is no silence."""
    watched = loop.Progress.watched
    monkeypatch.setattr(
        loop.Progress, "watched", lambda self: watched(self, 0.05)
    )
    loop.train(make_config(train_steps=2, log_interval_steps=2))
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
    assert lines[5] == "step 1/2 is being prepared for 0:00:00"
    first = next(n for n, line in enumerate(lines) if "step 2/2 loss" in line)
    assert first > 8


def test_days_on_a_processor_are_said_once(make_config, capsys):
    trainer = loop.Trainer(make_config(train_steps=10**9))
    progress = loop.Progress("step", 10**9)
    assert not trainer._advise(progress)
    progress.moved(1)
    assert not trainer._advise(progress)
    progress._rated, progress._at = (1, 0.0), 20.0
    progress._done = 11
    assert trainer._advise(progress)
    # 2 s each: 10**9 of them are 23,148 days, and 10 hours 18,000 steps.
    said = capsys.readouterr().out
    assert "takes 23,148 days on this processor" in said
    assert "18,000 steps (--train_steps)" in said


def test_finished_run_does_nothing(trained, capsys):
    before = weights(trained.run_dir, 6)
    loop.train(trained)
    assert "Nothing to do: 6 steps" in capsys.readouterr().out
    assert_same(before, weights(trained.run_dir, 6))


def test_another_data_set_is_refused(
    trained, make_config, tmp_path, write_data_set
):
    other = write_data_set(tmp_path / "other", {"x": 3, "y": 3})
    with pytest.raises(ValueError, match="trained on another data set"):
        loop.train(make_config(data_dir=other, train_steps=9))


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbled"])
def test_damaged_checkpoint_falls_back(trained, make_config, caplog, damage):
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
    trainer = loop.Trainer(make_config(train_steps=9))
    assert trainer.state.step.numpy() == 3
    assert "step-00000006 cannot be read" in caplog.text
    assert "trying the one before" in caplog.text
    trainer.state.save()
    assert_same(straight, weights(trained.run_dir, 3))


def test_nan_stops_and_names_the_last_good_step(trained, make_config):
    trainer = loop.Trainer(make_config(train_steps=9))
    weight = trainer.algorithm.generator.trainable_variables[0]
    weight.assign(weight * float("nan"))
    with pytest.raises(loop.Diverged, match="The last good checkpoint: step 6"):
        trainer.train()
    assert Run(trained.run_dir).checkpoints.paths()[0].endswith("00000006")


def test_nan_weights_are_not_saved(trained, make_config):
    trainer = loop.Trainer(make_config(train_steps=9))
    trainer.state.step.assign(8)
    weight = trainer.algorithm.networks["discriminator"].trainable_variables[2]
    weight.assign(weight + float("inf"))
    with pytest.raises(loop.Diverged, match="weight `discriminator/"):
        trainer._save()
    assert Run(trained.run_dir).checkpoints.paths()[0].endswith("00000006")


def test_interrupt_saves_and_stops(make_config, monkeypatch, capsys):
    number = signal.SIGINT
    config = make_config(train_steps=10_000, log_interval_steps=1)
    before = signal.getsignal(number)

    def interrupt(self, step, values, note):
        if step == 4:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(loop.Progress, "logged", interrupt)
    loop.train(config)
    assert "saved at step 4" in capsys.readouterr().out
    assert Run(config.run_dir).checkpoints.paths()[0].endswith("00000004")
    assert signal.getsignal(number) == before


def test_init_from_takes_the_networks_and_not_the_step(
    trained, make_config, tmp_path
):
    trainer = loop.Trainer(
        make_config(run_dir=str(tmp_path / "new"), init_from=trained.run_dir)
    )
    assert trainer.state.step.numpy() == 0
    source = Run(trained.run_dir).generator().network
    for ours, theirs in zip(
        trainer.algorithm.generator.weights, source.weights, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_init_from_a_generator_alone(trained, make_config, tmp_path, caplog):
    source = Run(trained.run_dir).generator().network
    alone = Run(str(tmp_path / "alone"))
    alone.write_generator(source, trained.experiment, 6)
    fresh = loop.Trainer(make_config(run_dir=str(tmp_path / "fresh")))
    with caplog.at_level("WARNING"):
        trainer = loop.Trainer(
            make_config(run_dir=str(tmp_path / "new"), init_from=alone.folder)
        )
    assert "a generator only: these networks start fresh: disc" in caplog.text
    assert trainer.state.step.numpy() == 0
    ours, theirs = trainer.algorithm.networks, fresh.algorithm.networks
    for a, b in zip(
        ours["generator"].weights + ours["discriminator"].weights,
        source.weights + theirs["discriminator"].weights,
        strict=True,
    ):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_init_from_without_checkpoint(make_config, tmp_path):
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        loop.Trainer(make_config(init_from=str(tmp_path)))


def test_image_size_must_be_the_data_sets(make_config):
    with pytest.raises(ValueError, match="image_size=64, data set: 32"):
        loop.Trainer(make_config(image_size=64))


def test_two_runs_without_a_folder(make_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="image_size=64, data set: 32"):
        loop.Trainer(make_config(run_dir="", image_size=64))
    assert not os.listdir(tmp_path)
    both = [loop.Trainer(make_config(run_dir="")) for _ in range(2)]
    assert [trainer.run.folder for trainer in both] == [
        "runs/00001-sd_dcgan",
        "runs/00002-sd_dcgan",
    ]


def test_data_dir_is_wanted(make_config):
    with pytest.raises(ValueError, match="--data_dir is missing"):
        loop.Trainer(make_config(data_dir=""))


def test_bfloat16_trains_near_float32(trained, make_config, tmp_path):
    run_dir = str(tmp_path / "bfloat16")
    loop.train(make_config(precision="mixed_bfloat16", run_dir=run_dir))
    ours, exact = (
        [s["loss/discriminator"] for s in logged(d)]
        for d in (run_dir, trained.run_dir)
    )
    np.testing.assert_allclose(ours, exact, rtol=0.1)
    assert ours != exact


def test_moving_statistics_survive_a_resume(trained, make_config):
    trainer = loop.Trainer(make_config(train_steps=9))
    statistics = [
        weight
        for weight in trainer.algorithm.generator.non_trainable_variables
        if "moving_variance" in weight.path
    ]
    assert len(statistics) == 3
    # Six steps of momentum 0.99, two updates each, from a variance of 1.
    for weight in statistics:
        assert np.max(weight.numpy()) < 0.99**11
    fresh = Run(trained.run_dir).generator().network
    for ours, theirs in zip(
        trainer.algorithm.generator.weights, fresh.weights, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
