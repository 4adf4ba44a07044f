"""Compares what a run folder holds of its training with what is asked for."""

import dataclasses
import json
from collections.abc import Collection

import tensorflow as tf

from sdgan_tf.algorithms.registry import settle
from sdgan_tf.config import AUTO, Experiment, with_model_defaults
from sdgan_tf.runs import Run, read_object, write_text

NOTES = "training.json"


def write_notes(run: Run, notes: dict) -> None:
    """Notes in a run folder how it is trained, for the next start."""
    write_text(run.path(NOTES), json.dumps(notes, indent=2) + "\n")


def read_notes(run: Run) -> dict:
    """Reads how a run was trained.

    Returns:
        The notes by name; none of a folder without a checkpoint, or of a
        version that wrote none.

    Raises:
        ValueError: If the folder's file cannot be read.
    """
    path = run.path(NOTES)
    if not (run.has_checkpoint() and tf.io.gfile.exists(path)):
        return {}
    return read_object(path)


def differing(experiment: Experiment) -> frozenset[str]:
    """The fields of an experiment that are not as by default."""
    return frozenset(
        field.name
        for field in dataclasses.fields(experiment)
        if getattr(experiment, field.name) != field.default
    )


def resolve(
    run_dir: str, experiment: Experiment, named: Collection[str]
) -> tuple[Run | None, Experiment]:
    """Settles the run folder and what is trained in it.

    A folder that holds a checkpoint supplies what is not named.

    Args:
        run_dir: The run folder; "" for a new one.
        experiment: What is asked for.
        named: The fields of it that are asked for on purpose.

    Returns:
        The folder, None where `Run.new` is to make one, and the experiment.

    Raises:
        ValueError: If something that is named differs from the run's.
    """
    run = Run(run_dir) if run_dir else None
    if run is None or not run.has_checkpoint():
        if run and run.has_weights():
            raise ValueError(
                "`run_dir` holds a generator without its training: choose a "
                "new folder and start from this one with `init_from`. "
                f"Received: run_dir={run.folder!r}"
            )
        return run, settle(with_model_defaults(experiment, named), named)
    trained = run.experiment()
    asked_for = {name: getattr(experiment, name) for name in named}
    if asked_for.get("precision") == AUTO:
        # It was settled when the run began.
        del asked_for["precision"]
    asked = settle(dataclasses.replace(trained, **asked_for), named)
    differences = asked.differences(trained)
    if differences:
        raise ValueError(
            f"`run_dir` {run.folder!r} holds a run of another "
            f"configuration (asked != trained): {'; '.join(differences)}. "
            "Choose another folder, or do not pass these options."
        )
    return run, trained
