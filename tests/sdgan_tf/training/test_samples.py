"""The pictures of a run, and the watch for collapse."""

import logging
import os
import pathlib

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

from sdgan_tf.commands import error_messages
from sdgan_tf.runs import Run
from sdgan_tf.training import samples
from sdgan_tf.training.summaries import Summaries
from sdgan_tf.training.training_state import Collapsed


@pytest.fixture
def make_samples(make_trainer):
    """Makes the samples of a tiny run; keywords change its options."""

    def make(**changes):
        trainer = make_trainer(**changes)
        with trainer.set_up() as setup:
            return samples.Samples(
                setup.algorithm,
                setup.tuples,
                setup.experiment.seed,
                trainer.collapse_limit,
            )

    return make


def test_collapse_warns(make_samples, caplog):
    drawn = make_samples(collapse_limit=1e9)
    drawn.watch(samples.COLLAPSE_WATCH_STEPS - 1, 0.5)
    assert "COLLAPSE" not in caplog.text
    drawn.watch(samples.COLLAPSE_WATCH_STEPS, 0.5)
    assert "COLLAPSE at step 1000" in caplog.text


def test_collapse_of_a_once_diverse_generator_warns(make_samples, caplog):
    drawn = make_samples(collapse_limit=0.1)
    drawn.watch(2, 0.5)
    drawn.watch(4, 0.05)
    assert caplog.text.count("COLLAPSE") == 1


def test_diversity_is_that_of_the_grid(make_samples, tmp_path, caplog):
    drawn = make_samples()
    for v in drawn.algorithm.generator.trainable_variables:
        v.assign(v * 0.0)
    drawn.was_diverse = True
    with caplog.at_level(logging.WARNING):
        drawn.write(Summaries(Run(str(tmp_path / "run"))), 3)
    assert "standard deviation 0.0000" in caplog.text


def test_which_pictures_look_alike():
    pictures = np.array([0.0, 0.5, 0.51, 0.9, 0.91, 1.5])
    pictures = np.repeat(pictures[:, None], 12, axis=1).reshape(6, 2, 2, 3)
    assert samples.count_alike(pictures, 0.02) == 4
    # Two draws of a standard deviation are sqrt(2) of it apart.
    assert samples.count_alike(pictures, 0.0072) == 4
    assert samples.count_alike(pictures, 0.0070) == 0
    assert samples.count_alike(pictures, 1.0) == 6
    assert samples.count_alike(pictures[:1], 1.0) == 0


GRIDS = {
    "rows": "z_i does nothing",
    "columns": "z_o does nothing",
}


@pytest.mark.parametrize("side", GRIDS)
@pytest.mark.parametrize("equal", [3, 4, 8])
def test_rows_and_columns_that_are_alike_warn(
    make_samples, caplog, side, equal
):
    """The grid as a whole is diverse."""
    drawn = make_samples()
    rng = np.random.default_rng(0)
    grid = rng.uniform(-1, 1, [8, 8, 4, 4, 3])
    differing = drawn.count_alike(grid)
    assert differing == {"rows": (0, 8), "columns": (0, 8)}
    grid[:equal] = grid[:1] + rng.uniform(-0.01, 0.01, grid[:equal].shape)
    if side == "columns":
        grid = grid.swapaxes(0, 1)
    alike = drawn.count_alike(grid)
    assert alike == differing | {side: (equal, 8)}
    # Before it was seen to differ, only after a while.
    assert not drawn.watch_sides(3, alike)
    warns = equal >= 4
    assert drawn.watch_sides(samples.COLLAPSE_WATCH_STEPS, alike) == warns
    assert not drawn.watch_sides(3, differing)
    assert drawn.watch_sides(6, alike) == warns
    assert caplog.text.count("COLLAPSE") == 2 * warns
    if warns:
        assert f"at step 6: {equal} of 8 {side} of the fixed" in caplog.text
        assert GRIDS[side] in caplog.text and "What may help" in caplog.text
        assert "move the later checkpoints out" in caplog.text


def test_photographs_that_are_alike_are_no_collapse(make_samples):
    drawn = make_samples()
    assert drawn._limit("rows") == drawn._limit("columns") == 0.02
    drawn.real = np.repeat(drawn.real[:, :1], 2, axis=1)
    assert (drawn._limit("rows"), drawn._limit("columns")) == (0.02, 0)


def test_a_run_stops_where_it_collapses(make_trainer, caplog, monkeypatch):
    trainer = make_trainer(
        collapse_limit=1e9, stop_on_collapse=True, save_interval_steps=2
    )
    monkeypatch.setattr(samples, "COLLAPSE_WATCH_STEPS", 0)
    with pytest.raises(
        Collapsed, match="at step 0: .*: none was saved in"
    ) as e:
        trainer.train()
    assert "go further back" not in str(e.value)
    assert error_messages.is_users(Collapsed("x"))
    monkeypatch.setattr(samples, "COLLAPSE_WATCH_STEPS", 3)
    with pytest.raises(Collapsed, match="at step 3: .*: step 2 in .* back"):
        trainer.train()
    assert Run(trainer.run_dir).generator().step == 2
    assert "COLLAPSE" in caplog.text


def test_a_run_that_does_not_stop_goes_on(make_trainer, caplog, monkeypatch):
    monkeypatch.setattr(samples, "COLLAPSE_WATCH_STEPS", 3)
    trainer = make_trainer(collapse_limit=1e9, train_steps=3)
    assert trainer.train().is_finished
    assert "COLLAPSE at step 3" in caplog.text


@pytest.mark.skipif(
    not os.path.isdir("/proc/self/fd"), reason="No /proc lists open files."
)
def test_draws_leave_no_file_open(make_samples, tmp_path):
    """A run draws a thousand times, and may open a thousand files."""
    drawn, summaries = make_samples(), Summaries(Run(str(tmp_path / "run")))
    opened = []
    for step in range(3):
        drawn.write(summaries, step)
        opened.append(len(os.listdir("/proc/self/fd")))
    assert opened[1:] == opened[:-1]


@pytest.mark.parametrize("trained", ["sd_began"], indirect=True)
def test_views_show_the_sampled_pairs(trained, make_trainer):
    run = pathlib.Path(trained.run_dir)
    algorithm = make_trainer(train_steps=9).set_up().algorithm
    pixels = algorithm.pixels

    def pairs(name):
        sheet = Image.open(run / "samples" / f"samples_{name}-00000006.png")
        assert sheet.size == (2 * 32, 8 * 32)
        rows = np.asarray(sheet).reshape(8, 32, 2, 32, 3)
        return rows.transpose(0, 2, 1, 3, 4)

    shown = []
    for name in ("real", "fake"):
        shown.append(pairs(f"{name}_reconstruction").astype(int))
        expected = algorithm.d(pixels.to_float(pairs(name)))
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
