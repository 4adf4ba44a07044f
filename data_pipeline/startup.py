"""How a program starts, and how Ctrl-C ends it: with lines of its own only."""

import contextlib
import importlib
import os
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterator

from data_pipeline import blocked_imports

# Shows a file on its error output, unless a line comes first: it also ends if
# the process that would write that line was killed.
WATCHER = 'read -r _ || cat "$0" >&2; rm -f "$0"'
# What a shell says of a program that Ctrl-C ended.
INTERRUPTED = 130


def import_quietly(name: str) -> types.ModuleType:
    """Imports a module that needs TensorFlow.

    Libraries in C++ write lines of their own before any log level is read;
    these are shown only if the import fails.

    Args:
        name: The module's full name.
    """
    if "tensorflow" in sys.modules:
        return importlib.import_module(name)
    with held_stderr():
        with blocked_imports.hidden():
            import tensorflow as tf

        # CUDA's library complains here where there is no GPU.
        tf.config.list_physical_devices("GPU")
        return importlib.import_module(name)


@contextlib.contextmanager
def held_stderr() -> Iterator[None]:
    """Holds what this process and its children write to file descriptor 2.

    It is shown if an exception is raised, Ctrl-C's excepted, or if the
    process ends in between, be it by a signal that none can catch.
    """
    try:
        sys.stderr.flush()
        real = os.dup(2)
        file, path = tempfile.mkstemp()
        # Another process, since a crash leaves nothing to run in this one.
        watcher = subprocess.Popen(
            ["sh", "-c", WATCHER, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (AttributeError, OSError):  # No error output, or no room.
        yield
        return
    os.dup2(file, 2)
    os.close(file)
    verdict = b""
    try:
        yield
        verdict = b"well\n"
    except KeyboardInterrupt:
        verdict = b"interrupted\n"
        raise
    finally:
        os.dup2(real, 2)
        os.close(real)
        watcher.communicate(verdict)


def quiet_onednn() -> None:
    """Has oneDNN say now, unheard, that it transposes no integers.

    It would say so in the midst of a program's lines: once a process, as an
    error, though TensorFlow's own kernel takes over.
    """
    with held_stderr():
        import tensorflow as tf

        with tf.device("CPU:0"):
            tf.transpose(tf.zeros([1, 1], tf.int32))


@contextlib.contextmanager
def interruptible(program: str) -> Iterator[None]:
    """Ends the program with one line if Ctrl-C is pressed.

    Args:
        program: What the line says is interrupted.
    """
    try:
        yield
    except KeyboardInterrupt:
        print(f"{program} interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
