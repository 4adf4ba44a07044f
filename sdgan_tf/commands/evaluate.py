"""The command `evaluate`: measures a generator, or photographs."""

import json

from data_pipeline.records import DataSet
from sdgan_tf.commands.options import Evaluate
from sdgan_tf.commands.protocol_setup import open_protocol, say_needs
from sdgan_tf.evaluation.metrics_file import write_metrics
from sdgan_tf.evaluation.protocol import check_sizes
from sdgan_tf.evaluation.report import write_report
from sdgan_tf.runs import Run


def run(options: Evaluate) -> None:
    """Prints what was measured as one JSON line, last.

    The run's `metrics.jsonl` keeps it.

    Raises:
        FileNotFoundError: If there is no checkpoint, data set or verifier.
        ValueError: If an option is missing, or generator, data set and
            verifier do not fit together.
    """
    _check(options)
    data = DataSet.open(options.data_dir)
    folder = Run(options.run_dir)
    if not options.evaluate_real:
        generator = folder.generator()
        # First what is wrong at once, then what takes minutes.
        check_sizes(generator, data)
    protocol = open_protocol(options, data)
    if options.evaluate_real:
        line = protocol.photographs()
    else:
        generated = protocol.generated(generator, folder)
        line = generated.result
    say_needs(options, data)
    if options.run_dir:
        write_metrics(folder, line)
    if options.report:
        path = folder.path(f"report-{generator.step:08d}.html")
        write_report(
            path, protocol.real, generated, protocol.cached, options.seed
        )
        print(f"Report: {path}", flush=True)
    print(json.dumps(line))


def _check(options: Evaluate) -> None:
    """Raises ValueError if an option is missing, or fits no other."""
    if not (options.run_dir or options.evaluate_real):
        raise ValueError(
            "--run_dir is missing: the folder of a trained run. (To "
            "measure photographs only, pass --evaluate_real.)"
        )
    if not options.data_dir:
        raise ValueError("--data_dir is missing: a built data set.")
    if options.report and options.evaluate_real:
        raise ValueError(
            "--report shows a generator beside the photographs: leave "
            "--evaluate_real out."
        )
