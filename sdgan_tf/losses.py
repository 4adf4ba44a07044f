"""Adversarial losses: pure functions on logits.

Each `<family>_discriminator_loss(real_logits, fake_logits)` and
`<family>_generator_loss(fake_logits)` takes float32 logits `[n]` and returns a
scalar, the mean over the batch. `GAN_LOSSES` names the families.
"""

import dataclasses
from collections.abc import Callable

import keras
from keras import ops

from sdgan_tf.optimizers import Adam, HalvingSchedule, TF1RMSprop

BEGAN_HALVING_STEPS = 100_000  # Of the learning rate, as in the reference.


def dcgan_discriminator_loss(real_logits, fake_logits):
    """Half the binary cross-entropies of real as 1 and fake as 0; >= 0.

    Source: Goodfellow et al. 2014; the reference halves the sum.
    """
    # BCE(x, 1) = softplus(-x) and BCE(x, 0) = softplus(x), stable in x.
    return 0.5 * (
        ops.mean(ops.softplus(-real_logits))
        + ops.mean(ops.softplus(fake_logits))
    )


def dcgan_generator_loss(fake_logits):
    """Non-saturating loss, the binary cross-entropy of fake as 1; >= 0."""
    return ops.mean(ops.softplus(-fake_logits))


def lsgan_discriminator_loss(real_logits, fake_logits):
    """Half the squared distances of real to 1 and fake to 0; >= 0.

    Source: Mao et al. 2017, arXiv 1611.04076.
    """
    return 0.5 * (
        ops.mean(ops.square(real_logits - 1.0))
        + ops.mean(ops.square(fake_logits))
    )


def lsgan_generator_loss(fake_logits):
    """Squared distance of fake to 1; >= 0. The reference does not halve it."""
    return ops.mean(ops.square(fake_logits - 1.0))


def wgan_discriminator_loss(real_logits, fake_logits):
    """The critic's fake minus real mean; any real number.

    Source: Arjovsky et al. 2017, arXiv 1701.07875.
    """
    return ops.mean(fake_logits) - ops.mean(real_logits)


def wgan_generator_loss(fake_logits):
    """Minus the critic's mean; any real number."""
    return -ops.mean(fake_logits)


def hinge_discriminator_loss(real_logits, fake_logits):
    """How far real logits lie below 1 and fake ones above -1; >= 0.

    Source: Lim and Ye 2017, arXiv 1705.02894.
    """
    return ops.mean(real_hinge(real_logits)) + ops.mean(fake_hinge(fake_logits))


def real_hinge(logits):
    """How far each logit lies below 1; >= 0, same shape."""
    return ops.relu(1.0 - logits)


def fake_hinge(logits):
    """How far each logit lies above -1; >= 0, same shape."""
    return ops.relu(1.0 + logits)


def hinge_generator_loss(fake_logits):
    """Minus the mean logit; any real number."""
    return -ops.mean(fake_logits)


def projected_discriminator_loss(
    logits,
    apart,
    single_weight: float,
    tuple_weight: float,
    mismatched_weight: float,
    unmatched_weight: float = 0.0,
) -> tuple:
    """The hinge loss of single pictures and of tuples, mean over the scales.

    Args:
        logits: For each scale the logits of places `[2 * images, p, p]`, real
            ones first; those of tuples `[2 or 3, b, kinds]`: real, generated
            and, with a weight, mismatched ones; and, with a weight, those of
            real and generated mismatched tuples among themselves,
            `[2, b, kinds]`, else None.
        apart: 1 where a mismatched tuple is of two subjects, else 0,
            `[b, kinds]`.
        single_weight: Of the loss of single pictures.
        tuple_weight: Of the loss of tuples.
        mismatched_weight: Fraction of the mismatched among the tuples that D is
            to refuse, in [0, 1].
        unmatched_weight: Of the loss of mismatched tuples among themselves.

    Returns:
        The loss, and the means of the logits: of real and generated places,
        then of the kinds of tuples.
    """
    total, means = 0.0, []
    for places, tuples, unmatched in logits:
        real, fake = ops.split(places, 2)
        total += single_weight * hinge_discriminator_loss(real, fake)
        kinds = ops.unstack(tuples, tuples.shape[0])
        means.append([ops.mean(values) for values in (real, fake, *kinds)])
        real, fake, *mismatched = kinds
        refused = ops.mean(fake_hinge(fake))
        for of_mismatched in mismatched:
            other = ops.mean(apart * fake_hinge(of_mismatched))
            refused += mismatched_weight * (other - refused)
        total += tuple_weight * (ops.mean(real_hinge(real)) + refused)
        if unmatched_weight:
            real, fake = ops.unstack(unmatched, 2)
            means[-1] += [ops.mean(real), ops.mean(fake)]
            total += unmatched_weight * (
                ops.mean(apart * real_hinge(real)) + ops.mean(fake_hinge(fake))
            )
    count = len(logits)
    return total / count, [
        sum(of_scales) / count for of_scales in zip(*means, strict=True)
    ]


def projected_generator_loss(
    logits,
    single_weight: float,
    tuple_weight: float,
    unmatched_weight: float = 0.0,
):
    """Minus the mean logits of generated places and tuples, over the scales.

    Args:
        logits: As `projected_discriminator_loss`'s, of one batch.
        single_weight: Likewise.
        tuple_weight: Likewise.
        unmatched_weight: Likewise.
    """
    total = 0.0
    for places, tuples, unmatched in logits:
        total += single_weight * hinge_generator_loss(places)
        total += tuple_weight * hinge_generator_loss(tuples)
        if unmatched_weight:
            total += unmatched_weight * hinge_generator_loss(unmatched)
    return total / len(logits)


def identity_loss(logits, rows):
    """The mean cross-entropy of identities `[n]` under logits `[n, classes]`.

    Source: Odena et al. 2017, arXiv 1610.09585.
    """
    return ops.mean(
        ops.sparse_categorical_crossentropy(rows, logits, from_logits=True)
    )


def gradient_penalty(gradient):
    """Mean of (norm of the critic's gradient - 1)^2.

    Args:
        gradient: Of the logits by tuples between real and fake ones,
            `[n, k, h, w, c]`.

    Returns:
        A scalar >= 0, not yet multiplied by its coefficient.

    Source: Gulrajani et al. 2017, arXiv 1704.00028. The norm is over all axes
    but the first; the reference code sums over two axes only, which is a bug.
    """
    return ops.mean(ops.square(ops.sqrt(_squares(gradient)) - 1.0))


def between(real, fake, weights):
    """Tuples between real and fake ones, where a gradient penalty is taken.

    Args:
        real: Tuples `[n, k, h, w, c]`.
        fake: Tuples `[n, k, h, w, c]`.
        weights: In [0, 1], one a tuple, `[n]`; 0 is real.
    """
    return real + ops.reshape(weights, (-1, 1, 1, 1, 1)) * (fake - real)


def r1_penalty(gradient):
    """Mean squared norm of D's gradient, halved.

    Args:
        gradient: Of the logits by real tuples, `[n, k, h, w, c]`.

    Returns:
        A scalar >= 0, not yet multiplied by its coefficient.

    Source: Mescheder, Geiger, Nowozin 2018, arXiv 1801.04406.
    """
    return 0.5 * ops.mean(_squares(gradient))


def _squares(gradient):
    """Squared norm of each tuple's gradient, `[n]`."""
    return ops.sum(ops.square(gradient), axis=(1, 2, 3, 4))


def reconstruction_loss(reconstructions, tuples):
    """Mean absolute difference over all pixels of the tuples; >= 0.

    Args:
        reconstructions: `[n, k, h, w, c]`.
        tuples: What was to be reconstructed, same shape.

    Source: Berthelot et al. 2017, arXiv 1703.10717, with eta = 1.
    """
    return ops.mean(ops.abs(reconstructions - tuples))


@dataclasses.dataclass(frozen=True)
class GANLoss:
    """One adversarial loss and what the reference trains it with.

    Attributes:
        discriminator: (real_logits, fake_logits) to a scalar.
        generator: fake_logits to a scalar.
        optimizer: Makes an optimizer; each network gets its own.
        weight_clip: Bound of the discriminator's weights after its update.
        penalty_coefficient: Factor of the gradient penalty; 0 leaves it out.
    """

    discriminator: Callable
    generator: Callable
    optimizer: Callable[[], keras.optimizers.Optimizer]
    weight_clip: float | None = None
    penalty_coefficient: float = 0.0


GAN_LOSSES = {
    "dcgan": GANLoss(
        dcgan_discriminator_loss,
        dcgan_generator_loss,
        lambda: Adam(2e-4, beta_1=0.5),
    ),
    "lsgan": GANLoss(
        lsgan_discriminator_loss,
        lsgan_generator_loss,
        lambda: TF1RMSprop(1e-4),
    ),
    "wgan": GANLoss(
        wgan_discriminator_loss,
        wgan_generator_loss,
        lambda: TF1RMSprop(5e-5),
        weight_clip=0.01,
    ),
    "wgan-gp": GANLoss(
        wgan_discriminator_loss,
        wgan_generator_loss,
        lambda: Adam(1e-4, beta_1=0.5, beta_2=0.9),
        penalty_coefficient=10.0,
    ),
    "hinge": GANLoss(
        hinge_discriminator_loss,
        hinge_generator_loss,
        lambda: Adam(4e-4, beta_1=0.0, beta_2=0.99),
    ),
}


def began_optimizer() -> keras.optimizers.Optimizer:
    """Makes the optimizer of SD-BEGAN's networks, as in the reference."""
    schedule = HalvingSchedule(8e-5, BEGAN_HALVING_STEPS, floor=2e-5)
    return Adam(schedule, beta_1=0.9)
