"""Trains SD-GANs and uses what was trained: flags to one command.

python main.py --flagfile=faces.flags --data_dir=data/faces
"""

import logging
import os
import sys

# TensorFlow's notes on missing GPU libraries are no news to the user.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Read by Keras when it is imported: the training loop is TensorFlow's.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# TensorFlow leaves oneDNN off on x86 processors without AVX-512, where it makes
# a training step twice as fast.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from absl import app

from sdgan_tf import (
    allocator,
    benchmark,
    exporting,
    faults,
    interpolation,
    projection,
    reference,
    sampling,
)
from sdgan_tf import flags as sdgan_flags
from sdgan_tf.evaluation import protocol, table, verifier_training
from sdgan_tf.evaluation.judging import judge_kit, judge_score
from sdgan_tf.explorer import serving
from sdgan_tf.training import loop

MODES = {
    "train": loop.train,
    "sample": sampling.sample,
    "interpolate": interpolation.interpolate,
    "project": projection.project,
    "import_reference": reference.import_reference,
    "export": exporting.export,
    "explore": serving.explore,
    "bench": benchmark.bench,
    "evaluate": protocol.evaluate,
    "table": table.table,
    "train_verifier": verifier_training.train_verifier,
    "judge_kit": judge_kit.judge_kit,
    "judge_score": judge_score.judge_score,
}


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        sys.exit(f"main.py: not a flag: {argv[1]}")
    logging.getLogger().setLevel(logging.WARNING)
    allocator.keep_freed_memory()
    config = sdgan_flags.config()
    try:
        MODES[config.mode](config)
    except Exception as error:
        if config.traceback or not faults.is_users(error):
            raise
        sys.exit(f"main.py: {faults.explain(error, config)}")


if __name__ == "__main__":
    sdgan_flags.define(list(MODES))
    app.run(main)
