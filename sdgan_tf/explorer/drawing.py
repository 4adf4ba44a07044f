"""Pictures of the page's state; those that are known are not drawn again."""

import dataclasses
import io
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import tensorflow as tf
from PIL import Image

from sdgan_tf.explorer.state import Cell, Draw, GridState
from sdgan_tf.generators import Generator
from sdgan_tf.images import contact_sheet
from sdgan_tf.latents import Keys, Stream

# Pictures in one call of the generator. One size, so that a picture has the
# same pixels whichever others are drawn with it, and small: a product takes six
# rows at a time on a processor with AVX2, and sums the others in another order.
BATCH = 4
IDENTITY, OBSERVATION = WAYS = ("identity", "observation")


@dataclasses.dataclass(frozen=True, eq=False)
class Subject:
    """The estimated codes of a subject's k photographs; equal to itself only.

    Attributes:
        z_i: float32 `[d_i]`.
        z_o: float32 `[k, d_o]`.
        images: The reconstructions, uint8 `[k, h, w, 3]`.
        distance: Mean absolute differences in grey levels, `[k]`.
    """

    z_i: np.ndarray
    z_o: np.ndarray
    images: np.ndarray
    distance: np.ndarray


class Artist:
    """Draws codes, in batches of one size by one compiled function.

    It holds nothing of what it drew, so that all users may share it.

    Args:
        generator: Whose pictures are wanted.
    """

    def __init__(self, generator: Generator):
        self.latents = generator.latents
        network, pixels = generator.network, generator.pixels
        shape = tf.TensorSpec([BATCH, self.latents.d_z], tf.float32)

        @tf.function(input_signature=[shape])
        def draw(z):
            return pixels.to_pixels(network(z, training=False))

        self._draw = draw

    def pictures(self, z) -> np.ndarray:
        """uint8 pictures `[n, h, w, 3]` of codes `[n, d_z]`."""
        z = np.asarray(z, "float32")
        padded = np.pad(z, [(0, -len(z) % BATCH), (0, 0)])
        drawn = [
            self._draw(padded[start : start + BATCH]).numpy()
            for start in range(0, len(padded), BATCH)
        ]
        return np.concatenate(drawn)[: len(z)]

    def z_i(self, draws: Iterable[Draw]) -> np.ndarray:
        """The identity codes of draws, `[n, d_i]`."""
        return _codes(draws, 0, self.latents.z_i)

    def z_o(self, draws: Iterable[Draw]) -> np.ndarray:
        """The observation codes of draws, `[n, d_o]`."""
        return _codes(draws, 1, self.latents.z_o)

    def z(self, cells: Iterable[Cell]) -> np.ndarray:
        """The codes of cells, `[n, d_z]`."""
        return np.concatenate(
            [
                self.z_i(cell.identity for cell in cells),
                self.z_o(cell.observation for cell in cells),
            ],
            axis=1,
        )

    def cells(
        self, cells: Iterable[Cell], known: Mapping[Cell, bytes]
    ) -> dict[Cell, bytes]:
        """PNG files of cells, of which those that are known are not drawn.

        Args:
            cells: What is wanted.
            known: What was drawn before.

        Returns:
            The wanted cells' files and no others.
        """
        wanted = list(dict.fromkeys(cells))
        missing = [cell for cell in wanted if cell not in known]
        new = {}
        if missing:
            images = self.pictures(self.z(missing))
            new = dict(zip(missing, map(to_png, images), strict=True))
        return {cell: new.get(cell) or known[cell] for cell in wanted}

    def grid(self, state: GridState) -> np.ndarray:
        """The grid as one picture, uint8 `[rows * h, columns * w, 3]`."""
        images = self.pictures(self.z(state.cells()))
        return contact_sheet(images, len(state.columns.draws))

    def matrix(
        self, first: Cell, second: Cell, rows: int, columns: int
    ) -> np.ndarray:
        """The pictures between two cells, `[rows * columns, h, w, 3]`.

        See `LatentSpace.between`.
        """
        a, b = self.z([first, second])
        return self.pictures(self.latents.between(a, b, rows, columns))

    def walk(
        self, first: Cell, second: Cell, way: str, frames: int
    ) -> np.ndarray:
        """The way from one cell towards another along one of their codes.

        Args:
            first: Where it starts, and whose other code stays.
            second: Whose code it ends at.
            way: "identity" or "observation".
            frames: How many pictures, both ends included.

        Returns:
            uint8 `[frames, h, w, 3]`.

        Raises:
            ValueError: If there is no such way.
        """
        if way not in WAYS:
            raise ValueError(f"`way` must be one of {WAYS}. Received: {way!r}")
        a, b = self.z([first, second])
        rows, columns = (frames, 1) if way == IDENTITY else (1, frames)
        return self.pictures(self.latents.between(a, b, rows, columns))

    def under_observations(
        self, subject: Subject, draws: Iterable[Draw]
    ) -> np.ndarray:
        """A subject under observations, uint8 `[n, h, w, 3]`."""
        return self.pictures(
            self.latents.grid(subject.z_i[None], self.z_o(draws))
        )


def _codes(
    draws: Iterable[Draw], side: int, prior: Callable[..., tf.Tensor]
) -> np.ndarray:
    """The codes `[n, size]` of draws; side 0 is z_i, 1 is z_o."""
    draws = list(draws)
    # The cells of a grid share theirs.
    codes = {draw: _code(draw, side, prior) for draw in set(draws)}
    return np.stack([codes[draw] for draw in draws])


def _code(draw: Draw, side: int, prior: Callable[..., tf.Tensor]) -> np.ndarray:
    # Of the prior's stream of this page: a place is a step, a number a substep.
    keys = Keys(draw.seed, tf.constant(draw.place))
    key = keys.key(Stream.EXPLORER, 2 * draw.number + side)
    return prior(key, 1)[0].numpy()


def to_png(image: np.ndarray) -> bytes:
    """One uint8 picture `[h, w, 3]` as PNG, in little time."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def there_and_back(frames: np.ndarray) -> np.ndarray:
    """Frames `[n, ...]` of a way as an endless one, `[2 * n - 2, ...]`."""
    return np.concatenate([frames, frames[-2:0:-1]])
