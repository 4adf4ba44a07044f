"""Compares Adam as one operation per weight with one operation for all.

    python -m benchmarks.adam

Alternates between both on the weights of SD-DCGAN's two networks, and prints a
table in Markdown. One operation for all needs the gradients concatenated into
one vector, and the weights cut out of it again for the next step.
"""

import itertools
import statistics
import time

import tensorflow as tf
from absl import app, flags

from sdgan_tf.models import dcgan
from sdgan_tf.optimizers import Adam

ROUNDS = flags.DEFINE_integer("rounds", 20, "Timed updates of each.", 1)
ONE_A_WEIGHT = "one operation a weight"
ALL_AT_ONCE = "one operation for all"


def shapes() -> list[tuple[int, ...]]:
    """Shapes of the weights of SD-DCGAN, 64x64, of its usual width."""
    generator, discriminator = (
        dcgan.DCGANGenerator(),
        dcgan.SiameseDiscriminator(),
    )
    discriminator(tf.zeros([1, 2, 64, 64, 3]))
    generator(tf.zeros([1, 100]))
    return [
        tuple(weight.shape)
        for network in (generator, discriminator)
        for weight in network.trainable_variables
    ]


def updates(gradients: list[tf.Tensor]) -> dict:
    """The two ways to use gradients, compiled."""
    weights = [tf.Variable(tf.zeros(g.shape)) for g in gradients]
    sizes = [int(tf.size(g)) for g in gradients]
    row = tf.Variable(tf.zeros([sum(sizes)]))
    separate, together = (
        Adam(2e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)
    )
    separate.build(weights)
    together.build([row])

    @tf.function
    def one_a_weight():
        separate.apply(gradients)

    @tf.function
    def all_at_once():
        flat = tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0)
        together.apply([flat])
        parts = tf.split(row, sizes)
        # What the next step multiplies by.
        for weight, part in zip(weights, parts, strict=True):
            weight.assign(tf.reshape(part, weight.shape))

    return {ONE_A_WEIGHT: one_a_weight, ALL_AT_ONCE: all_at_once}


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    gradients = [tf.random.normal(shape) for shape in shapes()]
    calls = updates(gradients)
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _, (name, call) in itertools.product(
        range(ROUNDS.value), calls.items()
    ):
        started = time.perf_counter()
        call()
        times[name].append(1e3 * (time.perf_counter() - started))
    count = sum(int(tf.size(g)) for g in gradients)
    print(f"{len(gradients)} weights of {count:,} numbers")
    print("| Adam | fastest, ms | median, ms |\n|---|---|---|")
    for name, taken in times.items():
        print(f"| {name} | {min(taken):.1f} | {statistics.median(taken):.1f} |")


if __name__ == "__main__":
    app.run(main)
