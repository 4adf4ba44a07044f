"""Identities that a model knows one by one: their codes and their names."""

import csv
import dataclasses
import io
from collections.abc import Sequence

import keras
import tensorflow as tf

from sdgan_tf.config import Experiment
from sdgan_tf.latents import LatentSpace, uniform

HEADS = ["row", "identity"]


@dataclasses.dataclass(frozen=True)
class KnownIdentities(LatentSpace):
    """z_i is a row of a table: there are no subjects but those in it.

    Attributes:
        table: A Keras variable `[subjects, d_i]`.
        closed: Whether codes that are not in it are of nobody. An encoder
            gives codes to others.

    Source: paper, section 4: AC-DCGAN embeds the training identities.
    """

    table: object
    closed: bool

    draws_new_identities = False

    def grid_sides(self, side: int) -> tuple[int, int]:
        return min(side, self.num_identities), side

    @property
    def num_identities(self) -> int:
        """Subjects in the table."""
        return self.table.shape[0]

    def rows(self, key, n: int) -> tf.Tensor:
        """`n` subjects drawn uniformly, int64; they may repeat."""
        return tf.random.stateless_uniform(
            [n], key, 0, self.num_identities, tf.int64
        )

    def look_up(self, rows) -> tf.Tensor:
        """The codes `[..., d_i]` of subjects, float32."""
        return tf.cast(tf.gather(self.table.value, rows), tf.float32)

    def observations(self, key, n: int, k: int) -> tf.Tensor:
        """`k` codes z_o for each of `n` subjects, `[n, k, d_o]`."""
        fold = tf.random.experimental.stateless_fold_in
        return uniform(fold(key, 1), [n, k, self.d_o])

    @staticmethod
    def observed(z_i, z_o) -> tf.Tensor:
        """Codes `[n, k, d_z]` of subjects `[n, d_i]` seen in `[n, k, d_o]`."""
        k = z_o.shape[1]
        return tf.concat([tf.repeat(z_i[:, None], k, axis=1), z_o], axis=-1)

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        z_i = self.look_up(self.rows(key, n))
        return self.observed(z_i, self.observations(key, n, k))

    def pairs(self, key, n: int, matched: bool) -> tuple:
        first = self.rows(key, n)
        other = first
        if not matched:
            # One of the others, so that no pair is of one subject.
            fold = tf.random.experimental.stateless_fold_in
            steps = tf.random.stateless_uniform(
                [n], fold(key, 2), 1, self.num_identities, tf.int64
            )
            other = (first + steps) % self.num_identities
        rows = tf.stack([first, other], axis=1)
        z_o = self.observations(key, n, 2)
        return tf.concat([self.look_up(rows), z_o], axis=-1), rows

    def z_i(self, key, n) -> tf.Tensor:
        """Codes of `n` subjects, none of them twice.

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
        """How many subjects there are, for a person."""
        return f"it knows {self.num_identities} and imagines no others"

    @property
    def too_many(self) -> str:
        """What a request for more subjects is told."""
        return f"This model samples training identities only: {self.known}."

    def check_number(self, n) -> None:
        """Raises ValueError if more than the known subjects are asked for."""
        n = tf.get_static_value(n)
        if n is not None and n > self.num_identities:
            raise ValueError(f"{self.too_many} Received: {n} identities")


def known_identities(
    experiment: Experiment, generator: keras.Model
) -> KnownIdentities:
    """The latent space of an `IdentityGenerator`."""
    return KnownIdentities(
        experiment.d_i,
        experiment.d_o,
        generator.identities,
        closed=generator.learned,
    )


def to_csv(names: Sequence[str]) -> str:
    """The subjects' names by their rows of the table, as a CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(enumerate(names))
    return buffer.getvalue()


def rows_of(text: str | bytes, names: Sequence[str]) -> list[int]:
    """The rows of the table of named subjects.

    Args:
        text: What `to_csv` gave, or its UTF-8.
        names: Whom to look up.

    Raises:
        ValueError: If the text is damaged or a name is not there.
    """
    try:
        file = io.StringIO(tf.compat.as_text(text))
        _, *lines = csv.reader(file, strict=True)
        rows = {name: int(row) for row, name in lines}
        if sorted(rows.values()) != list(range(len(lines))):
            raise ValueError("a row is missing, or a row or name comes twice")
    except (csv.Error, ValueError) as error:
        raise ValueError(
            "`identities.csv` must hold the columns `row`, counted from 0, and "
            f"`identity`: it is damaged ({error}). Copy it again from the run "
            "folder that was trained."
        ) from error
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise ValueError(
            f"Of these the model knows nothing: {unknown}; it samples its "
            f"{len(rows)} training identities only, such as "
            f"{sorted(rows)[:3]}."
        )
    return [rows[name] for name in names]
