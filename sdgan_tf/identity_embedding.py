"""Latent spaces whose identity codes are the rows of a table."""

import dataclasses

import keras
import tensorflow as tf

from sdgan_tf.config import Experiment
from sdgan_tf.latents import LatentSpace, uniform


@dataclasses.dataclass(frozen=True)
class IdentityEmbedding(LatentSpace):
    """A prior whose z_i is sampled from the rows of a table.

    Attributes:
        table: A Keras variable `[identities, d_i]`.
        closed: Whether only the rows are valid codes. A model with an encoder
            has codes of other identities too.

    Source: paper, section 4: AC-DCGAN embeds the training identities.
    """

    table: keras.Variable
    closed: bool

    samples_new_identities = False

    def grid_sides(self, side: int) -> tuple[int, int]:
        return min(side, self.num_identities), side

    @property
    def num_identities(self) -> int:
        """Identities in the table."""
        return self.table.shape[0]

    def rows(self, key, n: int) -> tf.Tensor:
        """Samples `n` rows uniformly, int64; they may repeat."""
        return tf.random.stateless_uniform(
            [n], key, 0, self.num_identities, tf.int64
        )

    def look_up(self, rows) -> tf.Tensor:
        """Looks up codes `[..., d_i]` by their rows, float32."""
        return tf.cast(tf.gather(self.table.value, rows), tf.float32)

    def observations(self, key, n: int, k: int) -> tf.Tensor:
        """Samples `k` codes z_o for each of `n` identities, `[n, k, d_o]`."""
        fold = tf.random.experimental.stateless_fold_in
        return uniform(fold(key, 1), [n, k, self.d_o])

    @staticmethod
    def observed(z_i, z_o) -> tf.Tensor:
        """Joins z_i `[n, d_i]` and z_o `[n, k, d_o]` to `[n, k, d_z]`."""
        k = z_o.shape[1]
        return tf.concat([tf.repeat(z_i[:, None], k, axis=1), z_o], axis=-1)

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        z_i = self.look_up(self.rows(key, n))
        return self.observed(z_i, self.observations(key, n, k))

    def pairs(self, key, n: int, matched: bool) -> tuple:
        first = self.rows(key, n)
        other = first
        if not matched:
            # One of the others, so that no pair is of one identity.
            fold = tf.random.experimental.stateless_fold_in
            steps = tf.random.stateless_uniform(
                [n], fold(key, 2), 1, self.num_identities, tf.int64
            )
            other = (first + steps) % self.num_identities
        rows = tf.stack([first, other], axis=1)
        z_o = self.observations(key, n, 2)
        return tf.concat([self.look_up(rows), z_o], axis=-1), rows

    def z_i(self, key, n) -> tf.Tensor:
        """Samples the codes of `n` identities, none of them twice.

        Raises:
            ValueError: If there are not so many; in a graph
                `InvalidArgumentError`.
        """
        self.check_number(n)
        enough = tf.debugging.assert_less_equal(
            tf.cast(n, tf.int64),
            tf.constant(self.num_identities, tf.int64),
            self.too_many,
        )
        with tf.control_dependencies([enough] if enough is not None else []):
            shuffled = tf.random.experimental.stateless_shuffle(
                tf.range(self.num_identities), key
            )
        return self.look_up(shuffled[:n])

    def check_subjects(self, z_i) -> None:
        if not self.closed:
            return
        table = self.look_up(tf.range(self.num_identities)).numpy()
        known = set(map(tuple, table.tolist()))
        new = [n for n, c in enumerate(z_i.tolist()) if tuple(c) not in known]
        if new:
            raise ValueError(
                f"{self.too_many} Received: z_i of others in the rows {new[:8]}"
            )

    @property
    def known(self) -> str:
        """States how many identities can be sampled."""
        return f"it knows {self.num_identities} and generates no others"

    @property
    def too_many(self) -> str:
        """States why no other identities can be sampled."""
        return f"This model samples training identities only: {self.known}."

    def check_number(self, n) -> None:
        """Raises ValueError if `n` is more than the rows of the table."""
        n = tf.get_static_value(n)
        if n is not None and n > self.num_identities:
            raise ValueError(f"{self.too_many} Received: {n} identities")


def identity_embedding(
    experiment: Experiment, generator: keras.Model
) -> IdentityEmbedding:
    """Makes the latent space of a generator that has `identities`."""
    return IdentityEmbedding(
        experiment.d_i,
        experiment.d_o,
        generator.identities,
        closed=generator.learned,
    )
