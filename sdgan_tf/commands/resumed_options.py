"""The options of a training that goes on, completed by those it began with."""

import dataclasses

from sdgan_tf.commands.options import Train
from sdgan_tf.config import broken_rule
from sdgan_tf.runs import Run
from sdgan_tf.training.resuming import NOTES, read_notes
from sdgan_tf.training.trainer import KEPT


def take_up(options: Train) -> tuple[Train, dict]:
    """Completes the options by those that the run folder notes.

    Returns:
        The options, in which a run folder with a checkpoint supplies what the
        user does not name, and what of it is not as without that folder, by
        name.

    Raises:
        ValueError: If the folder's notes cannot be read.
    """
    if not options.run_dir:
        return options, {}
    run = Run(options.run_dir)
    fields = {field.name: field for field in dataclasses.fields(options)}
    changes = {}
    for name, value in read_notes(run).items():
        if name not in KEPT or name in options.named:
            continue
        if type(fields[name].default) is float and type(value) is int:
            value = float(value)
        rule = broken_rule(fields[name], value)
        if rule:
            raise ValueError(
                f"{run.path(NOTES)}: `{name}` must be {rule}. "
                f"Received: {name}={value!r}"
            )
        if value != getattr(options, name):
            changes[name] = value
    return dataclasses.replace(options, **changes), changes
