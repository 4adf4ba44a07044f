"""A build as a command: reports it, and explains failures in one line."""

import logging
import os
import re
import sys

import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions

from data_pipeline.build import manifest as manifests
from data_pipeline.build.driver import build
from data_pipeline.build.options import BuildOptions
from data_pipeline.records.data_set import MANIFEST

# The last line of a worker's traceback, where the user can mend it: a full
# disk, a folder that may not be written, too little memory.
WORKERS_FAULT = re.compile(
    r"^(?:RuntimeError: )?(?:[\w.]*\.)?"
    r"((?:OSError|PermissionError|MemoryError|BeamIOError|"
    r"ResourceExhaustedError|PermissionDeniedError|UnavailableError).*?)"
    r"(?: \[while running .*)?\s*\Z",
    re.MULTILINE,
)


def run(options: BuildOptions, beam_args: list[str]) -> None:
    """Builds a data set and prints its summary.

    Args:
        options: Of the build.
        beam_args: Beam's own flags.

    Raises:
        SystemExit: With one line, if the user can mend what is wrong.
    """
    _check_beam_args(beam_args)
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    try:
        manifest = build(options, beam_args, sys.stdout)
    except (ValueError, OSError) as error:
        sys.exit(f"build_records: {error}")
    except tf.errors.OpError as error:
        sys.exit(f"build_records: {error.message}")
    except RuntimeError as error:
        cause = WORKERS_FAULT.search(str(error))
        if not cause:
            raise
        sys.exit(f"build_records: a worker failed: {cause.group(1)}")
    print(manifests.summary(manifest))
    print(f"Wrote {os.path.join(options.output_dir, MANIFEST)}")


def _check_beam_args(beam_args: list[str]) -> None:
    # Without an argument it reads, and complains of, the program's own.
    known = PipelineOptions([]).get_all_options()
    for argument in beam_args:
        name = argument.removeprefix("--").split("=")[0]
        if argument.startswith("--") and (
            name not in known and name.removeprefix("no_") not in known
        ):
            sys.exit(f"build_records: unknown flag --{name}")
