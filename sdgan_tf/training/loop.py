"""The training loop: compiled steps, and actions between them."""

import contextlib
import hashlib
import math
import os
import shlex
import signal
import sys
import tempfile
import time

import keras
import tensorflow as tf

from sdgan_tf.algorithms.registry import (
    build_algorithm,
    count_identities,
    knows_identities,
)
from sdgan_tf.config import AUTO, Config, Experiment
from sdgan_tf.locking import locked
from sdgan_tf.progress import Progress
from sdgan_tf.runs import Run, load_networks
from sdgan_tf.training.data import (
    DevicePhotographs,
    counts,
    distribute,
    open_data,
    open_tuples,
)
from sdgan_tf.training.precision import resolve_precision
from sdgan_tf.training.resuming import (
    describe,
    resolve,
    take_up,
    training_bytes,
    write_told,
)
from sdgan_tf.training.samples import Samples
from sdgan_tf.training.scoring import Scoring
from sdgan_tf.training.state import TrainingState
from sdgan_tf.training.steps import compile_steps
from sdgan_tf.training.strategy import make_workers
from sdgan_tf.training.summaries import Meter, Summaries

NIGHT_SECONDS = 10 * 3600
# A signal is answered between two calls of the compiled steps.
SECONDS_PER_CALL = 2.0


class Diverged(ArithmeticError):
    """Losses or weights are no longer finite."""


class Collapsed(ArithmeticError):
    """Samples that hardly differ, of a run that is to stop then."""


class Trainer:
    """One run: builds it, takes it up where it stopped, and trains.

    The run folder is locked until `train` returns or the object is gone.

    Args:
        config: What to train, and where.

    Raises:
        RunInUse: If another training writes the run folder.
        ValueError: If the configuration, the data and the folder do not fit.
        FileNotFoundError: If what is named is not there.
    """

    def __init__(self, config: Config):
        self.workers = make_workers(config.training)
        run, experiment = resolve(config)
        config, before = take_up(config)
        if before:
            named = " ".join(f"--{n}={v}" for n, v in before.items())
            print(f"As before: {named}", flush=True)
        self.config, self.options = config, config.training
        count = None
        if not self.options.dry_run or (
            config.data_dir and knows_identities(experiment)
        ):
            self.data = open_data(config.data_dir, experiment)
            self.tuples = open_tuples(
                self.data, experiment, self.options.cache_gb * 1e9
            )
            count = getattr(self.tuples, "num_identities", None)
        self.experiment = count_identities(experiment, count)
        if self.experiment.precision == AUTO:
            self.experiment = self._choose_precision()
        # Weights drawn under a mirrored scope are copied to all replicas.
        keras.utils.set_random_seed(self.experiment.seed)
        with self.workers.strategy.scope():
            self.algorithm = build_algorithm(self.experiment)
        self.description = describe(self.algorithm, self.experiment)
        if self.options.dry_run:
            return
        if self.algorithm.photographs_wanted:
            self.algorithm.photographs = self.tuples.photographs(
                self.algorithm.photographs_wanted
            )
        self.run = run or Run.new(self.experiment.model)
        # The workers do the same, but what is not the chief's is thrown away.
        self.output = self.run
        if not self.workers.is_chief:
            self._scratch = tempfile.TemporaryDirectory()
            self.output = Run(self._scratch.name)
        self._lock = contextlib.ExitStack()
        self._lock.enter_context(locked(self.output.folder))
        tf.io.gfile.makedirs(self.output.checkpoints.folder)
        self.output.checkpoints.remove_leftovers()
        self.state = TrainingState(
            self.algorithm,
            self.experiment,
            self.data.build_id,
            self.output,
            keep=self.options.keep_checkpoints,
            keep_every_hours=self.options.keep_every_hours,
        )
        self._take_up()
        self._check_workers_agree()
        self.samples = Samples(
            self.algorithm,
            self.experiment,
            self.tuples,
            self.options.collapse_limit,
        )
        self.scoring = None
        if self.options.evaluate_interval_steps:
            self.scoring = Scoring(
                config, self.data, self.algorithm, self.output
            )
        self.grid_path = None
        self._signal = None

    def _choose_precision(self) -> Experiment:
        if self.options.dry_run:
            raise ValueError(
                "`precision` 'auto' is settled by a short check on the data: "
                "name a precision for --dry_run."
            )
        tuples = self.tuples.batches(self.experiment.batch_size, cache_bytes=0)
        return resolve_precision(self.experiment, next(iter(tuples)))

    def _take_up(self) -> None:
        """Restores the run, or the networks that it is to start from."""
        wanted_data = self.data.build_id
        path = self.state.restore(self.run)
        if path:
            trained_on = self.state.checkpoint.data_id.numpy().decode()
            if trained_on != wanted_data:
                raise ValueError(
                    f"`run_dir` {self.run.folder!r} was trained on another "
                    f"data set (build_id {trained_on}). Received: "
                    f"data_dir={self.data.folder!r} (build_id {wanted_data})"
                )
            print(f"Resumed from {path}", flush=True)
            return
        if self.options.init_from:
            load_networks(Run(self.options.init_from), self.algorithm.networks)
            self.algorithm.restart_average()

    def _check_workers_agree(self) -> None:
        """Raises ValueError if another worker would train something else.

        Their gradients would be averaged without a word.
        """
        mine = (
            self.state.steps_done,
            self.experiment,
            self.data.build_id,
            self.options.train_steps,
            self.options.stop_on_collapse,
            self._intervals,
        )
        digest = hashlib.sha256(repr(mine).encode()).hexdigest()
        # So few digits that the mean of equal numbers is exact in float32.
        number = float(int(digest[:4], 16))
        (mean,) = self.workers.agree(number)
        if mean != number:
            raise ValueError(
                "All workers must see the same run folder and data, and be "
                "given the same flags; one of them differs. Received here: "
                f"run_dir={self.run.folder!r} at step {self.state.steps_done}, "
                f"data_dir={self.data.folder!r} with build_id "
                f"{self.data.build_id}, {self.experiment.to_json()}"
            )

    def train(self) -> bool:
        """Trains to `train_steps`; a signal saves and stops before.

        Returns:
            Whether all steps are trained.

        Raises:
            Diverged: If losses or weights are no longer finite.
            Collapsed: If samples hardly differ and `stop_on_collapse` is on.
        """
        with self._lock:
            self._train()
        return self.state.steps_done >= self.options.train_steps

    def _train(self) -> None:
        step = self.state.steps_done
        if step >= self.options.train_steps:
            print(
                f"Nothing to do: {step} steps are trained. A larger "
                "--train_steps goes on."
            )
            return
        self.output.write_experiment(self.experiment)
        write_told(self.output, self.config)
        if self.experiment.known_identities:
            self.output.write_identities(self.tuples.names())
        self.summaries = Summaries(self.output)
        self.summaries.text("configuration", self.description, step)
        print(self._outlook(step), flush=True)
        handlers = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            self._train_from(step)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self.summaries.flush()

    def _outlook(self, step: int) -> str:
        """What is known before the first step."""
        experiment, options = self.experiment, self.options
        photographs, identities = counts(self.tuples)
        size = self.tuples.decoded_bytes
        held = (
            "on the device"
            if size <= options.device_gb * 1e9
            else "in memory"
            if size <= options.cache_gb * 1e9
            else "read again each epoch"
        )
        side = experiment.image_size
        return "\n".join(
            [
                f"Training on {self.workers}",
                f"Run folder:  {self.run.folder}",
                f"Steps:       {step:,} of {options.train_steps:,} are done; "
                f"each sees {experiment.batch_size} tuples of {experiment.k}",
                f"Data:        {photographs:,} photographs of {identities:,} "
                f"identities, {side}x{side}, {size / 1e6:,.1f} MB {held}: "
                f"{self.data.folder}",
                f"Memory:      {training_bytes(self.algorithm) / 1e6:,.1f} MB "
                "for weights, gradients and optimizers, and activations",
            ]
        )

    def _train_from(self, step: int) -> None:
        progress = Progress("step", self.options.train_steps, first=step)
        with progress.watched():
            self._take_steps(step, progress)

    def _take_steps(self, step: int, progress: Progress) -> None:
        options, state, workers = self.options, self.state, self.workers
        photographs = None
        if self.tuples.decoded_bytes <= options.device_gb * 1e9:
            photographs = DevicePhotographs(
                workers.strategy, self.tuples.held_images()
            )
        train_steps = compile_steps(
            workers.strategy,
            self.algorithm,
            self.experiment.seed,
            state.step,
            options.jit_compile,
            photographs,
        )
        iterator = iter(
            distribute(
                workers.strategy,
                self.tuples,
                self.experiment.batch_size,
                start_batch=step * self.algorithm.batches_per_step,
                cache_bytes=options.cache_gb * 1e9,
                look_up=photographs is None,
            )
        )
        meter = Meter()
        self._draw(step)
        drawn = step
        per_call, stopped, advised = 1, False, False
        while step < options.train_steps and not stopped:
            n = min(per_call, self._steps_to_next_action(step))
            started = time.monotonic()
            values = train_steps(iterator, tf.constant(n))
            values = {name: float(v) for name, v in values.items()}
            seconds = time.monotonic() - started
            step += n
            self._check_finite(step, values)
            meter.add(values, n, seconds)
            progress.moved(step)
            advised = advised or self._advise(progress)
            if step % options.log_interval_steps == 0:
                scalars = meter.take(self.experiment.batch_size)
                self.summaries.scalars(scalars, step)
                rate = f"{scalars['time/pairs_per_second']:.1f} pairs/s"
                shown = {n: scalars[n] for n in self.algorithm.scalars}
                progress.logged(step, shown, rate)
            if step % options.sample_interval_steps == 0:
                self._draw(step)
                drawn = step
            if self.scoring and step % options.evaluate_interval_steps == 0:
                self._score(step)
            if step % options.save_interval_steps == 0:
                self._save()
            seconds, stopped = workers.agree(
                seconds, float(self._signal is not None)
            )
            # How steps are grouped into calls changes no number.
            per_call = max(1, int(SECONDS_PER_CALL / seconds * n))
        if step != state.last_saved_step:
            self._save()
        if step != drawn:
            self._draw(step)
        if stopped:
            name = self._signal or "a signal to another worker"
            print(f"Stopped by {name}; saved at step {step}.")

    def _advise(self, progress: Progress) -> bool:
        """Says what a processor finishes in a night, where a run takes days.

        Returns:
            Whether no more is to be said.
        """
        devices = self.workers.strategy.extended.worker_devices
        if any("GPU" in device for device in devices):
            return True
        if not progress.is_rated:
            return False
        days = progress.seconds_left / 86_400
        if days > 1:
            steps = int(NIGHT_SECONDS / progress.seconds_each)
            print(
                f"At this rate it takes {days:,.0f} days on this processor. "
                f"By tomorrow it trains {steps:,} steps (--train_steps); "
                "smaller --dim and --image_size (of the data set, too), as in "
                "demo.flags, make a step many times as fast.",
                flush=True,
            )
        return True

    def _on_signal(self, number, frame) -> None:
        self._signal = signal.Signals(number).name

    @property
    def _intervals(self) -> tuple[int, ...]:
        options = self.options
        return (
            options.log_interval_steps,
            options.sample_interval_steps,
            options.save_interval_steps,
            options.evaluate_interval_steps,
        )

    def _steps_to_next_action(self, step: int) -> int:
        ahead = [i - step % i for i in self._intervals if i]
        return min(*ahead, self.options.train_steps - step)

    def _draw(self, step: int) -> None:
        self.grid_path = self.samples.draw(self.summaries, step)
        if not self.options.stop_on_collapse:
            return
        # What a worker raises alone would let the others wait for it.
        if any(self.workers.agree(float(self.samples.collapsed))):
            raise Collapsed(
                f"Stopped by --stop_on_collapse at step {step}: the warning "
                f"above says what collapsed. The last checkpoint: "
                f"{self._last_checkpoint()}; to go further back, move the "
                "later ones out of the folder."
            )

    def _last_checkpoint(self) -> str:
        last = self.state.last_saved_step
        step = "none was saved" if last is None else f"step {last}"
        return f"{step} in {self.run.checkpoints}"

    def _diverged(self, step: int, what: str) -> Diverged:
        return Diverged(
            f"{what} is not finite at step {step}. The last good checkpoint: "
            f"{self._last_checkpoint()}."
        )

    def _check_finite(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            if not math.isfinite(value):
                raise self._diverged(step, f"`{name}`")

    def _score(self, step: int) -> None:
        self.algorithm.refresh()
        scalars = self.scoring.measure(step)
        self.summaries.scalars(scalars, step)
        self.scoring.keep_if_best(step, scalars, self.state)

    def _save(self) -> None:
        bad = self.state.bad_weights()
        if bad:
            raise self._diverged(self.state.steps_done, f"the weight `{bad}`")
        self.algorithm.refresh()
        self.state.save()


def train(config: Config) -> None:
    """`--mode=train`."""
    trainer = Trainer(config)
    if config.training.dry_run:
        print(trainer.description)
        return
    finished = trainer.train()
    run = trainer.run
    print(f"Run folder:  {run.folder}")
    logs = shlex.quote(run.path("tensorboard"))
    print(f"TensorBoard: tensorboard --logdir {logs}")
    paths = run.checkpoints.paths()
    print(f"Checkpoint:  {paths[0] if paths else 'none'}")
    if trainer.grid_path:
        print(f"Grid:        {trainer.grid_path}")
    if trainer.workers.number > 1 and not finished:
        # One that was told to stop has stopped all: a cluster that starts
        # again what failed must not take them for done.
        sys.exit(os.EX_TEMPFAIL)
