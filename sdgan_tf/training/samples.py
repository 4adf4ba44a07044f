"""What a generator draws during its training, and a watch for collapse."""

import logging

import numpy as np
import tensorflow as tf

from data_pipeline.pairs import IdentityTuples
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.training.summaries import Summaries

GRID_SIDE = 8
# A generator may need this long until its samples differ at all.
COLLAPSE_WATCH_STEPS = 1000


class Samples:
    """Draws the same grid of codes through the run, and pairs.

    Args:
        algorithm: Whose generator draws.
        experiment: What is trained.
        tuples: Real tuples, of which the first are shown beside the generated
            ones.
        collapse_limit: Diversity of the grid below which it warns.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        experiment: Experiment,
        tuples: IdentityTuples,
        collapse_limit: float,
    ):
        self.algorithm = algorithm
        self.experiment = experiment
        # Read once: what a data set opens is open as long as the process.
        self.real = tuples.first(GRID_SIDE)
        self.collapse_limit = collapse_limit
        self.was_diverse = False

    def draw(self, summaries: Summaries, step: int) -> str:
        """Writes the sheets of one step; warns of a collapse.

        Returns:
            The path of the grid's PNG file.
        """
        self.algorithm.refresh()
        pixels, k = self.algorithm.pixels, self.experiment.k
        latents, seed = self.algorithm.sampled, self.experiment.seed
        sides = latents.grid_sides(GRID_SIDE)
        grid = self._generate(latents.grid(*latents.codes(seed, *sides)))
        path = summaries.sheet(
            "samples/grid", pixels.to_uint8(grid), GRID_SIDE, step
        )
        if len(latents.parts) > 1:
            for part in latents.parts:
                shared = self._generate(latents.grid_of(part, seed, *sides))
                summaries.sheet(
                    f"samples/grid_{part}",
                    pixels.to_uint8(shared),
                    GRID_SIDE,
                    step,
                )
        key = Keys(seed, tf.constant(step)).key(Stream.GRID)
        z = latents.tuples(key, GRID_SIDE, k)
        fake = self._generate(tf.reshape(z, [-1, z.shape[-1]]))
        real = pixels.to_float(self.real)
        fake = tf.reshape(fake, real.shape)
        sheets = {"samples/real": real, "samples/fake": fake}
        # Out of the replicas, as `_generate`: the first one's weights are read.
        sheets |= self.algorithm.views(real, fake)
        for name, tuples in sheets.items():
            shown = pixels.to_uint8(tuples).reshape(-1, *tuples.shape[2:])
            summaries.sheet(name, shown, k, step)
        diversity = float(np.mean(np.std(grid, axis=0)))
        if step:
            summaries.scalars({"score/grid_diversity": diversity}, step)
        self.watch(step, diversity)
        return path

    def _generate(self, z) -> np.ndarray:
        return self.algorithm.sampler(z, training=False).numpy()

    def watch(self, step: int, diversity: float) -> None:
        """Warns if the grid's pictures are nearly the same.

        Args:
            step: Training steps so far.
            diversity: Standard deviation over the grid, of pixels in [-1, 1].
        """
        if diversity >= self.collapse_limit:
            self.was_diverse = True
        elif self.was_diverse or step >= COLLAPSE_WATCH_STEPS:
            logging.warning(
                "COLLAPSE at step %d: the samples of the fixed grid are nearly "
                "the same picture (standard deviation %.4f over the grid, "
                "limit %.4f). To go back, move the later checkpoints out of "
                "the run folder's `checkpoints`.",
                step,
                diversity,
                self.collapse_limit,
            )
