"""Trains SD-GANs and uses what was trained: flags to one command.

python main.py --flagfile=faces.flags --data_dir=data/faces
"""

import os

# TensorFlow's notes on missing GPU libraries are no news to the user.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Read by Keras when it is imported: the training loop is TensorFlow's.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# TensorFlow leaves oneDNN off on x86 processors without AVX-512, where it makes
# a training step twice as fast.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from absl import app

from sdgan_tf.commands import flags, program

if __name__ == "__main__":
    flags.define()
    app.run(program.main, flags_parser=flags.parse)
