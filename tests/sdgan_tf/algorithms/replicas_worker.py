"""Trains with one and with two replicas; run by test_replicas.py.

Usage: replicas_worker.py OUTPUT.npz EXPERIMENT

EXPERIMENT is JSON: the fields of the experiment that are not the tiny run's.

It is a process of its own because logical devices must be configured before
TensorFlow starts. The optimizers are gradient descent at rate 1, so that the
difference of the weights is the gradient, summed over the replicas.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.latents import Keys

BATCH, SIZE = 4, 32


def global_batch(seed, k):
    """Tuples that grow brighter: the replicas' parts differ in statistics."""
    noise = np.random.default_rng(seed).integers(
        0, 120, (BATCH, k, SIZE, SIZE, 3)
    )
    offset = 40 * np.arange(BATCH).reshape(BATCH, 1, 1, 1, 1)
    return (noise + offset).astype(np.uint8)


def build(options):
    """Equal networks each time, with weights of a trained size."""
    tiny = {"image_size": SIZE, "k": 2, "d_i": 5, "d_o": 5, "dim": 4}
    keras.utils.set_random_seed(0)
    algorithm = build_algorithm(Experiment(**{**tiny, **options}))
    random = np.random.default_rng(0)
    for network in algorithm.networks.values():
        for variable in network.trainable_variables:
            scale = 0.1 if len(variable.shape) > 1 else 0.2
            value = scale * random.normal(size=variable.shape)
            if variable.path.endswith("gamma"):
                value += 1.0
            variable.assign(value.astype("float32"))
    for name, network in algorithm.networks.items():
        algorithm.optimizers[name] = keras.optimizers.SGD(1.0)
        algorithm.optimizers[name].build(network.trainable_variables)
    return algorithm


def train(options, replicas, steps=2):
    """Scalars, and variables before and after each step."""
    strategy = tf.distribute.MirroredStrategy(
        [f"CPU:{n}" for n in range(replicas)]
    )
    with strategy.scope():
        algorithm = build(options)

    def one_step(batch, step):
        values = strategy.run(
            lambda batch, step: algorithm.step((batch,), Keys(7, step)),
            args=(batch, step),
        )
        return {
            name: strategy.reduce(tf.distribute.ReduceOp.MEAN, v, axis=None)
            for name, v in values.items()
        }

    # As in training; one replica is the definition and needs no compilation.
    if replicas > 1:
        one_step = tf.function(one_step)
    results = {"synchronized": getattr(algorithm.d, "synchronized", False)}

    def record(step):
        named = {}
        for name, network in algorithm.networks.items():
            for part in ("trainable", "non_trainable"):
                variables = getattr(network, f"{part}_variables")
                named[f"{name}/{part}"] = [v.value for v in variables]
        # Whatever else the algorithm keeps.
        for name, variables in algorithm.checkpointed().items():
            if name.removesuffix("_optimizer") not in algorithm.networks:
                named[name] = variables
        for name, variables in named.items():
            for n, v in enumerate(variables):
                results[f"{name}/{n:02d}/{step}"] = v.numpy()
                if replicas == 1 or name.endswith("non_trainable"):
                    continue
                copies = [
                    c.numpy() for c in strategy.experimental_local_results(v)
                ]
                assert len(copies) == replicas
                np.testing.assert_array_equal(copies[0], copies[1])

    def distributed(images):
        each = BATCH // replicas

        def part(context):
            start = context.replica_id_in_sync_group * each
            return {
                "images": tf.constant(images[start : start + each]),
                "row": tf.range(start, start + each, dtype=tf.int64),
            }

        return strategy.experimental_distribute_values_from_function(part)

    record(0)
    for step in range(steps):
        k = algorithm.experiment.k
        batch = distributed(global_batch(step, k))
        values = one_step(batch, tf.constant(step))
        for name, value in values.items():
            results[f"scalar:{name}/{step}"] = value.numpy()
        record(step + 1)
    return results


def main():
    output, options = sys.argv[1:]
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    results = {}
    for replicas in (1, 2):
        for name, value in train(json.loads(options), replicas).items():
            results[f"{replicas}|{name}"] = value
    np.savez(output, **results)


if __name__ == "__main__":
    main()
