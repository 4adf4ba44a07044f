"""The page that shows where the trainings of a queue are."""

import html
import pathlib

from sdgan_tf.queue.jobs import Record

COLUMNS = ("name", "state", "step", "trained", "left", "losses", "evaluated")
MEASURES = ("auc", "id_div", "all_div")
HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    '<meta http-equiv="refresh" content="60"><title>{title}</title>'
    "<style>:root{{color-scheme:light dark}}body{{font-family:sans-serif}}"
    "td,th{{padding:.3em .8em;text-align:left;vertical-align:top}}</style>"
    "<h1>{title}</h1>"
)


def status_page(records: list[Record], folder: pathlib.Path) -> str:
    """Shows the state of all jobs as HTML.

    Args:
        records: The jobs.
        folder: The queue's folder: pictures are named relative to it.
    """
    names = "".join(f"<th>{name}</th>" for name in (*COLUMNS, "grid"))
    rows = "".join(_row(record, folder) for record in records)
    head = HEAD.format(title=html.escape(folder.name))
    return f"{head}<table><tr>{names}</tr>{rows}</table></html>\n"


def _row(record: Record, folder: pathlib.Path) -> str:
    stats = record.last_line("stats.jsonl")
    found = record.last_line("metrics.jsonl")
    left = None if record.state == "done" else record.expected_seconds()
    cells = (
        record.job.name,
        record.state,
        f"{stats.get('step', 0):,}",
        _minutes(record.seconds),
        "" if left is None else _minutes(left),
        ", ".join(
            f"{name.removeprefix('loss/')} {value:.3f}"
            for name, value in stats.items()
            if name.startswith("loss/")
        ),
        ", ".join(
            f"{name} {found[name]:.3f}"
            for name in MEASURES
            if isinstance(found.get(name), float)
        ),
    )
    row = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f"<tr>{row}<td>{_grid(record, folder)}</td></tr>"


def _grid(record: Record, folder: pathlib.Path) -> str:
    """The latest grid of a run, and the error of one that failed."""
    shown = ""
    grids = sorted(record.folder.glob("samples/samples_grid-*.png"))
    if grids:
        source = html.escape(grids[-1].relative_to(folder).as_posix())
        name = html.escape(f"Samples of {record.job.name}")
        shown = f'<img src="{source}" alt="{name}" height="160">'
    if record.error:
        shown += f"<pre>{html.escape(record.error)}</pre>"
    return shown


def _minutes(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}:{minutes:02d} h"
