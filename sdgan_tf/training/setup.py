"""All that a training works on: opened, built, and restored."""

import contextlib
import dataclasses
import tempfile

import keras
import tensorflow as tf

from data_pipeline.records import DataSet
from data_pipeline.tuples.identity_tuples import IdentityTuples
from data_pipeline.tuples.source import TupleSource
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.registry import build_algorithm, count_identities
from sdgan_tf.config import AUTO, Experiment
from sdgan_tf.locking import locked
from sdgan_tf.progress import say
from sdgan_tf.runs import Run, load_networks
from sdgan_tf.training.precision import resolve_precision
from sdgan_tf.training.strategy import Workers
from sdgan_tf.training.training_state import TrainingState


@dataclasses.dataclass(frozen=True)
class SetUp:
    """All that a training works on; a context that ends with it.

    The run folder is locked until the context ends or the object is gone.

    Attributes:
        run: The run folder.
        experiment: What is trained, with all that the data settled.
        workers: The processes that train it together.
        data: The data set.
        tuples: The tuples that the steps are given.
        algorithm: The networks and their step.
        state: What is saved of them, restored.
        held: What ends with the training: the lock, a scratch folder.
    """

    run: Run
    experiment: Experiment
    workers: Workers
    data: DataSet
    tuples: TupleSource
    algorithm: Algorithm
    state: TrainingState
    held: contextlib.ExitStack

    def __enter__(self) -> "SetUp":
        return self

    def __exit__(self, *error) -> None:
        self.held.close()


def build(
    experiment: Experiment, workers: Workers, tuples: TupleSource | None = None
) -> tuple[Experiment, Algorithm]:
    """Builds the model of an experiment on all replicas.

    Args:
        experiment: What is to be trained.
        workers: Who trains it.
        tuples: What it is trained on, if that is known: it settles how many
            identities a model knows, and the precision "auto".

    Returns:
        The experiment with what was settled, and its algorithm.

    Raises:
        ValueError: If something cannot be settled without tuples, or does not
            fit them.
    """
    count = getattr(tuples, "num_identities", None)
    experiment = count_identities(experiment, count)
    if experiment.precision == AUTO:
        if tuples is None:
            raise ValueError(
                "`precision` 'auto' is decided by a short check on the data. "
                "Without `data_dir`, pass a precision."
            )
        batches = tuples.batches(experiment.batch_size, cache_bytes=0)
        experiment = resolve_precision(experiment, next(iter(batches)))
    # Weights initialised under a mirrored scope are copied to all replicas.
    keras.utils.set_random_seed(experiment.seed)
    with workers.strategy.scope():
        algorithm = build_algorithm(experiment)
    if isinstance(tuples, IdentityTuples) and algorithm.photographs_wanted:
        algorithm.photographs = tuples.photographs(algorithm.photographs_wanted)
    return experiment, algorithm


def set_up(
    experiment: Experiment,
    workers: Workers,
    data: DataSet,
    tuples: TupleSource,
    run: Run | None = None,
    init_from: str = "",
    keep_checkpoints: int = 5,
    keep_every_hours: float = 6.0,
    told: tuple = (),
) -> SetUp:
    """Builds a training and takes it up where its run folder left it.

    Args:
        experiment: What is trained; see `build`.
        workers: Who trains it.
        data: The data set.
        tuples: Its tuples.
        run: The run folder; a new numbered one by default.
        init_from: Run folder whose networks a new training starts from.
        keep_checkpoints: How many of the latest checkpoints stay.
        keep_every_hours: Hours between checkpoints that are kept for good.
        told: What else all workers must have been told alike.

    Raises:
        RunInUse: If another training writes the run folder.
        ValueError: If the run folder's training had other data, no checkpoint
            there can be read, or another worker would train something else.
        FileNotFoundError: If `init_from` holds no weights.
    """
    experiment, algorithm = build(experiment, workers, tuples)
    run = run or Run.new(experiment.model)
    with contextlib.ExitStack() as stack:
        output = run
        if not workers.is_chief:
            # It saves as the chief does, and what it saves is thrown away.
            output = Run(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(locked(output.folder))
        tf.io.gfile.makedirs(output.checkpoints.folder)
        output.checkpoints.remove_leftovers()
        state = TrainingState(
            algorithm,
            experiment,
            data.build_id,
            run,
            keep=keep_checkpoints,
            keep_every_hours=keep_every_hours,
            output=output,
        )
        _restore(state, data, init_from)
        _check_workers_agree(state, workers, data, told)
        return SetUp(
            run,
            experiment,
            workers,
            data,
            tuples,
            algorithm,
            state,
            stack.pop_all(),
        )


def _restore(state: TrainingState, data: DataSet, init_from: str) -> None:
    """Restores the run, or the networks that it is to start from."""
    path = state.restore()
    if not path:
        if init_from:
            _load_networks_of(Run(init_from), state)
            state.algorithm.restart_average()
        return
    trained_on = state.checkpoint.data_id.numpy().decode()
    if trained_on != data.build_id:
        raise ValueError(
            f"`run_dir` {state.run.folder!r} was trained on another data set "
            f"(build_id {trained_on}). Received: "
            f"data_dir={data.folder!r} (build_id {data.build_id})"
        )
    say(f"Resumed from {path}")


def _load_networks_of(run: Run, state: TrainingState) -> None:
    """Takes the networks of another run.

    Raises:
        ValueError: If they have other shapes, with the options that differ.
    """
    try:
        load_networks(run, state.algorithm.networks)
    except ValueError as error:
        differences = run.experiment().differences(state.experiment)
        if not differences:
            raise
        raise ValueError(
            f"`init_from` {run.folder!r}: its networks do not match those "
            "of this training. Its options differ in: " + ", ".join(differences)
        ) from error


def _check_workers_agree(
    state: TrainingState, workers: Workers, data: DataSet, told: tuple
) -> None:
    """Raises ValueError if another worker would train something else.

    Their gradients would be averaged without a word.
    """
    step, experiment = state.steps_done, state.experiment
    if not workers.were_told_same((step, experiment, data.build_id, told)):
        raise ValueError(
            "All workers must see the same run folder and data, and be given "
            "the same options; one of them differs. Received here: "
            f"run_dir={state.run.folder!r} at step {step}, "
            f"data_dir={data.folder!r} with build_id {data.build_id}, "
            f"{experiment.to_json()}"
        )
