"""Algorithm 1 with discriminators on the features of a frozen network."""

import keras
import tensorflow as tf

from data_pipeline.tuples.commonalities import Commonalities
from sdgan_tf import augmentation, losses
from sdgan_tf.algorithms import flops
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.common_gan import CommonCodes
from sdgan_tf.config import Experiment
from sdgan_tf.features.networks import build_features
from sdgan_tf.latents import Directions, Keys, LatentSpace, Stream
from sdgan_tf.models.projected_discriminator import (
    ProjectedDiscriminator,
    different_neighbours,
)
from sdgan_tf.models.projected_generator import (
    ProjectedGenerator,
    measure_statistics,
)
from sdgan_tf.pixels import BEGAN_PIXELS

# What is SD-GAN's and must be left as it is.
ONLY = {
    "discriminator": "siamese",
    "d_steps_per_g_step": 1,
    "r1_weight": 0.0,
    "spectral_norm": False,
}
# Codes behind the moving statistics of the averaged generator.
STATISTICS_CODES, STATISTICS_BATCH = 1024, 128
# Uses of random numbers within one step.
REAL, FAKE, MIRROR = range(3)


class SDProjected(Algorithm):
    """SD-GAN on projected features.

    On each of four scales of a frozen network's features, a Siamese tower
    sees each image; one head asks whether an image is a photograph, another
    whether the images of a tuple are of one subject. Photographs of different
    subjects may be further tuples that D is to refuse.

    Source: paper, Algorithm 1; Sauer et al. 2021, arXiv 2111.01007. The heads
    and the mismatched photographs are ours. D and G are trained on one draw of
    generated tuples a step, where Algorithm 1 draws afresh for G.
    """

    pixels = BEGAN_PIXELS
    scalars: tuple[str, ...] = (
        "loss/discriminator",
        "loss/generator",
        "score/real",
        "score/fake",
        "score/real_tuple",
        "score/fake_tuple",
        "score/mismatched_tuple",
    )
    kinds = 1  # Of tuples, that D tells apart.
    # In bfloat16 the features themselves differ by up to 0.08 of their size.
    precision_tolerance = 0.15

    def __init__(self, experiment: Experiment):
        for name, only in ONLY.items():
            if getattr(experiment, name) != only:
                raise ValueError(
                    f"`sd_projected` has no `{name}`: it must be {only!r}, or "
                    "its flag be left out. "
                    f"Received: {name}={getattr(experiment, name)!r}"
                )
        if experiment.k < 2:
            raise ValueError(
                "`sd_projected` judges tuples: `k` must be at least 2. "
                f"Received: k={experiment.k}"
            )
        super().__init__(experiment)
        self.weights = experiment.single_weight, experiment.tuple_weight
        self.mismatched_weight = experiment.mismatched_weight
        if not self.mismatched_weight:
            self.scalars = self.scalars[:-1]
        self.mirror = experiment.mirror
        self.k = experiment.k
        self.features = build_features(
            experiment.features, experiment.image_size, experiment.precision
        )
        size = experiment.image_size
        self.d = ProjectedDiscriminator(
            self.features.side,
            experiment.dim,
            self.k,
            self.kinds,
            experiment.seed,
            pixels=size if experiment.pixel_scale else 0,
            synchronized=_several_replicas(),
            dtype=experiment.precision,
        )
        self.d(self.see(tf.zeros([self.kinds, self.k, size, size, 3])))
        self.networks["discriminator"] = self.d
        self.build_optimizers(losses.GAN_LOSSES[experiment.loss].optimizer)

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return ProjectedGenerator(
            experiment.image_size,
            experiment.dim,
            synchronized=_several_replicas(),
            dtype=experiment.precision,
        )

    @staticmethod
    def latent_space(
        experiment: Experiment, generator: keras.Model
    ) -> LatentSpace:
        del generator
        return Directions(experiment.d_i, experiment.d_o)

    def step(self, batches, keys: Keys) -> dict[str, tf.Tensor]:
        """One update of D and one of G, on the same generated tuples."""
        (batch,) = batches
        real = self.pixels.to_float(batch["images"])
        n, k = real.shape[:2]
        if self.mirror:
            chosen = self.draw(keys.key(Stream.AUGMENTATION, MIRROR), n, k)
            real = augmentation.mirrored(real, chosen)
        real_maps = self.see(self.augment(real, keys, REAL))
        z = self.tuples(keys.key(Stream.G_LATENTS), n, k)
        g_weights = [v.value for v in self.generator.trainable_variables]
        with tf.GradientTape(watch_accessed_variables=False) as g_tape:
            g_tape.watch(g_weights)
            fake = self.generate(z)
            fake_maps = self.see(self.augment(fake, keys, FAKE))

        with tf.GradientTape() as tape:
            both = [
                tf.concat(maps, axis=0)
                for maps in zip(real_maps, fake_maps, strict=True)
            ]
            judged = self.d(
                both, num_batches=2, mismatch=bool(self.mismatched_weight)
            )
            d_loss, scores = losses.projected_discriminator_loss(
                judged,
                different_neighbours(batch["row"], self.kinds),
                *self.weights,
                self.mismatched_weight,
            )
        self.update("discriminator", d_loss, tape)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake_maps)
            g_loss = losses.projected_generator_loss(
                self.d(fake_maps), *self.weights
            )
        of_maps = tape.gradient(g_loss, fake_maps)
        gradients = g_tape.gradient(fake_maps, g_weights, of_maps)
        self.apply("generator", gradients)
        values = (d_loss, g_loss, *scores)
        return dict(zip(self.scalars, values, strict=True))

    def see(self, tuples) -> list[tf.Tensor]:
        """Tuples `[n, k, h, w, c]` to what D judges of their images."""
        images = tf.reshape(tuples, [-1, *tuples.shape[2:]])
        maps = self.d.mixing(self.features(images))
        return [*maps, images] if self.d.pixels else maps

    def refresh(self) -> None:
        """Gives the averaged generator the moving statistics of its weights.

        Those of the generator that trains do not fit them.
        """
        if self.average is None:
            return
        keys = Keys(self.experiment.seed, tf.constant(0))
        z = self.latents.tuples(
            keys.key(Stream.STATISTICS), STATISTICS_CODES // self.k, self.k
        )
        measure_statistics(
            self.average, tf.reshape(z, [-1, z.shape[-1]]), STATISTICS_BATCH
        )

    def step_flops(self, batch_size: int) -> int:
        k, size, kinds = self.k, self.experiment.image_size, self.kinds
        g = flops.forward(self.generator, tf.zeros([k, self.latents.d_z]))
        images = tf.zeros([kinds * k, size, size, 3])
        f, _ = flops.forward(self.features, images)
        maps = self.features(images)
        mixing, _ = flops.forward(self.d.mixing, maps)
        mixed = self.d.mixing(maps)
        if self.d.pixels:
            mixed.append(images)
        d, _ = flops.forward(self.d, mixed)
        return batch_size * flops.sd_projected_step(
            g, f // kinds, mixing // kinds, d // kinds
        )


class CommonDirections(CommonCodes):
    """`CommonCodes` whose lengths do not matter."""

    lengths_matter = False


class ProjectedCommonGAN(SDProjected):
    """`SDProjected` on tuples that agree in one of several factors, or in some.

    Each kind of tuple has a head of its own on each scale.
    """

    latents: CommonDirections

    def __init__(self, experiment: Experiment):
        kinds = Commonalities.parse(experiment.commonalities).kinds
        self.kinds = len(kinds)
        super().__init__(experiment)

    @staticmethod
    def latent_space(
        experiment: Experiment, generator: keras.Model
    ) -> CommonDirections:
        del generator
        return CommonDirections.of(experiment)

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        return self.share(
            n, lambda total: self.latents.kinds_in_turn(key, total, k)
        )


def _several_replicas() -> bool:
    # Asked for only where it can differ: it costs a reduction.
    return tf.distribute.get_strategy().num_replicas_in_sync > 1
