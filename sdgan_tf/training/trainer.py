"""A complete training: the set-up, the loop and the actions between steps."""

import contextlib
import dataclasses
import os
from collections.abc import Collection, Sequence

from data_pipeline.tuples.identity_tuples import IdentityTuples
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation.verifiers import FACENET
from sdgan_tf.progress import Progress, say
from sdgan_tf.runs import Run
from sdgan_tf.training import resuming
from sdgan_tf.training.actions import (
    Action,
    Advise,
    Evaluate,
    Log,
    Sample,
    Save,
)
from sdgan_tf.training.input_pipeline import open_data, open_tuples
from sdgan_tf.training.loop import StopSignal, take_steps
from sdgan_tf.training.outlook import describe, outlook
from sdgan_tf.training.samples import Samples
from sdgan_tf.training.scoring import Scoring
from sdgan_tf.training.setup import SetUp, set_up
from sdgan_tf.training.steps import Steps
from sdgan_tf.training.strategy import make_workers
from sdgan_tf.training.summaries import Summaries


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Attributes:
        run: The run folder.
        step: Number of training steps that the model has had.
        is_finished: Whether all steps are done.
        stopped_by: The signal that stopped the training early; "" if none did.
        grid_path: The PNG file of the last grid of samples; "" if no step was
            taken.
    """

    run: Run
    step: int
    is_finished: bool
    stopped_by: str = ""
    grid_path: str = ""


@dataclasses.dataclass(frozen=True)
class Trainer:
    """Trains a model in a run folder, or resumes the training of the folder.

        trainer = Trainer(
            Experiment(model="sd_dcgan", image_size=32),
            data_dir="data/faces",
            run_dir="runs/faces",
            train_steps=10_000,
        )
        generator = trainer.train().run.generator()

    Nothing is opened before `set_up` or `train`. To add an action of your own:

        setup = trainer.set_up()
        trainer.train(setup, [MyAction(100, setup.algorithm)])

    Attributes:
        experiment: The configuration to train.
        data_dir: The folder that `build_records` wrote.
        run_dir: The run folder; a new numbered one in `runs` by default.
        train_steps: Generator updates of the whole run.
        log_interval_steps: Steps between scalars.
        sample_interval_steps: Steps between sample grids.
        save_interval_steps: Steps between checkpoints.
        evaluate_interval_steps: Steps between small evaluations; the best
            checkpoint is kept. 0: no evaluations.
        evaluate_pairs: Pairs of a small evaluation, half of them matched.
        keep_best_by: The metric by which the best checkpoint is chosen; see
            `scoring.LOWEST_IS_BEST`.
        verifier: "facenet", or the folder of a trained verifier, for the
            evaluations.
        keep_checkpoints: Number of latest checkpoints to keep.
        keep_every_hours: Hours between checkpoints that are kept for good.
        cache_gb: Largest decoded data to hold in memory.
        device_gb: Largest decoded data to hold on each GPU instead.
        collapse_limit: Diversity of the fixed grid below which a run warns.
        stop_on_collapse: Whether to stop instead, without saving that state.
        strategy: "mirrored" or "multi_worker"; see `make_workers`.
        logical_cpus: Number of logical CPUs to train on instead of GPUs.
        jit_compile: Whether to compile steps with XLA; for one replica only.
        init_from: Run folder from whose networks a new run starts.
        named: Fields of `experiment` that the user set on purpose; by default
            those that differ from their defaults. The other fields come from
            the run folder if it was trained before, or else from the model's
            defaults.
    """

    experiment: Experiment
    data_dir: str
    run_dir: str = ""
    train_steps: int = 500_000
    log_interval_steps: int = 50
    sample_interval_steps: int = 500
    save_interval_steps: int = 500
    evaluate_interval_steps: int = 0
    evaluate_pairs: int = 500
    keep_best_by: str = "pair_kernel"
    verifier: str = FACENET
    keep_checkpoints: int = 5
    keep_every_hours: float = 6.0
    cache_gb: float = 8.0
    device_gb: float = 0.0
    collapse_limit: float = 0.02
    stop_on_collapse: bool = False
    strategy: str = "mirrored"
    logical_cpus: int = 0
    jit_compile: bool = False
    init_from: str = ""
    named: Collection[str] | None = None

    def resolve(self) -> tuple[Run | None, Experiment]:
        """Settles the run folder and the experiment; see `resuming.resolve`."""
        named = self.named
        if named is None:
            named = resuming.differing(self.experiment)
        return resuming.resolve(self.run_dir, self.experiment, named)

    def set_up(self) -> SetUp:
        """Opens the data, builds the model, and takes the run up.

        Raises:
            RunInUse: If another training writes the run folder.
            ValueError: If the options, the data and the folder do not fit.
            FileNotFoundError: If what is named is not there.
        """
        workers = make_workers(self.strategy, self.logical_cpus)
        run, experiment = self.resolve()
        data = open_data(self.data_dir, experiment.image_size)
        tuples = open_tuples(
            data,
            experiment.k,
            experiment.seed,
            experiment.commonalities,
            self.cache_gb * 1e9,
        )
        return set_up(
            experiment,
            workers,
            data,
            tuples,
            run,
            self.init_from,
            self.keep_checkpoints,
            self.keep_every_hours,
            told=(
                self.train_steps,
                self.stop_on_collapse,
                self.log_interval_steps,
                self.sample_interval_steps,
                self.save_interval_steps,
                self.evaluate_interval_steps,
            ),
        )

    def train(
        self, setup: SetUp | None = None, actions: Sequence[Action] = ()
    ) -> Outcome:
        """Trains to `train_steps`; a signal saves and stops before.

        Args:
            setup: One of this trainer, which ends with the training; by
                default a new one.
            actions: What is done between steps beside the usual, before a
                checkpoint is saved.

        Raises:
            Diverged: If losses or weights are no longer finite.
            Collapsed: If samples hardly differ and `stop_on_collapse` is on.
        """
        with setup or self.set_up() as setup:
            if setup.state.steps_done >= self.train_steps:
                return Outcome(setup.run, setup.state.steps_done, True)
            return self._train(setup, actions)

    def _train(self, setup: SetUp, more: Sequence[Action]) -> Outcome:
        state = setup.state
        summaries = Summaries(state.output)
        sample = self._sample(setup, summaries)
        evaluate = self._evaluate(setup, summaries)
        self._write_notes(setup)
        description = describe(setup.experiment, setup.algorithm)
        summaries.text("configuration", description, state.steps_done)
        held = self.cache_gb * 1e9, self.device_gb * 1e9
        say(outlook(setup, self.train_steps, *held))
        progress = Progress("step", self.train_steps, first=state.steps_done)
        actions = [
            self._log(setup, summaries, progress),
            Advise(progress, setup.workers),
            sample,
            *evaluate,
            *more,
            Save(self.save_interval_steps, state),
        ]
        signals = StopSignal()
        with contextlib.ExitStack() as stack:
            stack.callback(summaries.flush)
            stack.enter_context(signals.noted())
            stack.enter_context(progress.watched())
            steps = Steps(
                setup.workers.strategy,
                setup.algorithm,
                setup.tuples,
                state,
                setup.experiment.batch_size,
                setup.experiment.seed,
                *held,
                self.jit_compile,
            )
            stopped_by = take_steps(
                steps,
                self.train_steps,
                state,
                actions,
                setup.workers,
                signals,
            )
        step = state.steps_done
        return Outcome(
            setup.run,
            step,
            step >= self.train_steps,
            stopped_by,
            sample.grid_path,
        )

    def _log(
        self, setup: SetUp, summaries: Summaries, progress: Progress
    ) -> Log:
        return Log(
            self.log_interval_steps,
            summaries,
            progress,
            setup.algorithm.scalars,
            setup.experiment.batch_size,
        )

    def _sample(self, setup: SetUp, summaries: Summaries) -> Sample:
        samples = Samples(
            setup.algorithm,
            setup.tuples,
            setup.experiment.seed,
            self.collapse_limit,
        )
        return Sample(
            self.sample_interval_steps,
            summaries,
            samples,
            setup.state,
            setup.workers,
            self.stop_on_collapse,
        )

    def _evaluate(self, setup: SetUp, summaries: Summaries) -> list[Evaluate]:
        if not self.evaluate_interval_steps:
            return []
        scoring = Scoring(
            setup.algorithm,
            setup.data,
            setup.state.output,
            self.verifier,
            self.evaluate_pairs,
            setup.experiment.seed,
            self.keep_best_by,
        )
        return [
            Evaluate(
                self.evaluate_interval_steps, summaries, scoring, setup.state
            )
        ]

    def _write_notes(self, setup: SetUp) -> None:
        """Notes in the run folder what is trained there, and how."""
        output = setup.state.output
        output.write_experiment(setup.experiment)
        resuming.write_notes(output, self.notes())
        if isinstance(setup.tuples, IdentityTuples) and (
            setup.experiment.known_identities
        ):
            output.write_identities(setup.tuples.names())

    def notes(self) -> dict:
        """The options that a run folder keeps for the next start."""
        notes = {name: getattr(self, name) for name in KEPT}
        notes["data_dir"] = _absolute(self.data_dir)
        if self.verifier != FACENET:
            notes["verifier"] = _absolute(self.verifier)
        return notes


# What a run folder keeps: not what is of a start or of a machine.
KEPT = tuple(
    field.name
    for field in dataclasses.fields(Trainer)
    if field.name
    not in (
        "experiment",
        "named",
        "run_dir",
        "strategy",
        "logical_cpus",
        "init_from",
    )
)


def _absolute(path: str) -> str:
    """A path from any working directory."""
    return path if "://" in path else os.path.abspath(path)
