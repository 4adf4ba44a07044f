"""Errors that the user can mend, and advice on them."""

import errno
import re

import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.checkpoints import step_of
from sdgan_tf.commands.options import Train
from sdgan_tf.commands.resumed_options import take_up
from sdgan_tf.commands.shared_options import Options
from sdgan_tf.runs import Run

# Bad input, a full disk, too little memory, a folder that is none.
USER_ERRORS = (
    ValueError,
    OSError,
    ArithmeticError,
    MemoryError,
    tf.errors.DataLossError,
    tf.errors.FailedPreconditionError,
    tf.errors.NotFoundError,
    tf.errors.PermissionDeniedError,
    tf.errors.ResourceExhaustedError,
    tf.errors.UnavailableError,
    tf.errors.UnimplementedError,
)
# What a larger value of costs memory; the first two of any training.
MEMORY_FLAGS = {
    "train": ("batch_size", "dim", "cache_gb"),
    "bench": ("batch_size", "dim"),
    "sample": ("num_identities", "num_observations"),
    "interpolate": ("rows", "columns", "frames"),
    "project": ("restarts",),
    "explore": ("explore_rows", "explore_columns"),
    "evaluate": ("num_pairs",),
    "table": ("num_pairs",),
    "train_verifier": ("verifier_width",),
    "judge_kit": ("num_pairs",),
}
# What a map of tf.data says of records that are not the index's: its errors
# have a type of TensorFlow's, whatever was raised in it.
DISAGREE = re.compile(r"The shards do not hold what [^\n]*")
FULL_DISK = ("No space left on device", "Disk quota exceeded")


def is_users(error: Exception) -> bool:
    """Whether the user can fix it; a bug keeps its traceback."""
    return (
        isinstance(error, USER_ERRORS)
        or is_full_disk(error)
        or bool(_disagreement(error))
    )


def explain(error: Exception, command: str, options: Options) -> str:
    """One line for the user: what happened and what to do next.

    Args:
        error: One that `is_users`.
        command: The command that failed.
        options: Its options.
    """
    text = " ".join(str(error).split())
    if is_full_disk(error):
        return (
            f"the disk is full: {text}. {_checkpoints(command, options)} Make "
            "room, then run the same command again."
        )
    if isinstance(error, (MemoryError, tf.errors.ResourceExhaustedError)):
        names = MEMORY_FLAGS.get(command, ())
        lower = f" Lower {_listed(names)}." if names else ""
        return f"out of memory: {text}.{lower} {_checkpoints(command, options)}"
    disagreement = _disagreement(error)
    lost = disagreement or (
        isinstance(error, tf.errors.DataLossError) or _is_of_shard(error)
    )
    data_dir = _data_dir(command, options)
    if lost and data_dir:
        return _explain_data(disagreement or text, data_dir)
    if isinstance(error, tf.errors.OpError):
        return disagreement or text
    return str(error)


def _data_dir(command: str, options: Options) -> str:
    """The data set that was read; a run that goes on knows its own."""
    if not isinstance(options, Train):
        return getattr(options, "data_dir", "")
    try:
        return take_up(options)[0].data_dir
    except (OSError, ValueError, tf.errors.OpError):
        return options.data_dir


def _explain_data(text: str, data_dir: str) -> str:
    """Explains why reading a data set failed.

    While it is rebuilt, its manifest or any shard may be missing.
    """
    try:
        damage = DataSet.open(data_dir).damage()
    except (OSError, ValueError, tf.errors.OpError) as error:
        text = " ".join(str(error).split())
    else:
        if damage:
            return (
                f"the data set is damaged: {'; '.join(damage)}. Copy these "
                f"files again, or build the data set again. Received: "
                f"data_dir={data_dir!r}"
            )
    return (
        "the data set was changed while it was read: another build, or a copy, "
        f"wrote into its folder ({text.rstrip('.')}). Run the same command "
        "again when that is done. A run can only be resumed with the data "
        f"set that it began with. Received: data_dir={data_dir!r}"
    )


def _is_of_shard(error: Exception) -> bool:
    """Whether TensorFlow could not open or read a shard."""
    return isinstance(error, tf.errors.OpError) and ".tfrecord" in str(error)


def _disagreement(error: Exception) -> str:
    """Finds tf.data's message about records that are not their index's."""
    if not isinstance(error, tf.errors.OpError):
        return ""
    found = DISAGREE.search(str(error))
    return found.group() if found else ""


def is_full_disk(error: Exception) -> bool:
    """Whether a file system without room, or a quota, raised it."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, tf.errors.OpError) and any(
        words in str(error) for words in FULL_DISK
    )


def _checkpoints(command: str, options: Options) -> str:
    """Which checkpoint a training has left."""
    if not isinstance(options, Train):
        return ""
    if not options.run_dir:
        return "Checkpoints that were saved stay."
    paths = Run(options.run_dir).checkpoints.paths()
    last = f"step {step_of(paths[0])}" if paths else "none was saved"
    return f"Checkpoints that were saved stay; the last one: {last}."


def _listed(names: tuple[str, ...]) -> str:
    """`--a, --b or --c`."""
    flags = [f"--{name}" for name in names]
    return " or ".join([", ".join(flags[:-1]), flags[-1]][len(flags) < 2 :])
