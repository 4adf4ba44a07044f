"""Where codes come from: tuples that share z_i, fixed grids.

All draws are stateless: the same seed gives the same numbers on any machine
and any number of replicas.
"""

import dataclasses
import enum

import tensorflow as tf


class Stream(enum.IntEnum):
    """Independent sources of random numbers within one training step."""

    D_LATENTS = 0
    G_LATENTS = 1
    INTERPOLATION = 2
    GRID = 3
    EVALUATION = 4


@dataclasses.dataclass(frozen=True)
class Keys:
    """Random keys of one step: a pure function of (seed, stream, step)."""

    seed: int
    step: tf.Tensor

    def key(self, stream: Stream, substep: int = 0) -> tf.Tensor:
        """A stateless seed `[2]` for `stream` at this step."""
        fold = tf.random.experimental.stateless_fold_in
        root = tf.constant([self.seed, int(stream)], tf.int64)
        return fold(fold(root, tf.cast(self.step, tf.int64)), substep)


def uniform(key, shape, low=-1.0, high=1.0) -> tf.Tensor:
    """Draws float32 numbers on [low, high) from a stateless `key`."""
    return tf.random.stateless_uniform(
        shape, key, minval=low, maxval=high, dtype=tf.float32
    )


@dataclasses.dataclass(frozen=True)
class LatentSpace:
    """The prior: z = [z_i; z_o], uniform on (-1, 1).

    Attributes:
        d_i: Size of the identity code z_i.
        d_o: Size of the observation code z_o.

    Source: paper, section 3 and the reference code.
    """

    d_i: int
    d_o: int

    @property
    def d_z(self) -> int:
        return self.d_i + self.d_o

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        """Codes of `n` tuples whose `k` images share z_i, `[n, k, d_z]`."""
        draw = uniform(key, [n, self.d_i + k * self.d_o])
        z_i = tf.repeat(draw[:, None, : self.d_i], k, axis=1)
        z_o = tf.reshape(draw[:, self.d_i :], [n, k, self.d_o])
        return tf.concat([z_i, z_o], axis=-1)

    def codes(self, seed: int, identities: int, observations: int):
        """Codes of `identities` subjects and `observations` observations.

        Returns:
            z_i `[identities, d_i]` and z_o `[observations, d_o]`.
        """
        keys = Keys(seed, tf.constant(0))
        return (
            uniform(keys.key(Stream.GRID, 0), [identities, self.d_i]),
            uniform(keys.key(Stream.GRID, 1), [observations, self.d_o]),
        )

    @staticmethod
    def grid(z_i, z_o) -> tf.Tensor:
        """All combinations, `[a * b, d_z]`: rows share z_i, columns z_o.

        Args:
            z_i: `[a, d_i]`.
            z_o: `[b, d_o]`.
        """
        a, b = tf.shape(z_i)[0], tf.shape(z_o)[0]
        return tf.concat(
            [tf.repeat(z_i, b, axis=0), tf.tile(z_o, [a, 1])], axis=-1
        )
