"""Runs a list of trainings one after the other, and evaluates each.

    python -m benchmarks.relay --list=experiments/projected.json \\
        --data_dir=data/celeba50k --output_dir=runs/projected

For one machine and a list of experiments. The list is JSON: objects with a
`name`, the `flags` of main.py, and `minutes` of training (or none, to train to
the end of `--train_steps`). Each gets a run folder `OUTPUT_DIR/NAME` and is
then evaluated by the flags in `--evaluate`. `OUTPUT_DIR/status.html` shows
where all of them are.

Stop it and start it again whenever you like, also by a kill: a training goes on
where its last checkpoint is, and its minutes are counted on. While the file
`OUTPUT_DIR/pause` is there the training stands still, for as long as something
else needs the machine. What fails is noted, and the next one starts.
"""

import collections
import ctypes
import dataclasses
import html
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import time

from absl import app, flags

LIST = flags.DEFINE_string("list", None, "JSON file with the trainings.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Data set of all of them.")
OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "Folder of the runs.")
EVALUATE = flags.DEFINE_string(
    "evaluate",
    "--num_pairs=10000",
    "Flags of --mode=evaluate for what was trained; empty: none is evaluated.",
)
NICE = flags.DEFINE_integer("nice", 15, "Added to the niceness.", 0, 19)

ROOT = pathlib.Path(__file__).parent.parent
STATE, STATUS, PAUSE = "relay.json", "status.html", "pause"
NAME = re.compile(r"[A-Za-z0-9_-]+")
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_BETWEEN_PAGES = 30.0
LOG_LINES_SHOWN = 5
PR_SET_PDEATHSIG = 1  # Of Linux' prctl.


@dataclasses.dataclass(frozen=True)
class Job:
    """One training of the list.

    Attributes:
        name: Of its run folder.
        flags: Of main.py, without data and folder.
        minutes: Of training; None trains to the end.
    """

    name: str
    flags: tuple[str, ...]
    minutes: float | None = None

    @classmethod
    def from_fields(cls, fields) -> "Job":
        """A job as the list holds it.

        Raises:
            ValueError: If it is none.
        """
        rule = (
            "Each training of the list must be an object with a `name` of "
            "letters, digits, - and _, a list of `flags`, and `minutes` above "
            f"0 or none. Received: {fields!r}"
        )
        if not isinstance(fields, dict) or set(fields) - {
            "name",
            "flags",
            "minutes",
        }:
            raise ValueError(rule)
        name, given = fields.get("name"), fields.get("flags")
        minutes = fields.get("minutes")
        if (
            not isinstance(name, str)
            or not NAME.fullmatch(name)
            or not isinstance(given, list)
            or not all(isinstance(flag, str) for flag in given)
            or not (minutes is None or type(minutes) in (int, float))
            or not (minutes is None or minutes > 0)
        ):
            raise ValueError(rule)
        return cls(name, tuple(given), minutes)


def read_list(path: str) -> list[Job]:
    """The trainings of a list.

    Raises:
        ValueError: If it is no list of trainings, or a name comes twice.
        OSError: If it cannot be read.
    """
    try:
        fields = json.loads(pathlib.Path(path).read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(fields, list):
        raise ValueError(f"{path} must hold a list. Received: {fields!r}")
    jobs = [Job.from_fields(each) for each in fields]
    counts = collections.Counter(job.name for job in jobs)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise ValueError(f"{path} has a name twice. Received: {twice}")
    return jobs


class Record:
    """What is known of one job, kept in its run folder.

    Args:
        job: The job.
        folder: Its run folder.
    """

    def __init__(self, job: Job, folder: pathlib.Path):
        self.job, self.folder = job, folder
        self.state, self.seconds, self.error = "waiting", 0.0, ""
        path = folder / STATE
        if path.exists():
            held = json.loads(path.read_text())
            self.state, self.seconds = held["state"], held["seconds"]
        if self.state != "done":
            self.state = "waiting"

    def save(self) -> None:
        """Writes it whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        held = {
            "state": self.state,
            "seconds": self.seconds,
            "flags": self.job.flags,
            "error": self.error,
        }
        write(self.folder / STATE, json.dumps(held, indent=2) + "\n")

    @property
    def seconds_left(self) -> float:
        """Of its training."""
        if self.job.minutes is None:
            return float("inf")
        return 60.0 * self.job.minutes - self.seconds

    def last_line(self, name: str) -> dict:
        """The last line of one of the run's JSON files; {} without one."""
        path = self.folder / name
        if not path.exists():
            return {}
        for line in reversed(path.read_text().splitlines()):
            try:
                return json.loads(line)
            except ValueError:
                continue  # One that is being written.
        return {}

    def log_end(self) -> str:
        """The last lines of its log."""
        path = self.folder / "relay.log"
        if not path.exists():
            return ""
        lines = path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES_SHOWN:])


def write(path: pathlib.Path, text: str) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    part.replace(path)


class Relay:
    """Trains and evaluates jobs in their order.

    Args:
        jobs: What to train.
        folder: Where the run folders go.
        data_dir: The data set.
        evaluate: Flags of `--mode=evaluate`; empty for none.
        nice: Added to the niceness of what is started.
    """

    def __init__(
        self,
        jobs: list[Job],
        folder: str,
        data_dir: str,
        evaluate: str = "",
        nice: int = 0,
    ):
        self.folder = pathlib.Path(folder).absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.records = [Record(job, self.folder / job.name) for job in jobs]
        self.data_dir = os.path.abspath(data_dir)
        self.evaluate, self.nice = shlex.split(evaluate), nice
        self.stopped = False
        self._page_at = 0.0

    def stop(self, *_) -> None:
        """Ends after what runs now has saved; for signals."""
        self.stopped = True

    def run(self) -> bool:
        """Runs all that is not done; whether all of it is now."""
        for record in self.records:
            if record.state != "done" and not self.stopped:
                self._run_one(record)
            self.write_page()
        return all(record.state == "done" for record in self.records)

    def _run_one(self, record: Record) -> None:
        if record.seconds_left > 0:
            record.state = "training"
            given = (f"--data_dir={self.data_dir}", *record.job.flags)
            if not self._call(record, given):
                return
        if self.evaluate:
            record.state = "evaluating"
            given = ("--mode=evaluate", f"--data_dir={self.data_dir}")
            if not self._call(record, (*given, *self.evaluate)):
                return
        record.state = "done"
        record.save()

    def _call(self, record: Record, given: tuple[str, ...]) -> bool:
        """Runs main.py for a job; whether it did what it was to do."""
        training = record.state == "training"
        record.error = ""
        record.save()
        command = [
            sys.executable,
            str(ROOT / "main.py"),
            *given,
            f"--run_dir={record.folder}",
        ]
        with open(record.folder / "relay.log", "ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=self._before_start,
            )
            try:
                self._watch(record, process, training)
            finally:
                if process.poll() is None:
                    # What it has not saved is lost with it, no more.
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
        write(self.folder / STATUS, page(self.records, self.folder))


def page(records: list[Record], folder: pathlib.Path) -> str:
    """The status of all jobs as HTML."""
    rows = []
    for record in records:
        stats = record.last_line("stats.jsonl")
        found = record.last_line("metrics.jsonl")
        losses = {n: v for n, v in stats.items() if n.startswith("loss/")}
        minutes = record.job.minutes
        cells = (
            record.job.name,
            record.state,
            stats.get("step", 0),
            f"{record.seconds / 60:.0f} of "
            + ("all" if minutes is None else f"{minutes:g}"),
            ", ".join(f"{n[5:]} {v:.3f}" for n, v in losses.items()),
            ", ".join(
                f"{n} {found[n]:.3f}"
                for n in ("auc", "id_div", "all_div")
                if isinstance(found.get(n), float)
            ),
        )
        row = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
        grids = sorted(record.folder.glob("samples/samples_grid-*.png"))
        picture = ""
        if grids:
            source = html.escape(str(grids[-1].relative_to(folder)))
            picture = f'<img src="{source}" alt="samples" height="160">'
        if record.error:
            picture += f"<pre>{html.escape(record.error)}</pre>"
        rows.append(f"<tr>{row}<td>{picture}</td></tr>")
    names = ("name", "state", "step", "minutes", "losses", "evaluated", "grid")
    head = "".join(f"<th>{name}</th>" for name in names)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta http-equiv="refresh" content="60"><title>Relay</title>'
        "<style>body{font-family:sans-serif}td,th{padding:.3em .8em;"
        "text-align:left;vertical-align:top}</style>"
        f"<h1>{html.escape(folder.name)}</h1>"
        f"<table><tr>{head}</tr>{''.join(rows)}</table></html>\n"
    )


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        sys.exit(f"relay: not a flag: {argv[1]}")
    try:
        relay = Relay(
            read_list(LIST.value),
            OUTPUT_DIR.value,
            DATA_DIR.value,
            EVALUATE.value,
            NICE.value,
        )
    except (ValueError, OSError) as error:
        sys.exit(f"relay: {error}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, relay.stop)
    done = relay.run()
    print(f"Status: {relay.folder / STATUS}")
    for record in relay.records:
        print(f"{record.job.name}: {record.state}")
    if not done and not relay.stopped:
        sys.exit(1)


if __name__ == "__main__":
    flags.mark_flags_as_required(["list", "data_dir", "output_dir"])
    app.run(main)
