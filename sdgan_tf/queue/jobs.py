"""The trainings of a queue, and what is known of each."""

import collections
import dataclasses
import json
import pathlib
import re

NAME = re.compile(r"[A-Za-z0-9_-]+")
STATE, LOG = "queue.json", "queue.log"
LOG_LINES_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Job:
    """One training of a queue.

    Attributes:
        name: The name of its run folder.
        flags: Flags of `sdgan train`, without data and folder.
        minutes: How long it trains; None trains all its steps.
    """

    name: str
    flags: tuple[str, ...]
    minutes: float | None = None

    @classmethod
    def from_fields(cls, fields) -> "Job":
        """Reads a job of the list.

        Raises:
            ValueError: If the fields are not those of a job.
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
    """Reads a list of trainings, a JSON file.

    Raises:
        ValueError: If it is no list of trainings, or a name comes twice.
        OSError: If it cannot be read.
    """
    try:
        fields = json.loads(pathlib.Path(path).read_text("utf-8-sig"))
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
    """The state of one job, kept in its run folder.

    Attributes:
        state: "waiting", "training", "evaluating", "done" or "failed".
        seconds: Trained so far.
        error: The end of the log of a job that failed.

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
        """Seconds that it may train on; infinite without `minutes`."""
        if self.job.minutes is None:
            return float("inf")
        return 60.0 * self.job.minutes - self.seconds

    def expected_seconds(self) -> float | None:
        """Seconds of training that are left; None if unknown.

        A job without `minutes` goes on at its rate so far.
        """
        if self.job.minutes is not None:
            return max(0.0, self.seconds_left)
        step = self.last_line("stats.jsonl").get("step", 0)
        path = self.folder / "training.json"
        if not (step and self.seconds and path.exists()):
            return None
        steps = json.loads(path.read_text())["train_steps"]
        return max(0, steps - step) * self.seconds / step

    def last_line(self, name: str) -> dict:
        """The last line of one of the run's JSON Lines files; {} if none."""
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
        path = self.folder / LOG
        if not path.exists():
            return ""
        lines = path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES_SHOWN:])


def write(path: pathlib.Path, text: str) -> None:
    """Writes a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    part.replace(path)
