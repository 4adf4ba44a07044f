"""The discriminators of SD-GAN on projected features.

Source: Sauer, Chitta, Müller, Geiger 2021, arXiv 2111.01007: random projections
of a frozen network's features, a discriminator on each scale. The heads that
score tuples are ours.
"""

import keras

from sdgan_tf.models.layers import check_dim
from sdgan_tf.models.projected_layers import (
    FeatureMixing,
    NormalizedConv2D,
    TupleHead,
    UnitConv2D,
)

TOWER_WIDTH = 6  # In multiples of `dim`.
CELL = 4  # Pixels, a side, that a place of the images' own scale holds.


class ScaleDiscriminator(keras.layers.Layer):
    """Scores images and tuples by the features of one scale.

    A Siamese tower sees each image. One head says of each place of an image
    whether it is of a photograph, the other of a tuple whether its images are
    of one subject.

    Args:
        side: Side of the features.
        halvings: Stride-2 convolutions of the tower.
        width: Channels of the tower's last maps.
        k: Images in a tuple.
        kinds: Kinds of tuples, each with a head of its own; tuple t is of kind
            t % kinds.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy.
        tuples_by_batch: See `TupleHead`'s `by_batch`.
        spreads: Whether the heads of tuples also see, place by place, how far
            the images of a tuple lie apart; see `spread`.
        unmatched: Whether there are heads for mismatched tuples, too.
    """

    def __init__(
        self,
        side: int,
        halvings: int,
        width: int,
        k: int = 2,
        kinds: int = 1,
        synchronized: bool = False,
        dtype=None,
        tuples_by_batch: bool = True,
        spreads: bool = False,
        unmatched: bool = False,
    ):
        super().__init__(dtype=dtype)
        self.k, self.spreads = k, spreads
        if halvings:
            self.tower = [
                NormalizedConv2D(width // 2**left, 4, 2, synchronized, dtype)
                for left in reversed(range(halvings))
            ]
        else:
            self.tower = [NormalizedConv2D(width, 3, 1, synchronized, dtype)]
        side = side // 2**halvings
        self.single = UnitConv2D(min(4, side), dtype)
        self.heads, unmatched_heads = (
            [
                TupleHead(side, width, synchronized, dtype, tuples_by_batch)
                for _ in range(count)
            ]
            for count in (kinds, kinds * unmatched)
        )
        if unmatched:
            self.unmatched_heads = unmatched_heads

    def call(self, maps, num_batches=1, mismatch=False):
        """Scores `num_batches` equal batches that lie one after another.

        Args:
            maps: `[num_batches * b * k, s, s, c]`.
            num_batches: Batches in `maps`, each with its own statistics.
            mismatch: Whether the heads of tuples score, as one more batch, the
                mismatched tuples of the first batch: their last image is
                changed for that of another tuple of their kind, their
                neighbour.

        Returns:
            Logits of places `[num_batches * b * k, p, p]`, those of tuples
            `[num_batches (+ 1), b / kinds, kinds]`, and those of the mismatched
            tuples of each batch by the heads for these, `[num_batches,
            b / kinds, kinds]`, or None without such heads; float32.
        """
        ops = keras.ops
        for layer in self.tower:
            maps = layer(maps, num_batches=num_batches)
        places = ops.cast(self.single(maps)[..., 0], "float32")
        _, h, w, c = maps.shape
        images = ops.unstack(
            ops.reshape(maps, (-1, self.k, h, w, c)), self.k, axis=1
        )
        batches = [ops.split(image, num_batches) for image in images]
        tuples, unmatched = [self._collect(images)], None
        if mismatch and not self.unmatched:
            tuples.append(self._mismatched([batch[:1] for batch in batches]))
        if self.unmatched:
            mismatched = self._mismatched(batches)
            unmatched = self._score(
                self.unmatched_heads, mismatched, num_batches
            )
            if mismatch:
                tuples.append(ops.split(mismatched, num_batches)[0])
        scored = ops.concatenate(tuples)
        return (
            places,
            self._score(self.heads, scored, num_batches + mismatch),
            unmatched,
        )

    @property
    def unmatched(self) -> bool:
        """Whether there are heads for mismatched tuples."""
        return hasattr(self, "unmatched_heads")

    def _score(self, heads: list, tuples, num_batches: int):
        """Logits `[num_batches, b / kinds, kinds]` by a head of each kind."""
        logits = [
            keras.ops.reshape(
                head(x, num_batches=num_batches), (num_batches, -1)
            )
            for head, x in zip(heads, self._by_kind(tuples), strict=True)
        ]
        return keras.ops.stack(logits, axis=2)

    def _mismatched(self, batches: list):
        """The collected maps of the mismatched tuples of some batches.

        Args:
            batches: For each image of a tuple, its maps batch by batch.
        """
        *images, last = batches
        changed = [self._of_neighbours(maps) for maps in last]
        ops = keras.ops
        return self._collect([ops.concatenate(x) for x in (*images, changed)])

    def _collect(self, images: list):
        """The maps of a tuple's images, one after another along channels."""
        if self.spreads:
            images = [*images, spread(images)]
        return keras.ops.concatenate(images, axis=-1)

    def _by_kind(self, rows) -> list:
        """Rows `[n, ...]`, whose kinds take turns, kind by kind."""
        kinds = len(self.heads)
        if kinds == 1:
            return [rows]
        rows = keras.ops.reshape(rows, (-1, kinds, *rows.shape[1:]))
        return keras.ops.unstack(rows, kinds, axis=1)

    def _of_neighbours(self, rows):
        """Each row's neighbour of its kind in its place."""
        of_kinds = [neighbours(x) for x in self._by_kind(rows)]
        stacked = keras.ops.stack(of_kinds, axis=1)
        return keras.ops.reshape(stacked, (-1, *rows.shape[1:]))


def spread(images: list):
    """The variance of maps over a tuple, place by place and channel by channel.

    Of a pair it is half of the squared difference. A convolution of maps that
    lie side by side has to learn to compare them; this compares them.

    Args:
        images: The k maps `[n, s, s, c]` of each tuple's images, k >= 2.

    Returns:
        The unbiased variance `[n, s, s, c]`.
    """
    mean = sum(images) / len(images)
    squares = [keras.ops.square(image - mean) for image in images]
    return sum(squares) / (len(images) - 1)


def neighbours(rows):
    """Rows `[n, ...]` changed for their neighbours, 0 for 1 and so on.

    Of an odd number the last one is changed for the first. Cutting the rows
    into parts of even numbers changes nothing.
    """
    n = rows.shape[0]
    places = [place ^ 1 if place ^ 1 < n else 0 for place in range(n)]
    return keras.ops.take(rows, places, axis=0)


def different_neighbours(rows, kinds: int = 1):
    """Where neighbours of one kind are of different subjects.

    Args:
        rows: The subject of each tuple, integers `[n]`; tuple t is of kind
            t % kinds.
        kinds: How many there are.

    Returns:
        1.0 or 0.0, float32 `[n / kinds, kinds]`.
    """
    rows = keras.ops.reshape(rows, (-1, kinds))
    return keras.ops.cast(rows != neighbours(rows), "float32")


class ProjectedDiscriminator(keras.Model):
    """Scores images and tuples by features of four scales.

    Args:
        side: Side of the picture that the features are of, a multiple of 32.
        dim: Towers are six times as wide.
        k: Images in a tuple.
        kinds: Kinds of tuples; tuple t is of kind t % kinds.
        seed: Of the fixed random mixing.
        pixels: Side of the images themselves, a multiple of 16, where they
            are one more scale; 0: they are not.
        tuples_by_batch: See `TupleHead`'s `by_batch`.
        spreads: See `ScaleDiscriminator`.
        unmatched: See `ScaleDiscriminator`.
        synchronized: See `GroupedBatchNormalization`.
        dtype: Keras' dtype policy of all layers.
    """

    def __init__(
        self,
        side: int = 96,
        dim: int = 32,
        k: int = 2,
        kinds: int = 1,
        seed: int = 0,
        pixels: int = 0,
        tuples_by_batch: bool = True,
        spreads: bool = False,
        unmatched: bool = False,
        synchronized: bool = False,
        dtype=None,
        name: str = "discriminator",
    ):
        super().__init__(dtype=dtype, name=name)
        check_dim(dim)
        self.side, self.dim, self.seed = side, dim, seed
        self.pixels, self.tuples_by_batch = pixels, tuples_by_batch
        self.spreads, self.unmatched = spreads, unmatched
        self.k, self.kinds = k, kinds
        self.synchronized = synchronized
        self.mixing = FeatureMixing(seed, dtype)
        scales = [(side // 4, 2), (side // 8, 1), (side // 16, 0)]
        scales.append((side // 32, 0))
        if pixels:
            scales.append((pixels // CELL, 1))
        self.scales = [
            ScaleDiscriminator(
                of_maps,
                halvings,
                TOWER_WIDTH * dim,
                k,
                kinds,
                synchronized,
                dtype,
                tuples_by_batch,
                spreads,
                unmatched,
            )
            for of_maps, halvings in scales
        ]

    def call(self, maps, num_batches=1, mismatch=False):
        """Scores features; see `ScaleDiscriminator.call`.

        Args:
            maps: Mixed features of four scales, the finest first; then, with
                `pixels`, the images `[n, pixels, pixels, 3]`.

        Returns:
            For each scale the logits of places, of tuples and, if there are
            heads for them, of mismatched tuples.
        """
        if self.pixels:
            *maps, images = maps
            cells = keras.ops.cast(images, self.compute_dtype)
            maps.append(keras.ops.space_to_depth(cells, CELL))
        return [
            scale(x, num_batches=num_batches, mismatch=mismatch)
            for scale, x in zip(self.scales, maps, strict=True)
        ]

    def get_config(self):
        return {
            "side": self.side,
            "dim": self.dim,
            "k": self.k,
            "kinds": self.kinds,
            "seed": self.seed,
            "pixels": self.pixels,
            "tuples_by_batch": self.tuples_by_batch,
            "spreads": self.spreads,
            "unmatched": self.unmatched,
            "synchronized": self.synchronized,
            "dtype": self.dtype_policy.name,
            "name": self.name,
        }
