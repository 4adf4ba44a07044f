"""Objectives: all that a training step on TensorFlow and on JAX must agree on.

Pure functions that use `keras.ops` only: losses with their penalties, BEGAN's
controller, the moving average of the weights. A step in `algorithms` or in
`jax` makes codes, differentiates and updates.
"""

import dataclasses

from keras import ops

from sdgan_tf import losses
from sdgan_tf.config import Experiment
from sdgan_tf.models.projected_discriminator import (
    ProjectedDiscriminator,
    different_neighbours,
)

# Codes behind the moving statistics of an averaged projected generator.
STATISTICS_CODES, STATISTICS_BATCH = 1024, 128


def check_average(experiment: Experiment) -> None:
    """Checks what an experiment asks of the generator's moving average.

    Raises:
        ValueError: If its decay is out of range, or given in two ways.
    """
    if not 0 <= experiment.ema_decay < 1:
        raise ValueError(
            "`ema_decay` must be in [0, 1). Received: "
            f"ema_decay={experiment.ema_decay}"
        )
    if experiment.ema_decay and experiment.ema_half_life_images:
        raise ValueError(
            "`ema_decay` and `ema_half_life_images` set the same thing: "
            "pass only one of them. Received: "
            f"ema_decay={experiment.ema_decay}, "
            f"ema_half_life_images={experiment.ema_half_life_images}"
        )


def average_decay(limit: float, updates):
    """The decay of the generator's moving average after its n-th update.

    It grows to `limit`: the first weights would otherwise count for long.

    Args:
        limit: In (0, 1).
        updates: n, a scalar of integers.

    Source: Yazıcı et al. 2019, arXiv 1806.04498.
    """
    n = ops.cast(updates, "float32")
    return ops.minimum(limit, (1.0 + n) / (10.0 + n))


def averaged(average, weight, decay):
    """A weight's moving average after one step."""
    return decay * average + (1.0 - decay) * weight


@dataclasses.dataclass(frozen=True)
class SDGANObjective:
    """Algorithm 1 of the paper with any loss, and penalties of D's gradient.

    Attributes:
        loss: The adversarial loss.
        r1_weight: Of R1 on real tuples; 0 leaves it out.
    """

    loss: losses.GANLoss
    r1_weight: float = 0.0

    @classmethod
    def of(cls, experiment: Experiment) -> "SDGANObjective":
        return cls(losses.GAN_LOSSES[experiment.loss], experiment.r1_weight)

    @property
    def penalties(self) -> int:
        """Penalties in D's loss, each with a second derivative."""
        return bool(self.loss.penalty_coefficient) + bool(self.r1_weight)

    def discriminator_loss(
        self, logits, real, fake, input_gradient, between, auxiliary=0.0
    ) -> tuple:
        """D's loss with its penalties.

        Args:
            logits: Of real tuples, then of generated ones, `[2 * n]`.
            real: The real tuples, `[n, k, h, w, c]`.
            fake: The generated ones, likewise.
            input_gradient: Maps tuples to the gradient of their logits.
            between: Returns the random numbers on [0, 1), `[n]`, of
                `losses.between`; not called where nothing asks for them.
            auxiliary: What else is added to the loss.

        Returns:
            The loss, and the means of real and generated logits.
        """
        logits = ops.split(logits, 2)
        loss = self.loss.discriminator(*logits)
        penalty = self._penalty(real, fake, input_gradient, between)
        # In this order: AC-DCGAN's losses depend on it in the last digit.
        return loss + (auxiliary + penalty), [ops.mean(x) for x in logits]

    def _penalty(self, real, fake, input_gradient, between):
        total = 0.0
        if self.loss.penalty_coefficient:
            mixed = losses.between(real, fake, between())
            total += self.loss.penalty_coefficient * losses.gradient_penalty(
                input_gradient(mixed)
            )
        if self.r1_weight:
            total += self.r1_weight * losses.r1_penalty(input_gradient(real))
        return total

    def generator_loss(self, logits):
        """G's loss under the logits `[n]` of generated tuples."""
        return self.loss.generator(logits)

    @property
    def clips(self) -> bool:
        """Whether D's weights are clipped after its update."""
        return self.loss.weight_clip is not None

    def clipped(self, weight):
        """A weight of D within the loss' bound."""
        bound = self.loss.weight_clip
        return ops.clip(weight, -bound, bound)


@dataclasses.dataclass(frozen=True)
class BEGANObjective:
    """BEGAN's equilibrium: L_D = L(x) - k_t * L(G(z)), L_G = L(G(z)).

    Attributes:
        gamma: The ratio of L(G(z)) to L(x) that k_t holds.
        lambda_k: The gain of k_t.

    Source: Berthelot et al. 2017, arXiv 1703.10717, section 3.4.
    """

    gamma: float
    lambda_k: float

    @classmethod
    def of(cls, experiment: Experiment) -> "BEGANObjective":
        """The objective of an experiment.

        Raises:
            ValueError: If it asks for what BEGAN does not have.
        """
        check_left_out(experiment, BEGAN_HAS_NO, _BEGAN_SAYS)
        return cls(experiment.gamma, experiment.lambda_k)

    @staticmethod
    def discriminator_loss(real, fake, k_t):
        """L_D of L(x) and L(G(z)); or its gradient, of their gradients."""
        return real - k_t * fake

    def controlled(self, k_t, real_loss, fake_loss) -> tuple:
        """The controller's step.

        Args:
            k_t: In [0, 1].
            real_loss: L(x) of the global batch.
            fake_loss: L(G(z)) likewise.

        Returns:
            The next k_t, the balance gamma * L(x) - L(G(z)), and the measure of
            convergence.
        """
        balance = self.gamma * real_loss - fake_loss
        k_t = ops.clip(k_t + self.lambda_k * balance, 0.0, 1.0)
        return k_t, balance, real_loss + ops.abs(balance)


@dataclasses.dataclass(frozen=True)
class ProjectedObjective:
    """The hinge losses of single pictures and of tuples, on all scales.

    Attributes:
        single_weight: Of the loss of single pictures.
        tuple_weight: Of the loss of tuples.
        mismatched_weight: Fraction of the mismatched among the tuples that D is
            to refuse, in [0, 1]; 0 leaves them out.
        unmatched_weight: Of the loss of mismatched tuples among themselves,
            real ones against generated ones; 0 leaves them out.
        kinds: Kinds of tuples, which take turns.
    """

    single_weight: float
    tuple_weight: float
    mismatched_weight: float
    unmatched_weight: float = 0.0
    kinds: int = 1

    @classmethod
    def of(cls, experiment: Experiment, kinds: int = 1) -> "ProjectedObjective":
        """The objective of an experiment.

        Raises:
            ValueError: If it asks for what this objective does not have.
        """
        check_left_out(experiment, PROJECTED_HAS_NO, _PROJECTED_SAYS)
        if experiment.k < 2:
            raise ValueError(
                "`sd_projected` scores tuples: `k` must be at least 2. "
                f"Received: k={experiment.k}"
            )
        return cls(
            experiment.single_weight,
            experiment.tuple_weight,
            experiment.mismatched_weight,
            experiment.unmatched_weight,
            kinds,
        )

    @property
    def mismatches(self) -> bool:
        """Whether D scores mismatched tuples too."""
        return bool(self.mismatched_weight)

    @property
    def scalars(self) -> tuple[str, ...]:
        """Names of the two losses and of the means of D's logits."""
        mismatched = ("score/mismatched_tuple",) if self.mismatches else ()
        unmatched: tuple[str, ...] = ()
        if self.unmatched_weight:
            unmatched = "score/real_unmatched", "score/fake_unmatched"
        return (
            "loss/discriminator",
            "loss/generator",
            "score/real",
            "score/fake",
            "score/real_tuple",
            "score/fake_tuple",
            *mismatched,
            *unmatched,
        )

    def discriminator_loss(self, logits, rows) -> tuple:
        """See `losses.projected_discriminator_loss`.

        Args:
            logits: What D returns for real and generated tuples, with
                `mismatch=self.mismatches`.
            rows: The identity of each real tuple, integers `[n]`.
        """
        return losses.projected_discriminator_loss(
            logits,
            different_neighbours(rows, self.kinds),
            self.single_weight,
            self.tuple_weight,
            self.mismatched_weight,
            self.unmatched_weight,
        )

    def generator_loss(self, logits):
        """See `losses.projected_generator_loss`."""
        return losses.projected_generator_loss(
            logits, self.single_weight, self.tuple_weight, self.unmatched_weight
        )


def projected_discriminator(
    experiment: Experiment,
    side: int,
    kinds: int = 1,
    synchronized: bool = False,
) -> ProjectedDiscriminator:
    """The discriminator of an experiment on projected features.

    Args:
        experiment: What is trained.
        side: Side of the picture that the features are of.
        kinds: Kinds of tuples.
        synchronized: See `GroupedBatchNormalization`.
    """
    return ProjectedDiscriminator(
        side,
        experiment.dim,
        experiment.k,
        kinds,
        experiment.seed,
        pixels=experiment.image_size if experiment.pixel_scale else 0,
        tuples_by_batch=experiment.tuple_norm == "batch",
        spreads=experiment.tuple_spread,
        unmatched=experiment.unmatched_weight > 0,
        synchronized=synchronized,
        dtype=experiment.precision,
    )


def see(tuples, features, discriminator: ProjectedDiscriminator) -> list:
    """Tuples `[n, k, h, w, c]` to what D sees of their images.

    Args:
        tuples: In [-1, 1].
        features: The frozen network.
        discriminator: D.
    """
    images = ops.reshape(tuples, (-1, *tuples.shape[2:]))
    maps = discriminator.mixing(features(images))
    return [*maps, images] if discriminator.pixels else maps


# Options of SD-GAN alone, and their values where they are left out.
BEGAN_HAS_NO = {
    "loss": "dcgan",
    "d_steps_per_g_step": 1,
    "augment": "none",
    "r1_weight": 0.0,
    "spectral_norm": False,
}
PROJECTED_HAS_NO = {
    "discriminator": "siamese",
    "d_steps_per_g_step": 1,
    "r1_weight": 0.0,
    "spectral_norm": False,
}
_BEGAN_SAYS = (
    "`sd_began` has its own loss and updates both networks from one pass, "
    "without penalties or augmentation: `{name}` must be {only!r}, or its flag "
    "be left out."
)
_PROJECTED_SAYS = (
    "`sd_projected` has no `{name}`: it must be {only!r}, or its flag be left "
    "out."
)


def check_left_out(experiment: Experiment, has_no: dict, says: str) -> None:
    """Checks that options which an objective does not have are left out.

    Args:
        experiment: What is asked for.
        has_no: The options by name, as they are when they are left out.
        says: The rule, of `name` and `only`.

    Raises:
        ValueError: If one is not.
    """
    for name, only in has_no.items():
        value = getattr(experiment, name)
        if value != only:
            rule = says.format(name=name, only=only)
            raise ValueError(f"{rule} Received: {name}={value!r}")
