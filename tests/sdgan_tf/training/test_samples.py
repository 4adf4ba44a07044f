"""The pictures of a run, and the watch for collapse."""

import logging
import os
import pathlib

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

from sdgan_tf.training import loop, samples


def test_collapse_warns(make_config, caplog):
    trainer = loop.Trainer(make_config(collapse_limit=1e9))
    trainer.samples.watch(samples.COLLAPSE_WATCH_STEPS - 1, 0.5)
    assert "COLLAPSE" not in caplog.text
    trainer.samples.watch(samples.COLLAPSE_WATCH_STEPS, 0.5)
    assert "COLLAPSE at step 1000" in caplog.text


def test_collapse_of_a_once_diverse_generator_warns(make_config, caplog):
    trainer = loop.Trainer(make_config(collapse_limit=0.1))
    trainer.samples.watch(2, 0.5)
    trainer.samples.watch(4, 0.05)
    assert caplog.text.count("COLLAPSE") == 1


def test_diversity_is_that_of_the_grid(make_config, caplog):
    trainer = loop.Trainer(make_config())
    for v in trainer.algorithm.generator.trainable_variables:
        v.assign(v * 0.0)
    trainer.samples.was_diverse = True
    trainer.run.write_experiment(trainer.experiment)
    trainer.summaries = loop.Summaries(trainer.run)
    with caplog.at_level(logging.WARNING):
        trainer.samples.draw(trainer.summaries, 3)
    assert "standard deviation 0.0000" in caplog.text


@pytest.mark.skipif(
    not os.path.isdir("/proc/self/fd"), reason="No /proc lists open files."
)
def test_draws_leave_no_file_open(make_config):
    """A run draws a thousand times, and may open a thousand files."""
    trainer = loop.Trainer(make_config())
    trainer.summaries = loop.Summaries(trainer.run)
    opened = []
    for step in range(3):
        trainer.samples.draw(trainer.summaries, step)
        opened.append(len(os.listdir("/proc/self/fd")))
    assert opened[1:] == opened[:-1]


@pytest.mark.parametrize("trained", ["sd_began"], indirect=True)
def test_views_show_the_sampled_pairs(trained, make_config):
    run = pathlib.Path(trained.run_dir)
    trainer = loop.Trainer(make_config(train_steps=9))
    pixels = trainer.algorithm.pixels

    def pairs(name):
        sheet = Image.open(run / "samples" / f"samples_{name}-00000006.png")
        assert sheet.size == (2 * 32, 8 * 32)
        rows = np.asarray(sheet).reshape(8, 32, 2, 32, 3)
        return rows.transpose(0, 2, 1, 3, 4)

    shown = []
    for name in ("real", "fake"):
        shown.append(pairs(f"{name}_reconstruction").astype(int))
        expected = trainer.algorithm.d(pixels.to_float(pairs(name)))
        # The generated pairs come back from a file, rounded.
        np.testing.assert_allclose(
            shown[-1], pixels.to_uint8(expected).astype(int), atol=1
        )
        assert np.ptp(shown[-1]) > 8
    assert np.abs(shown[0] - shown[1]).max() > 8
    events = event_accumulator.EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    assert {
        "samples/real",
        "samples/fake",
        "samples/real_reconstruction",
        "samples/fake_reconstruction",
        "began/k_t",
        "began/convergence",
    } <= set(events.Tags()["tensors"])
