"""The functions of an exported generator, by the names of its signatures."""

import contextlib

import numpy as np
import tensorflow as tf

from sdgan_tf.algorithms.registry import algorithm_class, build_algorithm
from sdgan_tf.algorithms.served_functions import Signature
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run, load_networks

# The most images of one request: 2 GB of feature maps at 64x64 and dim 64.
MAX_IMAGES = 4096


def limited(rows, columns=1) -> contextlib.AbstractContextManager:
    """Makes a context that fails above `MAX_IMAGES` images."""
    count = tf.cast(rows, tf.int64) * tf.cast(columns, tf.int64)
    limit = tf.debugging.assert_less_equal(
        count,
        tf.constant(MAX_IMAGES, tf.int64),
        f"One request may ask for {MAX_IMAGES} images at most.",
    )
    return tf.control_dependencies([limit])


def finite(*codes) -> contextlib.AbstractContextManager:
    """Makes a context that fails for codes that are not finite."""
    checks = [
        tf.debugging.Assert(
            tf.reduce_all(tf.math.is_finite(z)),
            ["Codes must be finite numbers."],
        )
        for z in codes
    ]
    return tf.control_dependencies(checks)


class ServedGenerator:
    """The functions of an export, in TensorFlow operations only.

    Args:
        generator: What is exported.
    """

    def __init__(self, generator: Generator):
        self.network = generator.network
        self.latents = generator.latents
        self.pixels = generator.pixels

    def generate(self, z) -> tf.Tensor:
        """Images `[n, h, w, c]` of codes `[n, d_z]`, clipped to [-1, 1]."""
        return tf.clip_by_value(self.network(z, training=False), -1.0, 1.0)

    def images(self, z_i, z_o) -> dict[str, tf.Tensor]:
        """Codes `[n, d_i]`, `[n, d_o]` to `images` `[n, h, w, c]`."""
        with limited(tf.shape(z_i)[0]), finite(z_i, z_o):
            z = tf.concat([z_i, z_o], axis=1)
        return {"images": self.generate(z)}

    def png(self, z_i, z_o) -> dict[str, tf.Tensor]:
        """Codes to PNG files `[n]`.

        TensorFlow Serving's REST writes an output as base64 only if its name
        ends in `_bytes`.
        """
        pixels = self.pixels.to_pixels(self.images(z_i, z_o)["images"])
        return {"image_bytes": tf.io.encode_png(pixels)}

    def grid(self, z_i, z_o) -> dict[str, tf.Tensor]:
        """Each of `a` z_i with each of `b` z_o: `images` `[a, b, h, w, c]`."""
        a, b = tf.shape(z_i)[0], tf.shape(z_o)[0]
        with limited(a, b), finite(z_i, z_o):
            z = self.latents.grid(z_i, z_o)
        images = self.generate(z)
        return {"images": tf.reshape(images, [a, b, *images.shape[1:]])}

    def sample(
        self, seed, num_identities, num_observations
    ) -> dict[str, tf.Tensor]:
        """The grid of `--mode=sample` by the same seed, with its codes."""
        with limited(num_identities, num_observations):
            z_i, z_o = self.latents.codes(
                seed, num_identities, num_observations
            )
        return {**self.grid(z_i, z_o), "z_i": z_i, "z_o": z_o}

    def interpolate(self, z_i, z_o, steps) -> dict[str, tf.Tensor]:
        """Straight lines between two codes, `[steps, steps, h, w, c]`.

        z_i changes from row to row and z_o from column to column.

        Source: paper, appendix: z_i and z_o are interpolated separately.
        """
        with limited(steps, steps), finite(z_i, z_o):
            first, second = tf.unstack(tf.concat([z_i, z_o], axis=1))
            z = self.latents.between(first, second, steps, steps)
        images = self.generate(z)
        return {"images": tf.reshape(images, [steps, steps, *images.shape[1:]])}

    def signatures(self) -> dict[str, Signature]:
        """All of the above by their names in the SavedModel."""

        def codes(n):
            return (
                tf.TensorSpec([n, self.latents.d_i], tf.float32, "z_i"),
                tf.TensorSpec([n, self.latents.d_o], tf.float32, "z_o"),
            )

        def count(name):
            return tf.TensorSpec([], tf.int32, name)

        return {
            "serving_default": Signature(self.images, codes(None), True),
            "png": Signature(self.png, codes(None), True),
            "grid": Signature(self.grid, codes(None)),
            "sample": Signature(
                self.sample,
                (
                    tf.TensorSpec([], tf.int64, "seed"),
                    count("num_identities"),
                    count("num_observations"),
                ),
            ),
            "interpolate": Signature(
                self.interpolate, (*codes(2), count("steps"))
            ),
        }


def run_signatures(run: Run, generator: Generator) -> dict:
    """Collects the signatures of a run's generator and its other networks.

    Args:
        run: The run folder.
        generator: Its generator.

    Returns:
        `Signature`s by name.
    """
    experiment = run.experiment()
    signatures = {
        **ServedGenerator(generator).signatures(),
        **algorithm_class(experiment).generator_signatures(
            generator.network, generator.latents
        ),
    }
    if run.has_checkpoint():
        algorithm = build_algorithm(experiment)
        load_networks(run, algorithm.networks)
        signatures |= algorithm.signatures()
    return signatures


def example(signature: Signature) -> dict[str, np.ndarray]:
    """Makes the smallest inputs by name: zeros, one row; counts are 2."""
    return {
        spec.name: np.full(
            [size or 1 for size in spec.shape],
            0 if spec.shape.rank else 2,
            spec.dtype.as_numpy_dtype,
        )
        for spec in signature.inputs
    }
