"""Imports without the log lines of libraries."""

import contextlib
import faulthandler
import os
import sys
import tempfile
from collections.abc import Iterator


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
