"""A training's outlook: facts that are known before its first step."""

import math

from data_pipeline.tuples.source import TupleSource
from sdgan_tf.algorithms.base import Algorithm, count_parameters
from sdgan_tf.config import Experiment
from sdgan_tf.training.input_pipeline import counts
from sdgan_tf.training.setup import SetUp


def describe(experiment: Experiment, algorithm: Algorithm) -> str:
    """Lists the resolved configuration, parameter counts and memory."""
    lines = [experiment.to_json(), f"fingerprint: {experiment.fingerprint()}"]
    total = 0
    for name, network in algorithm.networks.items():
        count = count_parameters(network)
        total += count
        lines.append(f"{name}: {count:,} trainable parameters")
    training = training_bytes(algorithm)
    lines.append(f"all networks: {total * 4 / 1e6:.1f} MB")
    lines.append(
        f"training without activations: {training / 1e6:.1f} MB "
        "(weights, gradients, optimizer slots)"
    )
    return "\n".join(lines)


def training_bytes(algorithm: Algorithm) -> int:
    """Bytes of weights, gradients and optimizer slots, 4 for each number."""
    weights = sum(map(count_parameters, algorithm.networks.values()))
    slots = sum(
        math.prod(v.shape)
        for optimizer in algorithm.optimizers.values()
        for v in optimizer.variables
    )
    return (2 * weights + slots) * 4


def outlook(
    setup: SetUp, train_steps: int, cache_bytes: float, device_bytes: float
) -> str:
    """Says where, how long and on what a training will run.

    Args:
        setup: The training.
        train_steps: Steps of the whole run.
        cache_bytes: Decoded data up to this size is held in memory.
        device_bytes: Decoded data up to this size is held on each device.
    """
    experiment = setup.experiment
    data = describe_data(setup.tuples, cache_bytes, device_bytes)
    memory = training_bytes(setup.algorithm) / 1e6
    return "\n".join(
        [
            f"Training on {setup.workers}",
            f"Run folder:  {setup.run.folder}",
            f"Steps:       {setup.state.steps_done:,} of {train_steps:,} are "
            f"done; each sees {experiment.batch_size} tuples of {experiment.k}",
            f"Data:        {data}: {setup.data.folder}",
            f"Memory:      {memory:,.1f} MB for weights, gradients and "
            "optimizers, and activations",
        ]
    )


def describe_data(
    tuples: TupleSource, cache_bytes: float, device_bytes: float
) -> str:
    """Counts photographs and identities, and says where they are held."""
    photographs, identities = counts(tuples)
    size, side = tuples.decoded_bytes, tuples.data.image_size
    if size <= device_bytes:
        held = "on the device"
    elif size <= cache_bytes:
        held = "in memory"
    else:
        held = "read again each epoch"
    return (
        f"{photographs:,} photographs of {identities:,} identities, "
        f"{side}x{side}, {size / 1e6:,.1f} MB {held}"
    )
