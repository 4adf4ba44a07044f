"""Environment variables that are read when TensorFlow and Keras are imported.

Those that are set already stay.
"""

import os
import sys

DEFAULTS = {
    # TensorFlow's notes on missing GPU libraries are no news to the user.
    "TF_CPP_MIN_LOG_LEVEL": "2",
    # All but the networks and the losses is TensorFlow's.
    "KERAS_BACKEND": "tensorflow",
    # TensorFlow leaves oneDNN off on x86 processors without AVX-512, where it
    # makes a training step twice as fast.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}


def prepare() -> None:
    """Sets the defaults of variables that are not set.

    Raises:
        ImportError: If Keras has, or would get, another backend.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    backend = os.environ["KERAS_BACKEND"]
    if keras := sys.modules.get("keras"):
        backend = keras.config.backend()
    if backend != "tensorflow":
        raise ImportError(
            "sdgan_tf needs Keras' TensorFlow backend: set the environment "
            "variable KERAS_BACKEND=tensorflow before Keras is imported. "
            f"Received: {backend!r}"
        )
