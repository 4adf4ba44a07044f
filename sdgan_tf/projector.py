"""Projection of photographs: a search for the codes of the nearest images."""

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
import tensorflow as tf

from sdgan_tf.latents import Keys, LatentSpace, Stream
from sdgan_tf.progress import Progress

if TYPE_CHECKING:
    from sdgan_tf.generators import Generator

# Random codes for the regressions between codes and pixels, and their ridge
# in parts of the mean diagonal.
SAMPLES, RIDGE = 256, 0.3
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 0.05, 0.9, 0.99, 1e-8
# Images in one forward pass, and steps in one compiled call.
IMAGES_PER_CALL, STEPS_PER_CALL = 32, 10


class Embedding(Protocol):
    """An embedding of pictures, such as a verifier's."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Embeds uint8 `[n, h, w, 3]` as float32 `[n, size]`."""

    def embed_pixels(self, pixels) -> tf.Tensor:
        """Embeds float32 pixels in [0, 255], with gradients."""


class _Blind:
    """An embedding in which all pictures are one: no term in the loss."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return np.zeros([len(images), 0], np.float32)

    def embed_pixels(self, pixels) -> tf.Tensor:
        return tf.zeros([tf.shape(pixels)[0], 0])


class Projector:
    """Estimates the codes of images by gradient descent on them.

    A subject has one z_i, and a z_o for each of its photographs. The codes
    stay in the prior's box: Adam's step is cut there, and its rate falls to 0
    along half a cosine. The pictures of `SAMPLES` random codes tell, by linear
    regressions, where the descents start, and along which directions of the
    codes pictures change alike: Adam's coordinates.

    Pictures are near that differ by few grey levels, in the mean of their
    absolute differences, and, where there is a verifier, that lie near each
    other in its embedding.

    Source: paper, appendix, which starts at one random code and compares
    pixels only.

    Args:
        generator: The generator whose codes are searched.
        restarts: Descents for each subject; the best one counts.
        steps: Steps of a descent.
        seed: Seed of the random codes.
        verifier: An embedding that counts beside pixels, if any.
        perceptual_weight: Grey levels that a squared distance of 1 in the
            embedding counts.
    """

    def __init__(
        self,
        generator: "Generator",
        restarts: int,
        steps: int,
        seed: int = 0,
        verifier: Embedding | None = None,
        perceptual_weight: float = 0.0,
    ):
        if not 1 <= restarts <= SAMPLES:
            raise ValueError(
                f"`restarts` must be in [1, {SAMPLES}]. "
                f"Received: restarts={restarts}"
            )
        self.generator = generator
        self.restarts = restarts
        self.steps = steps
        self.verifier = verifier or _Blind()
        self.perceptual_weight = perceptual_weight
        self.key = Keys(seed, tf.constant(0)).key(Stream.PROJECTION)

    def project(self, photographs: np.ndarray, progress=Progress) -> tuple:
        """Finds the codes nearest to photographs.

        Args:
            photographs: uint8 `[subjects, k, h, w, 3]`.
            progress: Makes the display of the steps done, as `Progress` does.

        Raises:
            ValueError: If the generator has its training identities only.

        Returns:
            Codes `[subjects, k, d_z]`, their pictures, uint8 like the
            photographs, and the mean absolute differences in grey levels
            `[subjects, k]`.
        """
        subjects, k = photographs.shape[:2]
        latents = self.generator.latents
        check_prior(latents)
        target = self.generator.pixels.to_float(photographs)
        embedded = self._embed(photographs)
        starts, axes = self._prepare(target)
        # Descents do not know of one another, so that any number at once will
        # do. All of them as rows `[subjects * restarts, ...]`.
        rows = max(1, IMAGES_PER_CALL // k)
        found, done = [], 0
        calls = math.ceil(len(starts) / rows)
        shown = progress("step", calls * self.steps)
        for row in range(0, len(starts), rows):
            of_subject = np.arange(row, min(row + rows, len(starts)))
            codes = starts[row : row + rows]
            state = (codes, tf.zeros_like(codes), tf.zeros_like(codes))
            wanted = [
                tf.gather(of_subjects, of_subject // self.restarts)
                for of_subjects in (target, embedded)
            ]
            for step in range(0, self.steps, STEPS_PER_CALL):
                n = min(STEPS_PER_CALL, self.steps - step)
                state, loss = self._descend(
                    state, *wanted, axes, tf.constant(step), tf.constant(n)
                )
                done += n
                shown.logged(done, {"distance": float(loss)})
            found.append(state[0])
        z = latents.unfold(tf.concat(found, axis=0), k)
        images = self.generator.pixels.to_uint8(
            self.generator(tf.reshape(z, [-1, latents.d_z]))
        ).reshape(subjects, self.restarts, *photographs.shape[1:])
        distance = np.abs(images.astype("float32") - photographs[:, None]).mean(
            axis=(-3, -2, -1)
        )
        apart = np.square(self._embed(images) - embedded[:, None]).sum(axis=-1)
        loss = distance + self.perceptual_weight * apart
        best = loss.mean(axis=-1).argmin(axis=1)
        z = z.numpy().reshape(subjects, self.restarts, k, latents.d_z)
        each = np.arange(subjects)
        return z[each, best], images[each, best], distance[each, best]

    def _embed(self, images: np.ndarray) -> np.ndarray:
        """Embeddings `[..., size]` of uint8 pictures `[..., h, w, 3]`."""
        flat = self.verifier(images.reshape(-1, *images.shape[-3:]))
        return flat.reshape(*images.shape[:-3], flat.shape[-1])

    def _prepare(self, target) -> tuple:
        """Fits the starts and the coordinates to random codes.

        Args:
            target: `[subjects, k, h, w, 3]`, in the generator's range.

        Returns:
            Where the descents start, `[subjects * restarts, d_i + k * d_o]`,
            and Adam's coordinates, `[d_i + k * d_o, d_i + k * d_o]`. The first
            descent of a subject starts at the regression's estimate; the
            others at that and what it misses of one of the random codes, which
            is how far it may be wrong.
        """
        subjects, k = target.shape[:2]
        latents = self.generator.latents
        codes = latents.tuples(self.key, SAMPLES, 1)[:, 0]
        pixels = self.generator(codes, IMAGES_PER_CALL)
        pixels = tf.reshape(pixels, [SAMPLES, -1])
        mean = tf.reduce_mean(pixels, axis=0)
        pixels -= mean

        # There are more pixels than codes: the regression's dual form.
        inner = tf.matmul(pixels, pixels, transpose_b=True)
        weights = tf.linalg.solve(_ridged(inner), codes)
        missed = codes - tf.matmul(inner, weights)
        estimate = tf.matmul(
            tf.reshape(target, [subjects * k, -1]) - mean,
            tf.matmul(pixels, weights, transpose_a=True),
        )
        estimate = tf.reshape(estimate, [subjects, 1, k, latents.d_z])
        others = missed[: self.restarts - 1, None]
        z_i, z_o = latents.split(
            estimate + tf.pad(others, [[1, 0], [0, 0], [0, 0]])
        )
        starts = tf.concat(
            [
                # The mean over the photographs, which share it.
                tf.reshape(tf.reduce_mean(z_i, axis=2), [-1, latents.d_i]),
                tf.reshape(z_o, [-1, k * latents.d_o]),
            ],
            axis=1,
        )

        # How much pixels change with a code, and so with a tuple's.
        pixels_by_code = tf.linalg.lstsq(codes, pixels, l2_regularizer=1.0)
        change = tf.matmul(pixels_by_code, pixels_by_code, transpose_b=True)
        unit = latents.unfold(tf.eye(starts.shape[1]), k)
        inverse = tf.linalg.inv(
            _ridged(tf.einsum("akz,zy,bky->ab", unit, change, unit))
        )
        size = tf.sqrt(tf.reduce_mean(tf.linalg.diag_part(inverse)))
        return (
            tf.clip_by_value(starts, -1.0, 1.0),
            tf.linalg.cholesky(inverse) / size,
        )

    @tf.function(reduce_retracing=True)
    def _descend(self, state, target, embedded, axes, first, n):
        """`n` steps of Adam on tuples' codes, in one loop.

        Args:
            state: Codes `[rows, d_i + k * d_o]` and Adam's two moments.
            target: `[rows, k, h, w, 3]`, in the generator's range.
            embedded: The target's embeddings, `[rows, k, size]`.
            axes: Adam's coordinates, as columns.
            first: Steps done.
            n: Steps to do.

        Returns:
            The state and the mean distance, in grey levels, before its last
            step.
        """
        codes, mean, square = state
        shape = tf.shape(target)
        pixels = self.generator.pixels
        black, white = (pixels.to_float(level) for level in (0, 255))
        loss = tf.constant(0.0)
        for step in tf.range(first, first + n):
            done = tf.cast(step, tf.float32)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(codes)
                z = self.generator.latents.unfold(codes, shape[1])
                images = self.generator.network(
                    tf.reshape(z, [-1, self.generator.latents.d_z]),
                    training=False,
                )
                difference = tf.reshape(images, shape) - target
                # What is beyond black or white is cut from a picture.
                cut = ((target <= black) & (difference < 0.0)) | (
                    (target >= white) & (difference > 0.0)
                )
                difference = tf.where(cut, 0.0, difference)
                each = tf.reduce_mean(tf.abs(difference), axis=(1, 2, 3, 4))
                embeddings = tf.reshape(
                    self.verifier.embed_pixels(pixels.to_levels(images)),
                    tf.shape(embedded),
                )
                apart = tf.reduce_sum(tf.square(embeddings - embedded), axis=-1)
                term = self.perceptual_weight * tf.reduce_mean(apart, axis=-1)
                # A sum: each row's gradient is its own.
                total = tf.reduce_sum(each + pixels.scale * term)
            gradient = tf.matmul(tape.gradient(total, codes), axes)
            mean += (1.0 - BETA_1) * (gradient - mean)
            square += (1.0 - BETA_2) * (tf.square(gradient) - square)
            rate = LEARNING_RATE * (
                0.5 + 0.5 * tf.cos(math.pi * done / self.steps)
            )
            move = (mean / (1.0 - BETA_1 ** (done + 1.0))) / (
                tf.sqrt(square / (1.0 - BETA_2 ** (done + 1.0))) + EPSILON
            )
            codes -= rate * tf.matmul(move, axes, transpose_b=True)
            codes = tf.clip_by_value(codes, -1.0, 1.0)
            loss = tf.reduce_mean(each) / pixels.scale
        return (codes, mean, square), loss


def check_prior(latents: LatentSpace) -> None:
    """Raises ValueError if there are no codes of new subjects to look for."""
    if not latents.samples_new_identities:
        raise ValueError(
            "This model generates only its training identities, so other "
            "photographs have no codes. If it has an encoder, pass "
            "photographs to the command `sample`."
        )


def _ridged(matrix) -> tf.Tensor:
    """A square matrix with the ridge on its diagonal."""
    ridge = RIDGE * tf.reduce_mean(tf.linalg.diag_part(matrix))
    return matrix + ridge * tf.eye(tf.shape(matrix)[0])
