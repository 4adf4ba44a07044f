"""The command `export`: a trained generator for other programs.

RUN/export/
  MODEL/STEP/            a SavedModel for TensorFlow Serving
  models.config          tensorflow_model_server --model_config_file
  batching.config        ... --enable_batching --batching_parameters_file
  MODEL-STEP.onnx        codes to images, for onnxruntime
  MODEL-STEP/            weights, in a folder that is taken like a run
  MODEL-STEP-web/        the explorer's page, which draws in the browser
"""

import logging
import os
import time

import tensorflow as tf

from sdgan_tf.cards import describe_data
from sdgan_tf.checkpoints import PATTERN
from sdgan_tf.commands.folders import output_folder, trained_run
from sdgan_tf.commands.options import Export
from sdgan_tf.explorer.catalogue import Exhibit, find_runs
from sdgan_tf.exporting.onnx import write_onnx
from sdgan_tf.exporting.saved_model import (
    write_saved_model,
    write_server_files,
)
from sdgan_tf.exporting.signatures import run_signatures
from sdgan_tf.exporting.web.page_folder import write_web
from sdgan_tf.exporting.weights import write_weights
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run


def run(options: Export) -> None:
    """Writes the format that is asked for; prints its path.

    Raises:
        ValueError: If --run_dir or an optional package is missing.
        FileNotFoundError: If the run folder has no generator.
    """
    folder = trained_run(options)
    # TensorFlow logs each file that it writes.
    tf.get_logger().setLevel(logging.WARNING)
    started = time.perf_counter()
    if options.format == "web":
        what, path = _write_page(options, folder)
        seconds = time.perf_counter() - started
        return print(f"{what} in {seconds:.1f} s: {path}")
    # onnxruntime has no convolutions in bfloat16.
    by_onnx = options.format == "onnx"
    generator = folder.generator("float32" if by_onnx else None)
    output = output_folder(options, folder, "export")
    what, path = _write(options, folder, generator, output)
    seconds = time.perf_counter() - started
    print(f"{what} of step {generator.step} in {seconds:.1f} s: {path}")
    if options.format == "saved_model" and PATTERN.search(path):
        print(
            "TensorFlow loads no SavedModel from a path with *, ?, [, ] or "
            "\\ in it: mount or copy the folder under another name."
        )


def _write_page(options: Export, folder: Run) -> tuple[str, str]:
    """Writes the explorer's page; returns what was written, and its path."""
    # onnxruntime has no convolutions in bfloat16.
    exhibits = [
        Exhibit(name, run, "float32")
        for name, run in find_runs(folder.folder).items()
    ]
    first = exhibits[0]
    name, what = "web", f"web of {len(exhibits)} generators"
    if len(exhibits) == 1:
        name = f"{first.run.experiment().model}-{first.generator.step}-web"
        what = f"web of step {first.generator.step}"
    path = os.path.join(output_folder(options, folder, "export"), name)
    write_web(exhibits, path, options.onnxruntime_web_dir)
    return what, path


def _write(
    options: Export, folder: Run, generator: Generator, output: str
) -> tuple[str, str]:
    """Writes one format; returns what was written, and its path."""
    name, what = folder.experiment().model, options.format
    path = os.path.join(output, f"{name}-{generator.step}")
    if what == "onnx":
        path += ".onnx"
        write_onnx(generator, path, name, describe_data(folder))
    elif what == "weights":
        write_weights(folder, generator, path)
    else:
        path = os.path.join(output, name, str(generator.step))
        signatures = run_signatures(folder, generator)
        if options.signatures == "batchable":
            signatures = {n: s for n, s in signatures.items() if s.batchable}
        write_saved_model(signatures, name, path)
        write_server_files(output)
        what += f" ({', '.join(signatures)})"
    return what, path
