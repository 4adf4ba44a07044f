"""Trains SD-GANs and uses what was trained: flags to one command.

python main.py --flagfile=faces.flags --data_dir=data/faces
"""

import importlib
import logging
import os
import sys
from collections.abc import Callable

# TensorFlow's notes on missing GPU libraries are no news to the user.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Read by Keras when it is imported: the training loop is TensorFlow's.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# TensorFlow leaves oneDNN off on x86 processors without AVX-512, where it makes
# a training step twice as fast.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from absl import app

from sdgan_tf import allocator
from sdgan_tf import flags as sdgan_flags
from sdgan_tf.config import Config

# What a shell says of a program that Ctrl-C ended.
INTERRUPTED = 130


def _command(module: str, name: str) -> Callable[[Config], None]:
    """A function of a module that is imported when it is called.

    TensorFlow takes seconds to import: a wrong flag is known before.
    """

    def run(config: Config) -> None:
        getattr(importlib.import_module(f"sdgan_tf.{module}"), name)(config)

    return run


MODES = {
    "train": _command("training.loop", "train"),
    "sample": _command("sampling", "sample"),
    "interpolate": _command("interpolation", "interpolate"),
    "project": _command("projection", "project"),
    "import_reference": _command("reference", "import_reference"),
    "export": _command("exporting", "export"),
    "explore": _command("explorer.serving", "explore"),
    "bench": _command("benchmark", "bench"),
    "evaluate": _command("evaluation.protocol", "evaluate"),
    "table": _command("evaluation.table", "table"),
    "train_verifier": _command(
        "evaluation.verifier_training", "train_verifier"
    ),
    "judge_kit": _command("evaluation.judging.judge_kit", "judge_kit"),
    "judge_score": _command("evaluation.judging.judge_score", "judge_score"),
}


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        # As ASCII where it holds what is not seen.
        given = argv[1] if argv[1].isprintable() else ascii(argv[1])
        advice = f". Did you mean --mode={given} ?" if given in MODES else ""
        sys.exit(f"main.py: not a flag: {given}{advice}")
    logging.getLogger().setLevel(logging.WARNING)
    allocator.keep_freed_memory()
    try:
        config = sdgan_flags.config()
    except ValueError as error:
        sys.exit(f"main.py: {error}")
    try:
        MODES[config.mode](config)
    except KeyboardInterrupt:
        print(f"main.py: --mode={config.mode} interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        from sdgan_tf import faults

        if config.traceback or not faults.is_users(error):
            raise
        sys.exit(f"main.py: {faults.explain(error, config)}")


if __name__ == "__main__":
    sdgan_flags.define(list(MODES))
    app.run(main, flags_parser=sdgan_flags.parse)
