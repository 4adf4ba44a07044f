"""Where codes come from: tuples that share z_i, grids, lines between codes.

All random numbers are stateless: the same seed gives the same ones on any
machine and any number of replicas.
"""

import dataclasses
import enum

import tensorflow as tf


class Stream(enum.IntEnum):
    """Independent sources of random numbers within one training step.

    A number is never used for another stream: results would change.
    """

    D_LATENTS = 0
    G_LATENTS = 1
    INTERPOLATION = 2
    GRID = 3
    PROJECTION = 4
    EVALUATION = 5
    AUGMENTATION = 6
    STATISTICS = 8
    DATA_SET = 9


@dataclasses.dataclass(frozen=True)
class Keys:
    """Random keys of one step: a pure function of (seed, stream, step)."""

    seed: int | tf.Tensor
    step: tf.Tensor

    def key(self, stream: Stream, substep: int = 0) -> tf.Tensor:
        """A stateless seed `[2]` for `stream` at this step."""
        fold = tf.random.experimental.stateless_fold_in
        seed = tf.convert_to_tensor(self.seed, tf.int64)
        root = tf.stack([seed, tf.constant(int(stream), tf.int64)])
        return fold(fold(root, tf.cast(self.step, tf.int64)), substep)


def uniform(key, shape, low=-1.0, high=1.0) -> tf.Tensor:
    """Samples float32 numbers on [low, high) from a stateless `key`."""
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

    # Whether z_i can be sampled of subjects that nobody has seen.
    samples_new_identities = True
    # Whether codes of one direction and several lengths give several pictures.
    lengths_matter = True

    @property
    def parts(self) -> dict[str, slice]:
        """The parts of z_i by name: a tuple may share each by itself."""
        return {"identity": slice(0, self.d_i)}

    def grid_sides(self, side: int) -> tuple[int, int]:
        """Rows and columns of a square grid, or of what there is of one."""
        return side, side

    @property
    def d_z(self) -> int:
        return self.d_i + self.d_o

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        """Codes of `n` tuples whose `k` images share z_i, `[n, k, d_z]`."""
        return self.unfold(uniform(key, [n, self.d_i + k * self.d_o]), k)

    def unfold(self, codes, k: int) -> tf.Tensor:
        """Tuples' codes `[n, d_i + k * d_o]` to their images' `[n, k, d_z]`."""
        z_i = tf.repeat(codes[:, None, : self.d_i], k, axis=1)
        z_o = tf.reshape(codes[:, self.d_i :], [-1, k, self.d_o])
        return tf.concat([z_i, z_o], axis=-1)

    def check_subjects(self, z_i) -> None:
        """Raises ValueError if codes `[n, d_i]` are of subjects unknown here.

        The prior knows all.
        """

    def pairs(self, key, n: int, matched: bool) -> tuple:
        """Codes of `n` pairs of pictures, and whose they are.

        Args:
            key: A stateless seed.
            n: Pairs.
            matched: Whether the two of a pair share z_i.

        Returns:
            Codes `[n, 2, d_z]`, z_o always sampled afresh, and int64 subjects
            `[n, 2]`, or None where no subject comes twice.
        """
        if matched:
            return self.tuples(key, n, 2), None
        return tf.reshape(self.tuples(key, 2 * n, 1), [n, 2, self.d_z]), None

    def z_i(self, key, n) -> tf.Tensor:
        """Codes of `n` different subjects, `[n, d_i]`."""
        return uniform(key, [n, self.d_i])

    def z_o(self, key, n) -> tf.Tensor:
        """Codes of `n` observations, `[n, d_o]`."""
        return uniform(key, [n, self.d_o])

    def codes(self, seed, identities, observations):
        """Codes of `identities` subjects and `observations` observations.

        Args:
            seed: A number, or a scalar int64 in a graph.
            identities: A number, or a scalar int32.
            observations: Likewise.

        Returns:
            z_i `[identities, d_i]` and z_o `[observations, d_o]`.
        """
        keys = Keys(seed, tf.constant(0))
        return (
            self.z_i(keys.key(Stream.GRID, 0), identities),
            self.z_o(keys.key(Stream.GRID, 1), observations),
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

    def grid_of(self, part: str, seed: int, rows: int, columns: int):
        """All combinations of one part of z_i with what is left of z.

        Args:
            part: One of `parts`, the same along each row.
            seed: Of the codes.
            rows: Codes of that part.
            columns: Codes of all the rest, the same along each column.

        Returns:
            `[rows * columns, d_z]`.

        Raises:
            ValueError: If z_i has no such part.
        """
        if part not in self.parts:
            raise ValueError(
                f"`part` must be one of {list(self.parts)}. Received: {part!r}"
            )
        return self.grid(*self.codes(seed, rows, columns))

    def split(self, z) -> tuple:
        """Codes `[..., d_z]` to their z_i and z_o."""
        return z[..., : self.d_i], z[..., self.d_i :]

    def between(self, first, second, rows: int, columns: int) -> tf.Tensor:
        """A grid between two codes `[d_z]`, `[rows * columns, d_z]`.

        z_i goes in a straight line from the first row to the last, z_o from
        the first column to the last.

        Source: paper, appendix: z_i and z_o are interpolated separately.
        """
        (a_i, a_o), (b_i, b_o) = self.split(first), self.split(second)
        return self.grid(
            tf.linspace(a_i, b_i, rows), tf.linspace(a_o, b_o, columns)
        )

    def round_trip(self, first, second, frames: int) -> tf.Tensor:
        """Codes around the border of `between`, `[4 * frames, d_z]`.

        From `first`, z_i changes to `second`'s, then z_o does, then z_i goes
        back, then z_o: the last code is followed by the first one.
        """
        (a_i, a_o), (b_i, b_o) = self.split(first), self.split(second)
        corners = [
            tf.concat(parts, axis=0)
            for parts in ((a_i, a_o), (b_i, a_o), (b_i, b_o), (a_i, b_o))
        ]
        ways = zip(corners, corners[1:] + corners[:1], strict=True)
        return tf.concat(
            [tf.linspace(a, b, frames + 1)[:-1] for a, b in ways], axis=0
        )

    def truncate(self, z, factor: float) -> tf.Tensor:
        """Codes pulled to the centre, into the box (-factor, factor).

        Raises:
            ValueError: If `factor` is not in (0, 1], or is below 1 where
                lengths do not matter.
        """
        if not 0 < factor <= 1:
            raise ValueError(
                "`truncate` must be above 0 and at most 1. "
                f"Received: truncate={factor}"
            )
        if factor < 1 and not self.lengths_matter:
            raise ValueError(
                "`truncate` changes nothing here: this model divides its codes "
                "by their length. Leave it out. "
                f"Received: truncate={factor}"
            )
        return z * factor


@dataclasses.dataclass(frozen=True)
class Directions(LatentSpace):
    """The same prior, for a generator that divides codes by their length."""

    lengths_matter = False
