"""The command `table`: compares several generators on one data set."""

import json

from data_pipeline.records import DataSet
from sdgan_tf.commands.options import Table
from sdgan_tf.commands.protocol_setup import open_protocol
from sdgan_tf.evaluation import results_table
from sdgan_tf.evaluation.metrics_file import write_metrics
from sdgan_tf.runs import Run


def run(options: Table) -> None:
    """Measures photographs and runs; writes Markdown, CSV and HTML.

    Each run's `metrics.jsonl` keeps its line.

    Raises:
        ValueError: If an option is missing.
        FileNotFoundError: If a run has no checkpoint; nothing is written.
    """
    folders = [name for name in options.runs.split(",") if name]
    if not folders:
        raise ValueError("--runs is missing: run folders, separated by commas.")
    if not options.data_dir:
        raise ValueError("--data_dir is missing: a built data set.")
    data = DataSet.open(options.data_dir)
    runs = results_table.sorted_runs(map(Run, folders))
    results_table.check_runs(runs, data)
    protocol = open_protocol(options, data)
    rows = [results_table.photographs_row(protocol)]
    for each in runs:
        print(f"Row: {each.folder}", flush=True)
        rows.append(results_table.run_row(protocol, each))
        write_metrics(each, rows[-1].line)
    note = (
        f"{options.num_pairs} pairs of {options.data_dir}, verifier "
        f"{protocol.verifier.name}, tau {protocol.threshold.tau:.4f}, seed "
        f"{options.seed}. Fréchet, kernel, precision, recall: "
        f"{rows[-1].line['set_metric']}. In brackets: 95 % intervals."
    )
    folder = options.output_dir or "table"
    results_table.write_table(folder, rows, note)
    print(f"{results_table.as_markdown(rows)}\n{note}\n")
    print(json.dumps({"rows": len(rows), "output_dir": folder}))
