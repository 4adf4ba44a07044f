"""`--mode=project`: the codes of photographs that the generator never saw."""

import math
import os
import sys

import keras
import numpy as np
import tensorflow as tf

from data_pipeline import pictures
from sdgan_tf.config import Config
from sdgan_tf.images import contact_sheet, write_png
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.runs import TrainedGenerator
from sdgan_tf.sampling import output_folder, trained_generator, write_arrays

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
# Random codes for the regressions between codes and pixels, and their ridge
# in parts of the mean diagonal.
DRAWS, RIDGE = 256, 0.3
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 0.05, 0.9, 0.99, 1e-8
# Images in one forward pass, and steps in one compiled call.
IMAGES_PER_CALL, STEPS_PER_CALL = 32, 10


def find_photographs(images: str) -> list[str]:
    """Paths of a photograph, of a folder's, or of those of a glob, sorted.

    Raises:
        FileNotFoundError: If there are none.
    """
    gfile = tf.io.gfile
    if gfile.isdir(images):
        found = [
            os.path.join(images, name)
            for name in gfile.listdir(images)
            if name.lower().endswith(SUFFIXES)
        ]
    else:
        found = [images] if gfile.exists(images) else gfile.glob(images)
    if not found:
        raise FileNotFoundError(
            f"No photographs: `images` must be a file, a folder with {SUFFIXES}"
            f" files, or a glob. Received: images={images!r}"
        )
    return sorted(found)


def read_photographs(
    paths: list[str], image_size: int, crop: str
) -> np.ndarray:
    """Photographs as `data_pipeline.build_records` prepares them.

    Args:
        paths: Pictures of any size and of any format that Pillow reads.
        image_size: Side of the result in pixels.
        crop: See `pictures.parse_crop`.

    Returns:
        uint8 `[n, image_size, image_size, 3]`.

    Raises:
        ValueError: If a file is no usable picture, or for a bad crop.
    """
    pictures.parse_crop(crop)
    read = []
    for path in paths:
        with tf.io.gfile.GFile(path, "rb") as file:
            data = file.read()
        try:
            picture = pictures.decode(data)
        except pictures.BadPicture as error:
            raise ValueError(
                f"A photograph cannot be used: {error}. Received: {path!r}"
            ) from error
        read.append(np.asarray(pictures.square(picture, crop, image_size)))
    return np.stack(read)


def _ridged(matrix) -> tf.Tensor:
    """A square matrix with the ridge on its diagonal."""
    ridge = RIDGE * tf.reduce_mean(tf.linalg.diag_part(matrix))
    return matrix + ridge * tf.eye(tf.shape(matrix)[0])


class _Progress:
    """A bar on a terminal, plain lines otherwise."""

    def __init__(self, steps: int):
        self.done, self.steps = 0, steps
        self.bar = None
        if sys.stdout.isatty():
            self.bar = keras.utils.Progbar(
                steps, unit_name="step", stateful_metrics=["distance"]
            )

    def moved(self, steps: int, distance: float) -> None:
        """Shows `steps` more, and the distance in grey levels."""
        self.done += steps
        if self.bar:
            self.bar.update(self.done, values=[("distance", distance)])
        else:
            print(
                f"step {self.done}/{self.steps} distance={distance:.2f}",
                flush=True,
            )


class Projector:
    """Estimates the codes of images by gradient descent on them.

    A subject has one z_i, and a z_o for each of its photographs. The codes
    stay in the prior's box: Adam's step is cut there, and its rate falls to 0
    along half a cosine. The pictures of `DRAWS` random codes tell, by linear
    regressions, where the descents start, and along which directions of the
    codes pictures change alike: Adam's coordinates.

    Source: paper, appendix, which starts at one random code.

    Args:
        generator: Whose codes are wanted.
        restarts: Descents for each subject; the best one counts.
        steps: Steps of a descent.
        seed: Seed of the random codes.
    """

    def __init__(
        self,
        generator: TrainedGenerator,
        restarts: int,
        steps: int,
        seed: int = 0,
    ):
        if not 1 <= restarts <= DRAWS:
            raise ValueError(
                f"`restarts` must be in [1, {DRAWS}]. "
                f"Received: restarts={restarts}"
            )
        self.generator = generator
        self.restarts = restarts
        self.steps = steps
        self.key = Keys(seed, tf.constant(0)).key(Stream.PROJECTION)

    def project(self, photographs: np.ndarray) -> tuple:
        """The codes nearest to photographs.

        Args:
            photographs: uint8 `[subjects, k, h, w, 3]`.

        Returns:
            Codes `[subjects, k, d_z]`, their pictures, uint8 like the
            photographs, and the mean absolute differences in grey levels
            `[subjects, k]`.
        """
        subjects, k = photographs.shape[:2]
        latents = self.generator.latents
        target = self.generator.pixels.to_float(photographs)
        starts, axes = self._prepare(target)
        # Descents do not know of one another, so that any number at once will
        # do. All of them as rows `[subjects * restarts, ...]`.
        rows = max(1, IMAGES_PER_CALL // k)
        found = []
        progress = _Progress(math.ceil(len(starts) / rows) * self.steps)
        for row in range(0, len(starts), rows):
            of_subject = np.arange(row, min(row + rows, len(starts)))
            codes = starts[row : row + rows]
            state = (codes, tf.zeros_like(codes), tf.zeros_like(codes))
            wanted = tf.gather(target, of_subject // self.restarts)
            for step in range(0, self.steps, STEPS_PER_CALL):
                n = min(STEPS_PER_CALL, self.steps - step)
                state, loss = self._descend(
                    state, wanted, axes, tf.constant(step), tf.constant(n)
                )
                progress.moved(n, float(loss))
            found.append(state[0])
        z = latents.unfold(tf.concat(found, axis=0), k)
        images = self.generator.pixels.to_uint8(
            self.generator(tf.reshape(z, [-1, latents.d_z]))
        ).reshape(subjects, self.restarts, *photographs.shape[1:])
        distance = np.abs(images.astype("float32") - photographs[:, None]).mean(
            axis=(-3, -2, -1)
        )
        best = distance.mean(axis=-1).argmin(axis=1)
        z = z.numpy().reshape(subjects, self.restarts, k, latents.d_z)
        each = np.arange(subjects)
        return z[each, best], images[each, best], distance[each, best]

    def _prepare(self, target) -> tuple:
        """Learns from random codes and their pictures.

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
        draws = latents.tuples(self.key, DRAWS, 1)[:, 0]
        drawn = self.generator(draws, IMAGES_PER_CALL)
        drawn = tf.reshape(drawn, [DRAWS, -1])
        mean = tf.reduce_mean(drawn, axis=0)
        drawn -= mean

        # There are more pixels than draws: the regression's dual form.
        inner = tf.matmul(drawn, drawn, transpose_b=True)
        weights = tf.linalg.solve(_ridged(inner), draws)
        missed = draws - tf.matmul(inner, weights)
        estimate = tf.matmul(
            tf.reshape(target, [subjects * k, -1]) - mean,
            tf.matmul(drawn, weights, transpose_a=True),
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
        pixels_by_code = tf.linalg.lstsq(draws, drawn, l2_regularizer=1.0)
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
    def _descend(self, state, target, axes, first, n):
        """`n` steps of Adam on tuples' codes, in one loop.

        Args:
            state: Codes `[rows, d_i + k * d_o]` and Adam's two moments.
            target: `[rows, k, h, w, 3]`, in the generator's range.
            axes: Adam's coordinates, as columns.
            first: Steps done.
            n: Steps to do.

        Returns:
            The state and the mean distance, in grey levels, before its last
            step.
        """
        codes, mean, square = state
        shape = tf.shape(target)
        black, white = (
            self.generator.pixels.to_float(level) for level in (0, 255)
        )
        loss = tf.constant(0.0)
        for step in tf.range(first, first + n):
            done = tf.cast(step, tf.float32)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(codes)
                z = self.generator.latents.unfold(codes, target.shape[1])
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
                # A sum: each row's gradient is its own.
                total = tf.reduce_sum(each)
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
            loss = tf.reduce_mean(each) / self.generator.pixels.scale
        return (codes, mean, square), loss


def project(config: Config) -> None:
    """Writes codes, reconstructions and other observations of photographs."""
    generator = trained_generator(config)
    options = config.projection
    if not options.images:
        raise ValueError("--images is missing: a photograph, folder or glob.")
    paths = find_photographs(options.images)
    photographs = read_photographs(
        paths, generator.network.image_size, options.crop
    )
    n = len(photographs)
    subjects, k = (1, n) if options.shared_identity else (n, 1)
    z, images, distance = Projector(
        generator,
        options.restarts,
        options.projection_steps,
        config.experiment.seed,
    ).project(photographs.reshape(subjects, k, *photographs.shape[1:]))

    folder = output_folder(config, "projection")
    stems = (os.path.splitext(os.path.basename(path))[0] for path in paths)
    names = [f"{number:04d}_{stem}" for number, stem in enumerate(stems)]
    images = images.reshape(photographs.shape)
    z_i, z_o = generator.latents.split(z.reshape(n, -1))
    distance = distance.reshape(n)
    write_arrays(
        os.path.join(folder, "codes.npz"),
        z_i=z_i,
        z_o=z_o,
        names=np.array(names),
        distance=distance,
    )
    for name, image in zip(names, images, strict=True):
        write_png(os.path.join(folder, f"{name}.png"), image)
    side_by_side = np.stack([photographs, images], axis=1)
    write_png(
        os.path.join(folder, "photographs_and_reconstructions.png"),
        contact_sheet(side_by_side.reshape(-1, *images.shape[1:]), columns=2),
    )
    write_png(
        os.path.join(folder, "other_observations.png"),
        _other_observations(config, generator, z_i[::k], images[::k]),
    )
    for name, value in zip(names, distance, strict=True):
        print(f"{name}: {value:.2f} grey levels")
    print(
        f"Median of {n}: {np.median(distance):.2f} grey levels, mean absolute "
        f"difference; in {folder}"
    )


def _other_observations(
    config: Config, generator: TrainedGenerator, z_i, images: np.ndarray
) -> np.ndarray:
    """A row for each subject: its reconstruction, then drawn observations."""
    columns = config.sampling.num_observations
    _, z_o = generator.latents.codes(config.experiment.seed, 1, columns)
    others = generator.pixels.to_uint8(
        generator(generator.latents.grid(z_i, z_o))
    ).reshape(len(z_i), columns, *images.shape[1:])
    rows = np.concatenate([images[:, None], others], axis=1)
    return contact_sheet(rows.reshape(-1, *images.shape[1:]), columns + 1)
