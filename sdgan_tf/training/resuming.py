"""What a run is told, what its folder holds already, and what that means."""

import dataclasses
import math

from sdgan_tf.algorithms.base import Algorithm, count_parameters
from sdgan_tf.algorithms.registry import settle
from sdgan_tf.config import AUTO, Config, Experiment, with_model_defaults
from sdgan_tf.runs import Run


def resolve(config: Config) -> tuple[Run | None, Experiment]:
    """The run folder and what is trained in it.

    A folder that holds a checkpoint supplies what the user did not name.

    Returns:
        The folder, None where the user names none and `Run.new` is to make
        one, and the experiment.

    Raises:
        ValueError: If the user names something that differs from the run's.
    """
    run = Run(config.run_dir) if config.run_dir else None
    if run is None and config.training.strategy == "multi_worker":
        raise ValueError(
            "--run_dir is missing: the workers must name one folder."
        )
    if run is None or not run.has_checkpoint():
        if run and run.has_weights():
            raise ValueError(
                "`run_dir` holds a generator without its training: choose a "
                "new folder and start from this one with --init_from. "
                f"Received: run_dir={run.folder!r}"
            )
        return run, settle(
            with_model_defaults(config.experiment, config.named), config.named
        )
    trained = run.experiment()
    asked_for = {
        name: getattr(config.experiment, name) for name in config.named
    }
    if asked_for.get("precision") == AUTO:
        # It was settled when the run began.
        del asked_for["precision"]
    asked = settle(
        dataclasses.replace(trained, **asked_for),
        config.named,
    )
    differences = asked.differences(trained)
    if differences:
        raise ValueError(
            f"`run_dir` {run.folder!r} holds a run of another configuration "
            f"(asked != trained): {'; '.join(differences)}. Choose another "
            "folder or leave these flags out."
        )
    return run, trained


def describe(algorithm: Algorithm, experiment: Experiment) -> str:
    """The resolved configuration, parameter counts and memory."""
    lines = [experiment.to_json(), f"fingerprint: {experiment.fingerprint()}"]
    total = 0
    for name, network in algorithm.networks.items():
        count = count_parameters(network)
        total += count
        lines.append(f"{name}: {count:,} trainable parameters")
    slots = sum(
        math.prod(v.shape)
        for optimizer in algorithm.optimizers.values()
        for v in optimizer.variables
    )
    # Weights, gradients and optimizer slots, 4 bytes each.
    training = (2 * total + slots) * 4
    lines.append(f"all networks: {total * 4 / 1e6:.1f} MB")
    lines.append(
        f"training without activations: {training / 1e6:.1f} MB "
        "(weights, gradients, optimizer slots)"
    )
    return "\n".join(lines)
