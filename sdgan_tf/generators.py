"""Trained generators: sampling, interpolation and estimation of codes."""

import dataclasses
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from sdgan_tf.codes import check_codes, real_numbers
from sdgan_tf.images import contact_sheet, labelled_sheet, write_png
from sdgan_tf.latents import LatentSpace
from sdgan_tf.photograph_files import find_photographs, read_photographs
from sdgan_tf.pixels import PixelMapping
from sdgan_tf.projector import Embedding, Projector


@dataclasses.dataclass(frozen=True)
class Estimate:
    """The estimated codes of photographs.

    Attributes:
        z_i: float32 `[n, d_i]`.
        z_o: float32 `[n, d_o]`.
        images: The pictures that these codes give, uint8 `[n, h, w, 3]`.
        distance: Their mean absolute differences from the photographs in grey
            levels, `[n]`.
    """

    z_i: np.ndarray
    z_o: np.ndarray
    images: np.ndarray
    distance: np.ndarray


@dataclasses.dataclass(frozen=True)
class Generator:
    """A trained generator with its latent space; `sdgan_tf.load` returns one.

    Images are uint8 RGB, and codes are float32 in [-1, 1]: z_i `[n, d_i]`
    determines who or what is seen, and z_o `[n, d_o]` how.

    Example:

        generator = sdgan_tf.load("pretrained/portraits_sd_dcgan")
        images = generator.sample(identities=6, observations=8, seed=3)
        generator.save_grid("grid.png", images)

    Attributes:
        network: Maps codes `[n, d_z]` to images `[n, h, w, 3]` in [-1, 1].
        latents: The prior of the codes.
        pixels: The mapping between the network's range and uint8.
        step: Number of training steps.
    """

    network: keras.Model
    latents: LatentSpace
    pixels: PixelMapping
    step: int

    def __call__(
        self, z: np.ndarray | tf.Tensor, batch_size: int = 64
    ) -> tf.Tensor:
        """Generates images `[n, h, w, 3]` in [-1, 1] from codes `[n, d_z]`.

        Args:
            z: The codes.
            batch_size: Number of images in one forward pass.
        """
        parts = [
            self.network(z[start : start + batch_size], training=False)
            for start in range(0, len(z), batch_size)
        ]
        return tf.concat(parts, axis=0)

    def pictures(self, z: ArrayLike) -> np.ndarray:
        """Generates uint8 images `[n, h, w, 3]` from codes `[n, d_z]`."""
        return self.pixels.to_uint8(self(z))

    @property
    def image_size(self) -> int:
        """Side of the images in pixels."""
        return self.network.image_size

    def codes(
        self, identities: int, observations: int, seed: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Samples codes; the same seed gives the same codes.

        Returns:
            z_i `[identities, d_i]` and z_o `[observations, d_o]`.

        Raises:
            ValueError: If the model has fewer identities.
        """
        z_i, z_o = self.latents.codes(seed, identities, observations)
        return z_i.numpy(), z_o.numpy()

    def sample(
        self,
        identities: int = 8,
        observations: int = 8,
        seed: int = 0,
        truncate: float = 1.0,
    ) -> np.ndarray:
        """Samples a grid of several identities in the same observations.

        `main.py --mode=sample` generates the same pictures for the same seed.

        Args:
            identities: Rows of the grid.
            observations: Columns of the grid.
            seed: Seed of the codes.
            truncate: Factor for the codes, in (0, 1]; less gives less variety.

        Returns:
            uint8 `[identities, observations, h, w, 3]`.

        Raises:
            ValueError: If the model has fewer identities, or cannot be
                truncated.
        """
        z_i, z_o = self.codes(identities, observations, seed)
        z = self.latents.truncate(self.latents.grid(z_i, z_o), truncate)
        return self._grid(z, identities, observations)

    def generate(self, z_i: ArrayLike, z_o: ArrayLike) -> np.ndarray:
        """Generates one image for each pair of codes.

        Args:
            z_i: Identity codes `[n, d_i]`.
            z_o: Observation codes `[n, d_o]`.

        Returns:
            uint8 `[n, h, w, 3]`.

        Raises:
            ValueError: If the codes are not finite numbers of these shapes, or
                the model generates only its training identities and a z_i
                is not one of theirs.
        """
        return self.pictures(self._paired(z_i, z_o))

    def interpolate(
        self, z_i: ArrayLike, z_o: ArrayLike, rows: int = 8, columns: int = 8
    ) -> np.ndarray:
        """Generates a grid between two pairs of codes.

        z_i changes linearly from the first row to the last, and z_o from the
        first column to the last.

        Args:
            z_i: Two identity codes, `[2, d_i]`.
            z_o: Two observation codes, `[2, d_o]`.
            rows: Steps along z_i.
            columns: Steps along z_o.

        Returns:
            uint8 `[rows, columns, h, w, 3]`.

        Raises:
            ValueError: If there are not two pairs of codes; see `generate`.

        Source: paper, appendix: z_i and z_o are interpolated separately.
        """
        z = self._paired(z_i, z_o)
        if len(z) != 2:
            raise ValueError(
                "`z_i` and `z_o` must hold two codes each. "
                f"Received: {len(z)} codes"
            )
        between = self.latents.between(z[0], z[1], rows, columns)
        return self._grid(between, rows, columns)

    def read_photographs(self, images: str, crop: str = "center") -> np.ndarray:
        """Reads photographs in the size of the generator's images.

        Args:
            images: A photograph, a folder of photographs, or a glob.
            crop: "center", "none", "pad", "face" or "left,top,right,bottom".

        Returns:
            uint8 `[n, h, w, 3]`, in the order of their sorted paths.

        Raises:
            FileNotFoundError: If there are none.
            ValueError: If one cannot be used.
        """
        return read_photographs(find_photographs(images), self.image_size, crop)

    def estimate(
        self,
        photographs: np.ndarray,
        shared_identity: bool = False,
        restarts: int = 4,
        steps: int = 200,
        seed: int = 0,
        verifier: Embedding | None = None,
        perceptual_weight: float = 0.0,
    ) -> Estimate:
        """Estimates the codes of photographs by gradient descent on the codes.

        Args:
            photographs: uint8 `[n, h, w, 3]`; see `read_photographs`.
            shared_identity: Whether all photographs show one subject, and so
                get one z_i.
            restarts: Number of descents for each subject; the best one counts.
            steps: Steps of each descent.
            seed: Seed of the random codes.
            verifier: An embedding whose distance is minimised too, if any; see
                `evaluation.verifiers.open_verifier`.
            perceptual_weight: Weight of the embedding: the grey levels that a
                squared distance of 1 counts.

        Raises:
            ValueError: If the photographs have another shape, or the model
                generates only its training identities.
        """
        photographs = np.asarray(photographs)
        shape = (self.image_size, self.image_size, 3)
        if photographs.dtype != np.uint8 or photographs.shape[1:] != shape:
            raise ValueError(
                f"`photographs` must be uint8 {['n', *shape]}. Received: "
                f"{photographs.dtype} {list(photographs.shape)}"
            )
        n = len(photographs)
        subjects = (1, n) if shared_identity else (n, 1)
        z, images, distance = Projector(
            self, restarts, steps, seed, verifier, perceptual_weight
        ).project(photographs.reshape(*subjects, *shape))
        z_i, z_o = self.latents.split(z.reshape(n, -1))
        return Estimate(
            z_i, z_o, images.reshape(n, *shape), distance.reshape(n)
        )

    @staticmethod
    def save_grid(
        path: str,
        images: np.ndarray,
        row_labels: Sequence[str] = (),
        column_labels: Sequence[str] = (),
    ) -> None:
        """Writes a grid of images as one PNG file.

        Args:
            path: The file, on any file system that TensorFlow knows.
            images: uint8 `[rows, columns, h, w, 3]`.
            row_labels: Text beside the rows, if any. With labels, small
                pictures are enlarged.
            column_labels: Text above the columns, if any.

        Raises:
            ValueError: If the images have another shape.
        """
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.ndim != 5:
            raise ValueError(
                "`images` must be uint8 [rows, columns, h, w, 3]. Received: "
                f"{images.dtype} {list(images.shape)}"
            )
        rows, columns, *shape = images.shape
        flat = images.reshape(-1, *shape)
        if row_labels or column_labels:
            sheet = labelled_sheet(
                flat,
                row_labels or [""] * rows,
                column_labels or [""] * columns,
            )
        else:
            sheet = contact_sheet(flat, columns)
        write_png(path, sheet)

    def _paired(self, z_i: ArrayLike, z_o: ArrayLike) -> np.ndarray:
        """Checks pairs of codes and joins them to `[n, d_z]`."""
        z_i, z_o = real_numbers("z_i", z_i), real_numbers("z_o", z_o)
        check_codes(self.latents, z_i, z_o)
        return np.concatenate([z_i, z_o], axis=1)

    def _grid(self, z: ArrayLike, rows: int, columns: int) -> np.ndarray:
        images = self.pictures(z)
        return images.reshape(rows, columns, *images.shape[1:])
