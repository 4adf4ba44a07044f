"""The command `project`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.projection import project


def run(options: Options) -> None:
    project(legacy.whole())
