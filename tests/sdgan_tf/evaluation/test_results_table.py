"""The table of several runs, its order, its names and its errors."""

import csv
import shutil

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import protocol, results_table
from sdgan_tf.runs import Run


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "SD-DCGAN"),
        ({"dim": 8, "image_size": 32, "seed": 3}, "SD-DCGAN"),
        (
            {"discriminator": "stacked", "k": 4, "loss": "wgan"},
            "SD-DCGAN (stacked, wgan, k=4)",
        ),
        ({"model": "dcgan", "k": 1}, "DCGAN"),
        ({"model": "sd_began", "d_i": 25}, "SD-BEGAN (d_i=25)"),
    ],
)
def test_row_names(options, name):
    assert results_table.row_name(Experiment(**options)) == name


def test_table(trained, train_run, split_data, mean_colour, tmp_path):
    vanilla = str(tmp_path / "vanilla")
    train_run(run_dir=vanilla, model="dcgan", data_dir=split_data)
    runs = results_table.sorted_runs([Run(trained.run_dir), Run(vanilla)])
    measures = protocol.Protocol(
        DataSet.open(split_data),
        mean_colour,
        num_pairs=8,
        bootstrap_samples=20,
        factor_steps=2,
    )
    rows = [
        results_table.photographs_row(measures),
        *(results_table.run_row(measures, run) for run in runs),
    ]
    output = tmp_path / "table"
    results_table.write_table(str(output), rows, "a note")
    line = rows[2].line
    with open(output / "table.csv") as file:
        rows = list(csv.DictReader(file))
    # Photographs first, then the paper's order and not the user's.
    assert [row["system"] for row in rows] == [
        "Photographs",
        "DCGAN (d_i=6, d_o=5)",
        "SD-DCGAN (d_i=6, d_o=5)",
    ]
    assert float(rows[2]["auc"]) == line["auc"]
    assert float(rows[2]["auc_low"]) == line["auc_interval"][0]
    assert float(rows[2]["memory_mb"]) == line["memory_mb"]
    # Only the vanilla model has the second figure.
    assert [bool(row["independent_auc"]) for row in rows] == [0, 1, 0]
    markdown = (output / "table.md").read_text()
    assert markdown.count("\n| SD-DCGAN (d_i=6, d_o=5) | 6 |") == 1
    # Columns that no row has a number for are left out, but for the CSV.
    head = markdown.splitlines()[0]
    assert "| EER |" in head and "Downstream AUC" not in head
    assert "downstream_auc" in rows[0]
    assert "independent z" in markdown and markdown.endswith("\na note\n")
    page = (output / "table.html").read_text()
    low, high = line["auc_interval"]
    shown = f"<td>{line['auc']:.3f}<small>[{low:.3f}, {high:.3f}]</small>"
    assert shown in page and "<small>independent z" in page
    assert page.count("data:image/png;base64,") == 3
    assert "http" not in page


def test_runs_are_checked_before_all(
    trained, split_data, write_data_set, tmp_path
):
    empty = tmp_path / "empty"
    empty.mkdir()
    shutil.copy(f"{trained.run_dir}/config.json", empty)
    runs = [Run(trained.run_dir), Run(str(empty))]
    with pytest.raises(FileNotFoundError, match="empty"):
        results_table.check_runs(runs, DataSet.open(split_data))
    big = write_data_set(tmp_path / "big", {"a": 2}, image_size=64)
    with pytest.raises(ValueError, match="Received: 32 and 64"):
        results_table.check_runs(runs[:1], DataSet.open(big))


def test_real_grid_shows_one_subject_a_row(make_splits):
    data = make_splits("uneven", {"test": {"a": 2, "b": 7, "c": 1}})
    grid = results_table._real_grid(DataSet.open(data))
    cells = grid.reshape(3, 32, 6, 32, 3).transpose(0, 2, 1, 3, 4)
    white = (cells == 255).all(axis=(2, 3, 4))
    assert white.sum(axis=1).tolist() == [4, 0, 5]
    means = cells[1].mean(axis=(1, 2))
    assert np.ptp(means, axis=0).max() < 5


def test_vanilla_is_settled(train_run, tmp_path):
    train_run(model="dcgan", k=1)
    assert Run(str(tmp_path / "run")).experiment().k == 1
    with pytest.raises(ValueError, match="`dcgan` requires k=1"):
        train_run(model="dcgan", k=2, run_dir=str(tmp_path / "b"))
