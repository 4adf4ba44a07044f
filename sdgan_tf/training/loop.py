"""The training loop: compiled steps, and actions between them."""

import dataclasses
import logging
import math
import signal
import time

import keras
import numpy as np
import tensorflow as tf

from data_pipeline.pairs import IdentityTuples
from data_pipeline.records import DataSet
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Config, Experiment
from sdgan_tf.latents import Keys, Stream
from sdgan_tf.runs import Run, load_networks
from sdgan_tf.training.state import TrainingState
from sdgan_tf.training.strategy import make_strategy
from sdgan_tf.training.summaries import Progress, Summaries

GRID_SIDE = 8
WAITED = "time/data_seconds_per_step"
# A signal is answered between two calls of the compiled steps.
SECONDS_PER_CALL = 2.0
# A generator may need this long until its samples differ at all.
COLLAPSE_WATCH_STEPS = 1000


class Diverged(ArithmeticError):
    """Losses or weights are no longer finite."""


def compile_steps(strategy, algorithm: Algorithm, seed: int, step: tf.Variable):
    """Makes `train_steps(iterator, n)`: n steps in one compiled call.

    It returns the means over the steps of the algorithm's scalars.
    """

    def replica_step(batches, step):
        return algorithm.step(batches, Keys(seed, step))

    def one_step(iterator):
        started = tf.timestamp()
        batches = tuple(
            next(iterator) for _ in range(algorithm.batches_per_step)
        )
        waited = tf.timestamp() - started
        values = strategy.run(replica_step, args=(batches, step.value()))
        step.assign_add(1)
        return {
            WAITED: tf.cast(waited, tf.float32),
            **{
                name: strategy.reduce(
                    tf.distribute.ReduceOp.MEAN, value, axis=None
                )
                for name, value in values.items()
            },
        }

    @tf.function
    def train_steps(iterator, n):
        names = (WAITED, *algorithm.scalars)
        totals = dict.fromkeys(names, tf.constant(0.0))
        for _ in tf.range(n):
            values = one_step(iterator)
            totals = {name: totals[name] + values[name] for name in names}
        return {
            name: total / tf.cast(n, tf.float32)
            for name, total in totals.items()
        }

    return train_steps


def distribute(
    strategy, tuples: IdentityTuples, batch_size: int, **options
) -> tf.distribute.DistributedDataset:
    """Tuples as per-replica shares of the same global batches."""
    replicas = strategy.num_replicas_in_sync

    def shares(context: tf.distribute.InputContext) -> tf.data.Dataset:
        each = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * each
        return tuples.batches(
            batch_size,
            num_shares=replicas,
            shares=tuple(range(first, first + each)),
            **options,
        )

    return strategy.distribute_datasets_from_function(shares)


def count_parameters(network: keras.Model) -> int:
    """Trainable parameters."""
    return sum(math.prod(v.shape) for v in network.trainable_variables)


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


def resolve(config: Config) -> tuple[Run, Experiment]:
    """The run folder and what is trained in it.

    A folder that holds a checkpoint supplies what the user did not name.

    Raises:
        ValueError: If the user names something that differs from the run's.
    """
    run = (
        Run(config.run_dir)
        if config.run_dir
        else Run.new(config.experiment.model)
    )
    if not run.has_checkpoint():
        return run, config.experiment
    trained = run.experiment()
    asked = dataclasses.replace(
        trained,
        **{name: getattr(config.experiment, name) for name in config.named},
    )
    differences = asked.differences(trained)
    if differences:
        raise ValueError(
            f"`run_dir` {run.folder!r} holds a run of another configuration "
            f"(asked != trained): {'; '.join(differences)}. Choose another "
            "folder or leave these flags out."
        )
    return run, trained


class Trainer:
    """One run: builds it, takes it up where it stopped, and trains."""

    def __init__(self, config: Config):
        self.options = config.training
        self.strategy = make_strategy(self.options)
        self.run, self.experiment = resolve(config)
        # Weights drawn under a mirrored scope are copied to all replicas.
        keras.utils.set_random_seed(self.experiment.seed)
        with self.strategy.scope():
            self.algorithm = build_algorithm(self.experiment)
        self.description = describe(self.algorithm, self.experiment)
        if self.options.dry_run:
            return
        if not config.data_dir:
            raise ValueError(
                "--data_dir is missing: the folder that "
                "`python -m data_pipeline.build_records` wrote."
            )
        self.data = DataSet.open(config.data_dir)
        if self.data.image_size != self.experiment.image_size:
            raise ValueError(
                "`image_size` differs from the data set's. Received: "
                f"image_size={self.experiment.image_size}, data set: "
                f"{self.data.image_size}"
            )
        self.tuples = IdentityTuples.open(
            self.data, "train", self.experiment.k, self.experiment.seed
        )
        self.state = TrainingState(
            self.algorithm,
            self.experiment,
            self.data.build_id,
            self.run,
            keep=self.options.keep_checkpoints,
            keep_every_hours=self.options.keep_every_hours,
        )
        self._take_up()
        self.grid_path = None
        self._stopped_by = None
        self._was_diverse = False
        self._grid_codes = self.algorithm.latents.grid(
            *self.algorithm.latents.codes(
                self.experiment.seed, GRID_SIDE, GRID_SIDE
            )
        )

    def _take_up(self) -> None:
        """Restores the run, or the networks that it is to start from."""
        wanted_data = self.data.build_id
        path = self.state.restore()
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

    def train(self) -> None:
        """Trains to `train_steps`; a signal saves and stops before.

        Raises:
            Diverged: If losses or weights are no longer finite.
        """
        step = self.state.steps_done
        if step >= self.options.train_steps:
            print(f"Nothing to do: {step} steps are trained.")
            return
        self.run.write_experiment(self.experiment)
        self.summaries = Summaries(self.run)
        self.summaries.text("configuration", self.description, step)
        handlers = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            step = self._train_from(step)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self.summaries.flush()
        if self._stopped_by:
            print(f"Stopped by {self._stopped_by}; saved at step {step}.")

    def _train_from(self, step: int) -> int:
        options, state = self.options, self.state
        train_steps = compile_steps(
            self.strategy, self.algorithm, self.experiment.seed, state.step
        )
        iterator = iter(
            distribute(
                self.strategy,
                self.tuples,
                self.experiment.batch_size,
                start_batch=step * self.algorithm.batches_per_step,
                cache_bytes=options.cache_gb * 1e9,
            )
        )
        progress = Progress(step, options.train_steps)
        self._sample(step)
        meter = _Meter()
        per_call = 1
        while step < options.train_steps and not self._stopped_by:
            n = min(per_call, self._steps_to_next_action(step))
            started = time.monotonic()
            values = train_steps(iterator, tf.constant(n))
            values = {name: float(v) for name, v in values.items()}
            seconds = time.monotonic() - started
            step += n
            self._check_finite(step, values)
            meter.add(values, n, seconds)
            # How steps are grouped into calls changes no number.
            per_call = max(1, int(SECONDS_PER_CALL / seconds * n))
            progress.moved(step)
            if step % options.log_interval_steps == 0:
                scalars = meter.take(self.experiment.batch_size)
                self.summaries.scalars(scalars, step)
                progress.logged(step, scalars)
            if step % options.sample_interval_steps == 0:
                self._sample(step)
            if step % options.save_interval_steps == 0:
                self._save()
        if step != state.last_saved_step:
            self._save()
        self.grid_path = self._sample(step)
        return step

    def _on_signal(self, number, frame) -> None:
        self._stopped_by = signal.Signals(number).name

    def _steps_to_next_action(self, step: int) -> int:
        options = self.options
        intervals = (
            options.log_interval_steps,
            options.sample_interval_steps,
            options.save_interval_steps,
        )
        ahead = [interval - step % interval for interval in intervals]
        return min(*ahead, options.train_steps - step)

    def _diverged(self, step: int, what: str) -> Diverged:
        last = self.state.last_saved_step
        good = "none was saved" if last is None else f"step {last}"
        return Diverged(
            f"{what} is not finite at step {step}. The last good checkpoint: "
            f"{good} in {self.run.checkpoints}."
        )

    def _check_finite(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            if not math.isfinite(value):
                raise self._diverged(step, f"`{name}`")

    def _save(self) -> None:
        bad = self.state.bad_weights()
        if bad:
            raise self._diverged(self.state.steps_done, f"the weight `{bad}`")
        self.state.save()

    def _generate(self, z) -> np.ndarray:
        return self.algorithm.generator(z, training=False).numpy()

    def _sample(self, step: int) -> str:
        """Draws the fixed grid and pairs; warns of a collapse."""
        pixels, k = self.algorithm.pixels, self.experiment.k
        images = self._generate(self._grid_codes)
        path = self.summaries.sheet(
            "samples/grid", pixels.to_uint8(images), GRID_SIDE, step
        )
        key = Keys(self.experiment.seed, tf.constant(step)).key(Stream.GRID)
        z = self.algorithm.latents.tuples(key, GRID_SIDE, k)
        fake = self._generate(tf.reshape(z, [-1, z.shape[-1]]))
        self.summaries.sheet("samples/fake", pixels.to_uint8(fake), k, step)
        batch = next(
            iter(
                self.tuples.batches(
                    GRID_SIDE,
                    start_batch=step,
                    cache_bytes=0,
                )
            )
        )
        real = batch["images"].numpy()
        self.summaries.sheet(
            "samples/real", real.reshape(-1, *real.shape[2:]), k, step
        )
        diversity = float(np.mean(np.std(images, axis=0)))
        if step:
            self.summaries.scalars({"score/grid_diversity": diversity}, step)
        self._watch_collapse(step, diversity)
        return path

    def _watch_collapse(self, step: int, diversity: float) -> None:
        limit = self.options.collapse_limit
        if diversity >= limit:
            self._was_diverse = True
        elif self._was_diverse or step >= COLLAPSE_WATCH_STEPS:
            logging.warning(
                "COLLAPSE at step %d: the samples of the fixed grid are nearly "
                "the same picture (standard deviation %.4f over the grid, "
                "limit %.4f). Earlier checkpoints are in %s.",
                step,
                diversity,
                limit,
                self.run.checkpoints,
            )


class _Meter:
    """Means of scalars and the speed since the last log."""

    def __init__(self):
        self.totals, self.steps, self.seconds = {}, 0, 0.0
        self.started = time.monotonic()

    def add(self, values: dict[str, float], steps: int, seconds: float):
        for name, value in values.items():
            self.totals[name] = self.totals.get(name, 0.0) + value * steps
        self.steps += steps
        self.seconds += seconds

    def take(self, batch_size: int) -> dict[str, float]:
        elapsed = time.monotonic() - self.started
        scalars = {n: total / self.steps for n, total in self.totals.items()}
        scalars["time/pairs_per_second"] = batch_size * self.steps / elapsed
        scalars["time/seconds_per_step"] = self.seconds / self.steps
        scalars["time/data_share"] = (
            scalars[WAITED] / scalars["time/seconds_per_step"]
        )
        self.__init__()
        return scalars


def train(config: Config) -> None:
    """`--mode=train`."""
    trainer = Trainer(config)
    if config.training.dry_run:
        print(trainer.description)
        return
    trainer.train()
    run = trainer.run
    print(f"Run folder:  {run.folder}")
    print(f"TensorBoard: tensorboard --logdir {run.path('tensorboard')}")
    paths = run.checkpoint_paths()
    print(f"Checkpoint:  {paths[0] if paths else 'none'}")
    if trainer.grid_path:
        print(f"Grid:        {trainer.grid_path}")
