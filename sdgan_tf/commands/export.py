"""The command `export`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.exporting import export


def run(options: Options) -> None:
    export(legacy.whole())
