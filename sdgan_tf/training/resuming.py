"""What a run is told, what its folder holds already, and what that means."""

import dataclasses
import json
import math
import os

import tensorflow as tf

from sdgan_tf.algorithms.base import Algorithm, count_parameters
from sdgan_tf.algorithms.registry import settle
from sdgan_tf.config import (
    AUTO,
    Config,
    Evaluation,
    Experiment,
    Training,
    broken_rule,
    option,
    with_model_defaults,
)
from sdgan_tf.evaluation.verifiers import FACENET
from sdgan_tf.runs import Run, read_object, write_text

TRAINING = "training.json"
# Of a start, or of the machine that it is on.
NOT_KEPT = ("strategy", "logical_cpus", "init_from", "dry_run")


@dataclasses.dataclass(frozen=True)
class Told:
    """What else than `Training` a run keeps of what it was told."""

    data_dir: str = option("", "Data set.")
    verifier: str = option(Evaluation.verifier, "Verifier of its scores.")


KEPT = {
    field.name: field
    for section in (Told, Training)
    for field in dataclasses.fields(section)
    if field.name not in NOT_KEPT
}


def write_told(run: Run, config: Config) -> None:
    """Notes in a run folder how it is trained, for the next start."""
    told = {
        "data_dir": _absolute(config.data_dir),
        "verifier": config.evaluation.verifier,
        **dataclasses.asdict(config.training),
    }
    if told["verifier"] != FACENET:
        told["verifier"] = _absolute(told["verifier"])
    kept = {name: told[name] for name in KEPT}
    write_text(run.path(TRAINING), json.dumps(kept, indent=2) + "\n")


def take_up(config: Config) -> tuple[Config, dict]:
    """Completes what a run is told by what it was told before.

    Returns:
        The configuration, in which a run folder with a checkpoint supplies
        the data, the steps and the intervals that the user does not name, and
        what of it is not as without that folder, by name. Folders of older
        versions do not know.

    Raises:
        ValueError: If the folder's file cannot be read.
    """
    if not config.run_dir or config.told is None:
        return config, {}
    run = Run(config.run_dir)
    path = run.path(TRAINING)
    if not (run.has_checkpoint() and tf.io.gfile.exists(path)):
        return config, {}
    values = {
        name: value
        for name, value in read_object(path).items()
        if name in KEPT and name not in config.told
    }
    for name, value in values.items():
        if type(KEPT[name].default) is float and type(value) is int:
            value = values[name] = float(value)
        rule = broken_rule(KEPT[name], value)
        if rule:
            raise ValueError(
                f"{path}: `{name}` must be {rule}. Received: {name}={value!r}"
            )
    told = {
        "data_dir": config.data_dir,
        "verifier": config.evaluation.verifier,
        **dataclasses.asdict(config.training),
    }
    changes = {n: value for n, value in values.items() if value != told[n]}
    training = dict(changes)
    data_dir = training.pop("data_dir", config.data_dir)
    verifier = training.pop("verifier", config.evaluation.verifier)
    completed = dataclasses.replace(
        config,
        data_dir=data_dir,
        training=dataclasses.replace(config.training, **training),
        evaluation=dataclasses.replace(config.evaluation, verifier=verifier),
    )
    return completed, changes


def _absolute(path: str) -> str:
    """A path from any working directory."""
    return path if "://" in path else os.path.abspath(path)


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
