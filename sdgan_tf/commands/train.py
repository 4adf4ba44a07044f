"""The command `train`."""

import dataclasses
import os
import shlex
import signal
import sys

from data_pipeline import startup
from sdgan_tf.commands.options import Train
from sdgan_tf.commands.resumed_options import take_up
from sdgan_tf.config import Experiment
from sdgan_tf.training.dry_run import dry_run
from sdgan_tf.training.trainer import Outcome, Trainer


def trainer_of(options: Train) -> Trainer:
    """The trainer that the options ask for; its fields have their names."""
    named = options.named & {f.name for f in dataclasses.fields(Experiment)}
    values = {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(Trainer)
    }
    return Trainer(**{**values, "named": named})


def run(options: Train) -> None:
    """Trains, or goes on, or says what would be trained."""
    if options.strategy == "multi_worker" and not options.run_dir:
        raise ValueError(
            "--run_dir is missing: all workers must pass the same folder."
        )
    options, before = take_up(options)
    if before:
        named = " ".join(f"--{n}={v}" for n, v in before.items())
        print(f"As before: {named}", flush=True)
    trainer = trainer_of(options)
    if options.dry_run:
        print(dry_run(trainer))
        return
    if not options.data_dir:
        trainer.resolve()  # What else is wrong is said first.
        raise ValueError(
            "--data_dir is missing: the folder that "
            "`python -m data_pipeline.build_records` wrote."
        )
    setup = trainer.set_up()
    done = setup.state.steps_done
    if done >= options.train_steps:
        print(
            f"Nothing to do: {done} steps are trained. To train further, "
            "pass a larger --train_steps."
        )
    outcome = trainer.train(setup)
    _print_outcome(outcome)
    if setup.workers.number > 1 and not outcome.is_finished:
        # One that was told to stop has stopped all: a cluster that starts
        # again what failed must not take them for done.
        sys.exit(os.EX_TEMPFAIL)
    if outcome.stopped_by == signal.SIGINT.name:
        # What a script does next it is not to do; SIGTERM is a farewell that
        # was asked for, and saving is success.
        sys.exit(startup.INTERRUPTED)


def _print_outcome(outcome: Outcome) -> None:
    if outcome.stopped_by:
        print(f"Stopped by {outcome.stopped_by}; saved at step {outcome.step}.")
    run = outcome.run
    print(f"Run folder:  {run.folder}")
    logs = shlex.quote(run.path("tensorboard"))
    print(f"TensorBoard: tensorboard --logdir {logs}")
    paths = run.checkpoints.paths()
    print(f"Checkpoint:  {paths[0] if paths else 'none'}")
    if outcome.grid_path:
        print(f"Grid:        {outcome.grid_path}")
    sys.stdout.flush()
