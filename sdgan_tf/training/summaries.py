"""Summaries of a run: TensorBoard, stats.jsonl, pictures, speed."""

import functools
import time

import numpy as np
import tensorflow as tf

from sdgan_tf.images import contact_sheet, write_png
from sdgan_tf.run_files import STATS, stats_line
from sdgan_tf.runs import Run

# Scalar: seconds that a step waited for its data.
WAITED = "time/data_seconds_per_step"


class Summaries:
    """Writes scalars and pictures of a run.

    Args:
        run: Where `tensorboard/`, `stats.jsonl` and `samples/` go.
    """

    def __init__(self, run: Run):
        self.run = run

    @functools.cached_property
    def writer(self) -> tf.summary.SummaryWriter:
        """Opened by what is written first."""
        tf.io.gfile.makedirs(self.run.path("samples"))
        return tf.summary.create_file_writer(self.run.path("tensorboard"))

    def text(self, name: str, text: str, step: int) -> None:
        """Writes `text` as a code block."""
        with self.writer.as_default():
            tf.summary.text(name, f"```\n{text}\n```", step=step)

    def scalars(self, values: dict[str, float], step: int) -> None:
        """Writes scalars to TensorBoard and as one JSON line."""
        with self.writer.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)
        with tf.io.gfile.GFile(self.run.path(STATS), "a") as file:
            file.write(stats_line(step, values))

    def sheet(
        self, name: str, images: np.ndarray, columns: int, step: int
    ) -> str:
        """Writes a contact sheet of uint8 images `[n, h, w, c]`.

        Returns:
            The path of its PNG file.
        """
        sheet = contact_sheet(images, columns)
        with self.writer.as_default():
            tf.summary.image(name, sheet[None], step=step)
        stem = name.replace("/", "_")
        path = self.run.path("samples", f"{stem}-{step:08d}.png")
        write_png(path, sheet)
        return path

    def flush(self) -> None:
        """Makes everything so far visible."""
        self.writer.flush()


class Meter:
    """Means of scalars and the speed since the last log."""

    def __init__(self):
        self._restart()

    def _restart(self) -> None:
        self.totals: dict[str, float] = {}
        self.steps, self.seconds = 0, 0.0
        self.started = time.monotonic()

    def add(self, values: dict[str, float], steps: int, seconds: float) -> None:
        """Takes the means over `steps` steps that took `seconds`.

        `values` hold `WAITED` among them.
        """
        for name, value in values.items():
            self.totals[name] = self.totals.get(name, 0.0) + value * steps
        self.steps += steps
        self.seconds += seconds

    def take(self, batch_size: int) -> dict[str, float]:
        """The means since the last call, with the speed.

        `time/overhead_share` is the part of the time that went into no step:
        waiting for data, scalars, pictures, checkpoints, evaluations.
        """
        elapsed = time.monotonic() - self.started
        scalars = {n: total / self.steps for n, total in self.totals.items()}
        scalars["time/pairs_per_second"] = batch_size * self.steps / elapsed
        scalars["time/seconds_per_step"] = self.seconds / self.steps
        scalars["time/data_share"] = (
            scalars[WAITED] / scalars["time/seconds_per_step"]
        )
        stepping = self.seconds - scalars[WAITED] * self.steps
        scalars["time/overhead_share"] = 1 - stepping / elapsed
        self._restart()
        return scalars
