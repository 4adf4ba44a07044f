"""Measures the time, memory and disk space of a training in a few steps."""

import dataclasses
import os
import tempfile
import time

import tensorflow as tf

from sdgan_tf.allocator import peak_memory_gb
from sdgan_tf.config import Experiment
from sdgan_tf.progress import Progress, duration
from sdgan_tf.runs import Run
from sdgan_tf.training.actions import advice_for_a_night
from sdgan_tf.training.outlook import describe, describe_data
from sdgan_tf.training.setup import SetUp, build
from sdgan_tf.training.steps import Steps
from sdgan_tf.training.strategy import make_workers
from sdgan_tf.training.trainer import Trainer

MEASURED_STEPS = 3


def dry_run(trainer: Trainer) -> str:
    """Describes a training, and measures it if it has a data set.

    The run folder is read if training has been there, and never written.

    Raises:
        ValueError: If the options do not fit.
        FileNotFoundError: If a folder that is named does not exist.
    """
    if not trainer.data_dir:
        workers = make_workers(trainer.strategy, trainer.logical_cpus)
        return describe(*build(trainer.resolve()[1], workers))
    run, experiment = trainer.resolve()
    del run
    with tempfile.TemporaryDirectory() as folder:
        elsewhere = dataclasses.replace(
            trainer,
            experiment=experiment,
            named=[field.name for field in dataclasses.fields(Experiment)],
            run_dir=os.path.join(folder, "run"),
        )
        with elsewhere.set_up() as setup:
            return "\n".join(
                [
                    describe(setup.experiment, setup.algorithm),
                    *_measure(elsewhere, setup),
                ]
            )


def _measure(trainer: Trainer, setup: SetUp) -> list[str]:
    """Trains a few steps and reports their time, memory and disk space."""
    held = trainer.cache_gb * 1e9, trainer.device_gb * 1e9
    progress = Progress("step", MEASURED_STEPS + 1)
    with progress.watched():
        steps = Steps(
            setup.workers.strategy,
            setup.algorithm,
            setup.tuples,
            setup.state,
            setup.experiment.batch_size,
            setup.experiment.seed,
            *held,
            trainer.jit_compile,
        )
        # The first one compiles the others.
        steps(1)
        progress.moved(1)
        started = time.monotonic()
        steps(MEASURED_STEPS)
        seconds = (time.monotonic() - started) / MEASURED_STEPS
    total = seconds * trainer.train_steps
    lines = [
        f"data: {describe_data(setup.tuples, *held)}",
        f"time: {seconds:.3g} s a step, {duration(total)} for "
        f"{trainer.train_steps:,} steps, without samples and evaluations",
        f"peak memory: {_peak_memory()}",
        f"disk: {_disk(trainer, setup, total / 3600)}",
    ]
    if not tf.config.list_physical_devices("GPU"):
        lines += filter(None, [advice_for_a_night(seconds, total)])
    return lines


def _peak_memory() -> str:
    parts = [f"{peak_memory_gb():.2f} GB"]
    for gpu in tf.config.list_logical_devices("GPU"):
        peak = tf.config.experimental.get_memory_info(gpu.name)["peak"]
        parts.append(f"{peak / 1e9:.2f} GB on {gpu.name}")
    return ", ".join(parts)


def _disk(trainer: Trainer, setup: SetUp, hours: float) -> str:
    """Describes the disk space of all checkpoints, permanent ones included."""
    run = Run(setup.state.output.path("measured"))
    setup.state.write_only(run)
    folder = run.checkpoints.folder
    each = sum(
        os.path.getsize(os.path.join(folder, name))
        for name in os.listdir(folder)
    )
    count = trainer.keep_checkpoints + int(hours / trainer.keep_every_hours)
    return (
        f"{count * each / 1e9:.2f} GB for {count} checkpoints of "
        f"{each / 1e6:,.1f} MB, without sample grids"
    )
