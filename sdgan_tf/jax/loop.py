"""Takes the steps of a training and writes its run folder."""

import pathlib
import time
from collections.abc import Callable

import numpy as np

from sdgan_tf.jax.system import System
from sdgan_tf.run_files import (
    CARD,
    STATS,
    WEIGHTS,
    card_text,
    save_weights,
    stats_line,
)


def train(
    system: System,
    steps: Callable,
    folder: pathlib.Path,
    train_steps: int,
    log_interval_steps: int,
    save_interval_steps: int,
) -> None:
    """Trains a system from its first step.

    Args:
        system: What is trained.
        steps: Those of `compile_steps`.
        folder: Gets the scalars and the generator.
        train_steps: Steps to take.
        log_interval_steps: Steps between scalars.
        save_interval_steps: Steps between two times that the generator is
            written; it is after the last step too.

    Raises:
        FloatingPointError: If a scalar is no longer finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = system.state()
    done, started, written = 0, time.perf_counter(), 0
    with open(folder / STATS, "a") as stats:
        while done < train_steps:
            count = min(log_interval_steps, train_steps - done)
            state, values = steps(state, done, count)
            done += count
            scalars = {name: float(value) for name, value in values.items()}
            scalars["seconds"] = time.perf_counter() - started
            stats.write(stats_line(done, scalars))
            stats.flush()
            if not np.isfinite(list(scalars.values())).all():
                raise FloatingPointError(
                    f"A scalar is not finite at step {done}: {scalars}"
                )
            if done - written >= save_interval_steps or done == train_steps:
                write_generator(system, state, folder, done)
                written = done


def write_generator(
    system: System, state: dict, folder: pathlib.Path, step: int
) -> None:
    """Writes the generator as `sdgan_tf.runs.Run` does."""
    save_weights(system.generator(state), folder / WEIGHTS)
    text = card_text(system.experiment, step, "float32")
    (folder / CARD).write_text(text)
