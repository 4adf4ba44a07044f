"""Algorithm 1 with discriminators on the features of a frozen network."""

import keras
import tensorflow as tf

from data_pipeline.tuples.commonalities import Commonalities
from sdgan_tf import augmentation, losses, objectives
from sdgan_tf.algorithms import flops
from sdgan_tf.algorithms.base import Algorithm, several_replicas
from sdgan_tf.algorithms.commonality_gan import CommonalityCodes
from sdgan_tf.config import Experiment
from sdgan_tf.features.networks import build_features
from sdgan_tf.latents import Directions, Keys, LatentSpace, Stream
from sdgan_tf.models.projected_generator import (
    ProjectedGenerator,
    measure_statistics,
)
from sdgan_tf.pixels import BEGAN_PIXELS

# Uses of random numbers within one step.
REAL, FAKE, MIRROR = range(3)


class SDProjected(Algorithm):
    """SD-GAN on projected features.

    On each of four scales of a frozen network's features, a Siamese tower
    sees each image; one head asks whether an image is a photograph, another
    whether the images of a tuple are of one subject. Photographs of different
    subjects may be further tuples that D is to refuse.

    Source: paper, Algorithm 1; Sauer et al. 2021, arXiv 2111.01007. The heads
    and the mismatched photographs are ours. D and G are trained on the same
    generated tuples in a step, where Algorithm 1 samples afresh for G.
    """

    pixels = BEGAN_PIXELS
    kinds = 1  # Of tuples, that D tells apart.
    # In bfloat16 the features themselves differ by up to 0.08 of their size.
    precision_tolerance = 0.15

    def __init__(self, experiment: Experiment):
        self.objective = objectives.ProjectedObjective.of(
            experiment, self.kinds
        )
        super().__init__(experiment)
        self.scalars = self.objective.scalars
        self.mirror = experiment.mirror
        self.k = experiment.k
        self.features = build_features(
            experiment.features, experiment.image_size, experiment.precision
        )
        size = experiment.image_size
        self.d = objectives.projected_discriminator(
            experiment, self.features.side, self.kinds, several_replicas()
        )
        self.d(self.see(tf.zeros([self.kinds, self.k, size, size, 3])))
        self.networks["discriminator"] = self.d
        self.build_optimizers(losses.GAN_LOSSES[experiment.loss].optimizer)

    @staticmethod
    def build_generator(experiment: Experiment) -> keras.Model:
        return ProjectedGenerator(
            experiment.image_size,
            experiment.dim,
            synchronized=several_replicas(),
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
            chosen = self.replica_uniform(
                keys.key(Stream.AUGMENTATION, MIRROR), n, k
            )
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
            logits = self.d(
                both, num_batches=2, mismatch=self.objective.mismatches
            )
            d_loss, scores = self.objective.discriminator_loss(
                logits, batch["row"]
            )
        self.update("discriminator", d_loss, tape)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake_maps)
            g_loss = self.objective.generator_loss(self.d(fake_maps))
        of_maps = tape.gradient(g_loss, fake_maps)
        gradients = g_tape.gradient(fake_maps, g_weights, of_maps)
        self.apply("generator", gradients)
        values = (d_loss, g_loss, *scores)
        return dict(zip(self.scalars, values, strict=True))

    def see(self, tuples) -> list[tf.Tensor]:
        """Tuples `[n, k, h, w, c]` to what D sees of their images."""
        return objectives.see(tuples, self.features, self.d)

    def refresh(self) -> None:
        """Gives the averaged generator the moving statistics of its weights.

        Those of the generator that trains do not fit them.
        """
        if self.average is None:
            return
        keys = Keys(self.experiment.seed, tf.constant(0))
        z = self.latents.tuples(
            keys.key(Stream.STATISTICS),
            objectives.STATISTICS_CODES // self.k,
            self.k,
        )
        measure_statistics(
            self.average,
            tf.reshape(z, [-1, z.shape[-1]]),
            objectives.STATISTICS_BATCH,
        )

    def step_flops(self, batch_size: int) -> int:
        return batch_size * flops.sd_projected_step(
            flops.generated_tuple(self.generator, self.k, self.latents.d_z),
            *flops.projected_tuple(
                self.features, self.d, self.experiment.image_size
            ),
        )


class CommonalityDirections(CommonalityCodes):
    """`CommonalityCodes` whose lengths do not matter."""

    lengths_matter = False


class ProjectedCommonalityGAN(SDProjected):
    """`SDProjected` on tuples that agree in one of several factors, or in some.

    Each kind of tuple has a head of its own on each scale.
    """

    latents: CommonalityDirections

    def __init__(self, experiment: Experiment):
        kinds = Commonalities.parse(experiment.commonalities).kinds
        self.kinds = len(kinds)
        super().__init__(experiment)

    @staticmethod
    def latent_space(
        experiment: Experiment, generator: keras.Model
    ) -> CommonalityDirections:
        del generator
        return CommonalityDirections.of(experiment)

    def tuples(self, key, n: int, k: int) -> tf.Tensor:
        return self.replica_rows(
            n, lambda total: self.latents.kinds_in_turn(key, total, k)
        )
