"""The state of a run: networks, optimizers, step, configuration."""

import math
import time

import keras
import tensorflow as tf

from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.checkpoints import step_of
from sdgan_tf.config import Experiment
from sdgan_tf.runs import Run


class Diverged(ArithmeticError):
    """Losses or weights are no longer finite."""


class Collapsed(ArithmeticError):
    """Samples hardly differ, and the training was to stop then."""


class TrainingState:
    """The algorithm and its step, saved and restored together.

    Args:
        algorithm: Built under the strategy's scope; the state is not.
        experiment: What is trained; checkpoints carry it.
        data_id: The data set's `build_id`, which checkpoints carry too.
        run: The run folder, which is restored.
        keep: How many of the latest checkpoints stay.
        keep_every_hours: Hours between checkpoints that are kept for good.
        output: Where this process writes; the run folder by default.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        experiment: Experiment,
        data_id: str,
        run: Run,
        keep: int,
        keep_every_hours: float,
        output: Run | None = None,
    ):
        self.algorithm = algorithm
        self.experiment = experiment
        self.run, self.output = run, output or run
        self.keep = keep
        self.keep_every_hours = keep_every_hours
        self.last_saved_step: int | None = None
        # Not the time of day, which may be set back.
        self._kept_at = time.monotonic()
        # No replica counts: the step is moved between their calls.
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.checkpoint = tf.train.Checkpoint(
            **algorithm.checkpointed(),
            step=self.step,
            experiment=tf.Variable(experiment.to_json(), dtype=tf.string),
            data_id=tf.Variable(data_id, dtype=tf.string),
        )

    @property
    def steps_done(self) -> int:
        """Training steps behind the state."""
        return int(self.step.numpy())

    @property
    def last_checkpoint(self) -> str:
        """The last checkpoint of the run folder, in words."""
        last = self.last_saved_step
        step = "none was saved" if last is None else f"step {last}"
        return f"{step} in {self.run.checkpoints}"

    def restore(self) -> str | None:
        """Takes up the latest readable checkpoint; None if there is none.

        Later ones, which could not be read, are set aside: otherwise they
        would count among those that are kept.
        """
        checkpoints = self.run.checkpoints
        before = checkpoints.paths()
        path = checkpoints.restore_latest(self.checkpoint)
        if path:
            self.last_saved_step = step_of(path)
            if self.output == self.run:
                for damaged in before[: before.index(path)]:
                    checkpoints.set_aside(damaged)
        return path

    def check_finite(self) -> None:
        """Checks all weights.

        Raises:
            Diverged: If one is not finite.
        """
        for network in self.algorithm.networks.values():
            for weight in network.weights:
                total = float(tf.reduce_sum(keras.ops.abs(weight.value)))
                if not math.isfinite(total):
                    raise Diverged(
                        f"the weight `{weight.path}` is not finite at step "
                        f"{self.steps_done}. The last good checkpoint: "
                        f"{self.last_checkpoint}."
                    )

    def save(self) -> str:
        """Writes a checkpoint and drops the oldest ones."""
        prefix = self._write(self.output)
        self.last_saved_step = self.steps_done
        checkpoints = self.output.checkpoints
        for path in checkpoints.paths()[self.keep :]:
            elapsed = time.monotonic() - self._kept_at
            if elapsed >= self.keep_every_hours * 3600:
                self._kept_at = time.monotonic()
                checkpoints.keep(path)
            else:
                checkpoints.remove(path)
        return prefix

    def write_only(self, run: Run) -> None:
        """Writes a checkpoint into another folder, where it replaces all."""
        written = self._write(run)
        for path in run.checkpoints.paths():
            if path != written:
                run.checkpoints.remove(path)

    def _write(self, run: Run) -> str:
        return run.checkpoints.write(self.checkpoint, self.steps_done)
