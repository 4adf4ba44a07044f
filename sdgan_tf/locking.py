"""A folder that one process at a time may write."""

import contextlib
import fcntl
import logging
import os

import tensorflow as tf

LOCK = "lock"


class RunInUse(ValueError):
    """A run folder that another training writes."""


@contextlib.contextmanager
def locked(folder: str):
    """Makes a folder this process's own for a `with`.

    The kernel holds the lock of an open file and gives it back when the
    process ends, whatever ends it. It guards a local folder, and one that
    several machines mount where their file system shares locks (NFS 4 does). A
    folder of another scheme (`gs://`) has no locks and is not guarded; neither
    is one whose file system knows none, which a warning says.

    Raises:
        RunInUse: If another process has it.
    """
    if "://" in folder:
        yield
        return
    tf.io.gfile.makedirs(folder)
    with open(os.path.join(folder, LOCK), "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunInUse(
                "`run_dir` is in use: another training writes there. Wait "
                "until it ends, or choose another folder. Received: "
                f"run_dir={folder!r}"
            ) from None
        except OSError as error:
            logging.warning(
                "%s cannot be locked (%s), so a second training could write "
                "to it.",
                folder,
                error,
            )
        yield
