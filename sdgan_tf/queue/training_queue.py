"""Runs trainings one after the other, and evaluates each."""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from sdgan_tf.queue.jobs import LOG, Job, Record, write
from sdgan_tf.queue.status_page import status_page

STATUS, PAUSE = "status.html", "pause"
PROGRAM = (sys.executable, "-m", "sdgan_tf")
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_BETWEEN_PAGES = 30.0
PR_SET_PDEATHSIG = 1  # Of Linux' prctl.


class Queue:
    """Trains and evaluates jobs in their order.

    Stop it and start it again whenever you like, also by a kill: a training
    goes on where its last checkpoint is, and its time is counted on. While the
    file `pause` is in the folder the training stands still. Of a job that
    fails the end of its log is noted, and the next one starts.

    Args:
        jobs: The trainings.
        folder: Where the run folders and the status page go.
        data_dir: The data set of all of them.
        evaluate_flags: Flags of `sdgan evaluate`; None evaluates nothing.
        nice: Added to the niceness of the processes.
        program: What takes the name of a command and its flags: `sdgan`.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        folder: str,
        data_dir: str,
        evaluate_flags: Sequence[str] | None = None,
        nice: int = 0,
        program: Sequence[str] = PROGRAM,
    ):
        self.folder = pathlib.Path(folder).absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.records = [Record(job, self.folder / job.name) for job in jobs]
        self.data_dir = os.path.abspath(data_dir)
        self.evaluate_flags, self.nice = evaluate_flags, nice
        self.program = tuple(program)
        self.stopped = False
        self._page_at = 0.0

    @property
    def status_path(self) -> pathlib.Path:
        """The status page."""
        return self.folder / STATUS

    def stop(self) -> None:
        """Stops when the running training has saved; a handler may call it."""
        self.stopped = True

    def run(self) -> bool:
        """Runs all jobs that are not done.

        Returns:
            Whether all of them are done now.
        """
        for record in self.records:
            if record.state != "done" and not self.stopped:
                self._run_one(record)
            self.write_page()
        return all(record.state == "done" for record in self.records)

    def _run_one(self, record: Record) -> None:
        if record.seconds_left > 0:
            record.state = "training"
            if not self._call(record, "train", record.job.flags):
                return
        if self.evaluate_flags is not None:
            record.state = "evaluating"
            if not self._call(record, "evaluate", self.evaluate_flags):
                return
        record.state = "done"
        record.save()

    def _call(self, record: Record, name: str, given: Sequence[str]) -> bool:
        """Runs a command for a job; whether it did what it was to do."""
        training = record.state == "training"
        record.error = ""
        record.save()
        command = [
            *self.program,
            name,
            f"--data_dir={self.data_dir}",
            *given,
            f"--run_dir={record.folder}",
        ]
        with open(record.folder / LOG, "ab") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=self._before_start,
            )
            try:
                self._watch(record, process, training)
            finally:
                if process.poll() is None:
                    # It loses what it has not saved.
                    process.kill()
                    process.wait()
        if self.stopped:
            record.state = "waiting"
        elif process.returncode:
            record.state, record.error = "failed", record.log_end()
        record.save()
        return record.state not in ("failed", "waiting")

    def _before_start(self) -> None:
        """In the new process: it is nice, and ends with this one."""
        os.nice(self.nice)
        if sys.platform == "linux":
            # However this one ends, a training saves and lets go its folder.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    def _watch(self, record: Record, process, training: bool) -> None:
        """Waits for a process, counts its time, pauses and ends it."""
        paused, told, looked = False, False, time.monotonic()
        while process.poll() is None:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            now = time.monotonic()
            if training and not paused:
                record.seconds += now - looked
            looked = now
            wanted = (self.folder / PAUSE).exists() and not self.stopped
            if wanted != paused:
                paused = wanted
                process.send_signal(
                    signal.SIGSTOP if paused else signal.SIGCONT
                )
            over = training and record.seconds_left <= 0
            if (self.stopped or over) and not told:
                told = True
                process.send_signal(signal.SIGTERM)
            if now - self._page_at >= SECONDS_BETWEEN_PAGES:
                record.save()
                self.write_page()

    def write_page(self) -> None:
        """Writes the status page."""
        self._page_at = time.monotonic()
        write(self.status_path, status_page(self.records, self.folder))
