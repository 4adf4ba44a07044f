"""The folders of commands that use a trained generator."""

import tensorflow as tf

from sdgan_tf.commands.shared_options import OutputFolder, RunFolder
from sdgan_tf.runs import Run


def trained_run(options: RunFolder) -> Run:
    """Opens the run folder that the user named.

    Raises:
        ValueError: If none is named.
    """
    if not options.run_dir:
        raise ValueError("--run_dir is missing: the folder of a trained run.")
    return Run(options.run_dir)


def output_folder(options: OutputFolder, run: Run, name: str) -> str:
    """Makes the folder of the output, `name` in the run's by default."""
    folder = options.output_dir or run.path(name)
    tf.io.gfile.makedirs(folder)
    return folder
