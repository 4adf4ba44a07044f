"""Samples of a generator during its training, and a watch for collapse."""

import logging

import numpy as np
import tensorflow as tf

from data_pipeline.tuples.source import TupleSource
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.training.summaries import Summaries

GRID_SIDE = 8
# A generator may need this long until its samples differ at all.
COLLAPSE_WATCH_STEPS = 1000
# Fraction of the rows, or columns, that look like another one.
MOST_ALIKE = 0.5
BACK = (
    "To go back, move the later checkpoints out of the run folder's "
    "`checkpoints`."
)
STEADIER = (
    "in a new run, for stability, `augment=diffaug`, `r1_weight=1`, "
    "`loss=wgan-gp`, a larger `batch_size`"
)
ADVICE = {
    "rows": f"z_i does nothing. What may help: a larger `d_i` with a smaller "
    f"`d_o`, more identities; {STEADIER}. {BACK}",
    "columns": "z_o does nothing. What may help: a larger `d_o`, more "
    f"photographs of each identity; {STEADIER}. {BACK}",
}


def count_alike(pictures: np.ndarray, limit: float) -> int:
    """Counts the pictures that look like another one of them.

    Args:
        pictures: `[n, ...]`.
        limit: They do if the root mean square of their difference is below
            that of two samples of this standard deviation.
    """
    flat = pictures.reshape(len(pictures), -1)
    alike = np.zeros(len(flat), bool)
    for n, picture in enumerate(flat[:-1]):
        distances = np.sqrt(np.mean((flat[n + 1 :] - picture) ** 2, axis=1))
        near = distances < limit * np.sqrt(2)
        alike[n + 1 :] |= near
        alike[n] |= near.any()
    return int(alike.sum())


class Samples:
    """Writes the same grid of codes through the run, and pairs.

    Args:
        algorithm: Whose generator is sampled.
        tuples: Real tuples, of which the first are shown beside the generated
            ones.
        seed: Seed of the codes.
        collapse_limit: Diversity of the grid below which it warns.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        tuples: TupleSource,
        seed: int,
        collapse_limit: float,
    ):
        self.algorithm = algorithm
        self.seed = seed
        # Read once: what a data set opens is open as long as the process.
        self.real = tuples.first(GRID_SIDE)
        self.k = self.real.shape[1]
        self.collapse_limit = collapse_limit
        self.was_diverse = False
        # Which of rows and columns once differed.
        self.differed: set[str] = set()
        self.collapsed = False

    def write(self, summaries: Summaries, step: int) -> str:
        """Writes the sheets of one step; warns of a collapse.

        `collapsed` says afterwards whether it warned.

        Returns:
            The path of the grid's PNG file.
        """
        self.algorithm.refresh()
        pixels, k = self.algorithm.pixels, self.k
        latents, seed = self.algorithm.sampled, self.seed
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
        alike = self.count_alike(grid.reshape(*sides, *grid.shape[1:]))
        if step:
            scalars = {"score/grid_diversity": diversity}
            for side, (count, _) in alike.items():
                scalars[f"score/{side}_alike"] = float(count)
            summaries.scalars(scalars, step)
        self.collapsed = self.watch(step, diversity) or self.watch_sides(
            step, alike
        )
        return path

    def _generate(self, z) -> np.ndarray:
        return self.algorithm.sampler(z, training=False).numpy()

    def count_alike(self, grid: np.ndarray) -> dict[str, tuple[int, int]]:
        """Counts rows and columns that look like others, and all of them.

        Args:
            grid: `[rows, columns, h, w, 3]`: a row shares z_i, a column z_o.
        """
        sides = {"rows": grid, "columns": grid.swapaxes(0, 1)}
        return {
            side: (count_alike(pictures, self._limit(side)), len(pictures))
            for side, pictures in sides.items()
        }

    def _limit(self, side: str) -> float:
        """Photographs of one identity may be nearly the same ones."""
        if side == "rows" or self.k < 2:
            return self.collapse_limit
        real = self.algorithm.pixels.to_float(self.real)
        return min(
            self.collapse_limit, float(np.mean(np.std(real, axis=1))) / 4
        )

    def watch(self, step: int, diversity: float) -> bool:
        """Warns if the grid's pictures are nearly the same.

        Args:
            step: Training steps so far.
            diversity: Standard deviation over the grid, of pixels in [-1, 1].

        Returns:
            Whether it warned.
        """
        if diversity >= self.collapse_limit:
            self.was_diverse = True
        elif self.was_diverse or step >= COLLAPSE_WATCH_STEPS:
            logging.warning(
                "COLLAPSE at step %d: the samples of the fixed grid are nearly "
                "the same picture (standard deviation %.4f over the grid, "
                "limit %.4f). What may help: %s. %s",
                step,
                diversity,
                self.collapse_limit,
                STEADIER,
                BACK,
            )
            return True
        return False

    def watch_sides(self, step: int, alike: dict[str, tuple[int, int]]) -> bool:
        """Warns if half of the rows, or of the columns, look like others.

        Args:
            step: Training steps so far.
            alike: See `count_alike`.

        Returns:
            Whether it warned.
        """
        warned = False
        for side, (count, total) in alike.items():
            if total < 2:
                continue
            if count < MOST_ALIKE * total:
                self.differed.add(side)
            elif side in self.differed or step >= COLLAPSE_WATCH_STEPS:
                warned = True
                logging.warning(
                    "COLLAPSE at step %d: %d of %d %s of the fixed grid look "
                    "like another one: %s",
                    step,
                    count,
                    total,
                    side,
                    ADVICE[side],
                )
        return warned
