"""What must be set before TensorFlow and Keras are imported, and its noise."""

import contextlib
import faulthandler
import os
import sys
import tempfile
from collections.abc import Iterator

SETTINGS = {
    # Notes on missing GPU libraries are no news to the user.
    "TF_CPP_MIN_LOG_LEVEL": "2",
    # Keras reads it when it is imported: the training loop is TensorFlow's.
    "KERAS_BACKEND": "tensorflow",
    # TensorFlow leaves oneDNN off on x86 processors without AVX-512, where it
    # makes a training step twice as fast.
    "TF_ENABLE_ONEDNN_OPTS": "1",
}


def prepare() -> None:
    """Sets what the user has not set."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def import_tensorflow() -> None:
    """Imports TensorFlow and looks for devices.

    Both write log lines before any log level is read: see `held_stderr`.
    """
    import tensorflow as tf

    # CUDA's library complains here where there is no GPU.
    tf.config.list_physical_devices("GPU")


@contextlib.contextmanager
def held_stderr() -> Iterator[None]:
    """Holds what is written to file descriptor 2; an exception shows it.

    Libraries in C++ write there, past `sys.stderr`.
    """
    try:
        sys.stderr.flush()
        real = os.dup(2)
    except (AttributeError, OSError):  # The program has none.
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        # A crash within is shown where the user sees it.
        faulthandler.enable(file=real)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(real, held.read())
            raise
        finally:
            faulthandler.disable()
            os.dup2(real, 2)
            os.close(real)
