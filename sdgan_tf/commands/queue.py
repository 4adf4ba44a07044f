"""`queue`: runs a list of trainings, and evaluates each."""

import shlex
import signal
import sys

from data_pipeline import startup
from sdgan_tf.commands.options import Queue as Options
from sdgan_tf.queue.jobs import read_list
from sdgan_tf.queue.training_queue import Queue


def run(options: Options) -> None:
    """Runs all trainings of the list that are not done.

    Raises:
        ValueError: If a flag is missing, or the list is none.
        OSError: If the list cannot be read.
    """
    for name in ("trainings", "data_dir", "output_dir"):
        if not getattr(options, name):
            raise ValueError(f"--{name} is missing.")
    queue = Queue(
        read_list(options.trainings),
        options.output_dir,
        options.data_dir,
        shlex.split(options.evaluate_flags)
        if options.evaluate_trained
        else None,
        options.nice,
    )
    told = set()

    def stop(number, _frame):
        told.add(number)
        queue.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    print(f"Status: {queue.status_path}", flush=True)
    done = queue.run()
    for record in queue.records:
        print(f"{record.job.name}: {record.state}")
    if signal.SIGINT in told:
        sys.exit(startup.INTERRUPTED)
    if not done and not queue.stopped:
        sys.exit(1)
