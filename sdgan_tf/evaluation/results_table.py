"""The paper's table of several runs on one data set."""

import csv
import dataclasses
import html
import io
import os
import pathlib
import string
from collections.abc import Iterable

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.algorithms.registry import SYSTEMS
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.protocol import Protocol, check_sizes
from sdgan_tf.generators import Generator
from sdgan_tf.images import contact_sheet, data_url, encode_png
from sdgan_tf.runs import Run

TEMPLATE = pathlib.Path(__file__).parent / "results_table.html"
GRID = 4, 6  # Identities and observations of a row's grid.
COLUMNS = {
    "memory_mb": ("Mem (MB)", 1),
    "auc": ("AUC", 3),
    "accuracy": ("Acc.", 3),
    "far": ("FAR", 3),
    "best_accuracy": ("Best acc.", 3),
    "eer": ("EER", 3),
    "tar_at_1e-2": ("TAR at FAR 1e-2", 3),
    "tar_at_1e-3": ("TAR at FAR 1e-3", 3),
    "fisher_ratio": ("Fisher ratio", 2),
    "uniqueness": ("Uniqueness", 3),
    "novelty": ("Novelty", 3),
    "novelty_fpir5": ("Novelty at FPIR 5 %", 3),
    "id_div": ("ID-Div", 3),
    "all_div": ("All-Div", 3),
    "frechet": ("Fréchet", 3),
    "kernel": ("Kernel", 4),
    "precision": ("Precision", 3),
    "recall": ("Recall", 3),
    "downstream_auc": ("Downstream AUC", 3),
    "downstream_gap": ("Gap to real", 3),
    "downstream_both_auc": ("Both AUC", 3),
    "observation_auc": ("Obs. AUC", 3),
    "identity_consistency": ("Id. by z_i", 2),
    "observation_consistency": ("Obs. by z_o", 2),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: The system and how it differs from the paper's.
        line: The line of its evaluation.
        grid: uint8 picture, rows one identity, columns one observation.
    """

    name: str
    line: dict
    grid: np.ndarray


def row_name(experiment: Experiment) -> str:
    """`SD-DCGAN (stacked, k=4)`: the system and what is not the default.

    Sizes, seed and speed are the run's and no other system.
    """
    same = (
        "image_size",
        "dim",
        "batch_size",
        "seed",
        "precision",
        "model",
        "known_identities",
    )
    default = dataclasses.asdict(Experiment())
    fixed = SYSTEMS[experiment.model].fixed
    parts = [
        value if isinstance(value, str) else f"{name}={value}"
        for name, value in dataclasses.asdict(experiment).items()
        if name not in same and name not in fixed and value != default[name]
    ]
    name = experiment.model.upper().replace("_", "-")
    return f"{name} ({', '.join(parts)})" if parts else name


def sorted_runs(runs: Iterable[Run]) -> list[Run]:
    """Runs in the paper's order of systems."""

    def place(run: Run) -> tuple:
        experiment = run.experiment()
        return list(SYSTEMS).index(experiment.model), row_name(experiment)

    return sorted(runs, key=place)


def check_runs(runs: Iterable[Run], data: DataSet) -> None:
    """Checks that all runs can be measured, before the first one is.

    Raises:
        FileNotFoundError: If a run has no checkpoint.
        ValueError: If its pictures are not of the data set's size.
    """
    for run in runs:
        if not (run.has_checkpoint() or run.has_weights()):
            raise FileNotFoundError(
                f"The run folder has no checkpoint: train first. Received: "
                f"{run.folder!r}"
            )
    for run in runs:
        check_sizes(run.generator(), data)


def photographs_row(protocol: Protocol) -> Row:
    """The row of the photographs of the test split."""
    line = protocol.photographs()
    return Row("Photographs", line, _real_grid(protocol.data))


def run_row(protocol: Protocol, run: Run) -> Row:
    """The row of a run."""
    generated = protocol.generated(run.generator(), run)
    grid = _generated_grid(generated.generator, protocol.seed)
    return Row(row_name(run.experiment()), generated.result, grid)


def _real_grid(data: DataSet) -> np.ndarray:
    rows, columns = GRID
    test = Photographs.open(data, "test")
    starts = np.cumsum(test.counts) - test.counts
    # The identities with most photographs; shorter rows end in white.
    most = np.sort(np.argsort(-test.counts, kind="stable")[:rows])
    side = data.image_size
    grid = np.full([len(most), columns, side, side, 3], 255, np.uint8)
    for row, identity in enumerate(most):
        count = min(columns, int(test.counts[identity]))
        grid[row, :count] = test.read(starts[identity] + np.arange(count))
    return contact_sheet(grid.reshape(-1, side, side, 3), columns)


def _generated_grid(generator: Generator, seed: int) -> np.ndarray:
    rows, _ = generator.latents.grid_sides(GRID[0])
    latents = generator.latents
    codes = latents.grid(*latents.codes(seed, rows, GRID[1]))
    return contact_sheet(generator.pixels.to_uint8(generator(codes)), GRID[1])


def _columns(rows: list[Row]) -> list[str]:
    """Names of the columns that some row has a number for."""
    return [
        name
        for name in COLUMNS
        if any(row.line.get(name) is not None for row in rows)
    ]


def _cells(line: dict, columns: list[str]) -> list[list[str]]:
    """The parts of each cell: a number, its interval, what else is known."""
    cells = []
    for name in columns:
        digits = COLUMNS[name][1]
        value = line.get(name)
        parts = ["" if value is None else f"{value:.{digits}f}"]
        if interval := line.get(f"{name}_interval"):
            low, high = interval
            parts.append(f" [{low:.{digits}f}, {high:.{digits}f}]")
        if name == "auc" and "independent_auc" in line:
            parts.append(
                f"; independent z {line['independent_auc']:.{digits}f}"
            )
        cells.append(parts)
    return cells


def _heads(columns: list[str]) -> list[str]:
    return ["System", "Steps", *(COLUMNS[name][0] for name in columns)]


def _row(row: Row, columns: list[str]) -> list[list[str]]:
    step = row.line["step"]
    shown = "" if step is None else f"{step:,}"
    return [[row.name], [shown], *_cells(row.line, columns)]


def as_markdown(rows: list[Row]) -> str:
    """The table in Markdown."""
    columns = _columns(rows)
    lines = [_heads(columns), ["---"] * (2 + len(columns))]
    lines += [list(map("".join, _row(row, columns))) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def as_csv(rows: list[Row]) -> str:
    """The numbers alone, full precision, with the ends of the intervals."""
    buffer = io.StringIO()
    names = []
    for name in COLUMNS:
        names += [name, f"{name}_low", f"{name}_high"]
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["system", "step", *names, "independent_auc", "run_dir"])
    for row in rows:
        line = row.line
        values = []
        for name in COLUMNS:
            ends = line.get(f"{name}_interval") or [None, None]
            values += [line.get(name), *ends]
        writer.writerow(
            [
                row.name,
                line["step"],
                *values,
                line.get("independent_auc"),
                line["run_dir"],
            ]
        )
    return buffer.getvalue()


def as_html(rows: list[Row], note: str) -> str:
    """The table with a sample grid each, in one file."""

    def cell(text, *notes):
        small = "".join(
            f"<small>{html.escape(note.strip(' ;'))}</small>" for note in notes
        )
        return f"<td>{html.escape(text)}{small}"

    columns = _columns(rows)
    figures = "".join(
        f'<figure><img alt="Grid of {html.escape(row.name)}" '
        f'src="{data_url(encode_png(row.grid))}">'
        f"<figcaption>{html.escape(row.name)}</figcaption></figure>"
        for row in rows
    )
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        note=html.escape(note),
        heads="".join(f"<th>{html.escape(head)}" for head in _heads(columns)),
        rows="".join(
            "<tr>" + "".join(cell(*parts) for parts in _row(row, columns))
            for row in rows
        ),
        figures=figures,
    )


def write_table(folder: str, rows: list[Row], note: str) -> None:
    """Writes `table.md`, `table.csv` and `table.html`.

    Args:
        folder: Made if it is not there.
        rows: The rows, from the first.
        note: What they were measured by.
    """
    tf.io.gfile.makedirs(folder)
    texts = {
        "table.md": f"{as_markdown(rows)}\n{note}\n",
        "table.csv": as_csv(rows),
        "table.html": as_html(rows, note),
    }
    for name, text in texts.items():
        with tf.io.gfile.GFile(os.path.join(folder, name), "w") as file:
            file.write(text)
