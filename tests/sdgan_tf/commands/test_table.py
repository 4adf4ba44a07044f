"""The command `table`: its files, its order, its options."""

import csv
import json
import shutil

import pytest

from sdgan_tf.commands import table
from sdgan_tf.commands.options import Table
from sdgan_tf.evaluation import protocol
from sdgan_tf.evaluation.metrics_file import METRICS


def options(**changes) -> Table:
    return Table(
        **{"num_pairs": 8, "bootstrap_samples": 20, "factor_steps": 0} | changes
    )


def test_the_rows_are_the_lines_of_the_runs(
    trained, split_data, mean_colour, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr(protocol, "open_verifier", lambda *_: mean_colour)
    output = tmp_path / "table"
    table.run(
        options(
            data_dir=split_data,
            runs=trained.run_dir,
            output_dir=str(output),
        )
    )
    printed = capsys.readouterr().out
    assert json.loads(printed.splitlines()[-1]) == {
        "rows": 2,
        "output_dir": str(output),
    }
    assert (output / "table.md").read_text() in printed
    line = json.loads((tmp_path / "run" / METRICS).read_text())
    with open(output / "table.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["system"] for row in rows] == [
        "Photographs",
        "SD-DCGAN (d_i=6, d_o=5)",
    ]
    assert float(rows[1]["auc"]) == line["auc"]


def test_a_missing_checkpoint_is_an_error_before_all(
    trained, split_data, tmp_path
):
    empty = tmp_path / "empty"
    empty.mkdir()
    shutil.copy(f"{trained.run_dir}/config.json", empty)
    with pytest.raises(FileNotFoundError, match="empty"):
        table.run(
            options(
                data_dir=split_data,
                output_dir=str(tmp_path / "table"),
                runs=f"{trained.run_dir},{empty}",
            )
        )
    assert not (tmp_path / "table").exists()
    assert not (tmp_path / "run" / METRICS).exists()


def test_options_are_wanted():
    with pytest.raises(ValueError, match="--runs is missing"):
        table.run(options(data_dir="data"))
    with pytest.raises(ValueError, match="--data_dir is missing"):
        table.run(options(runs="a"))
