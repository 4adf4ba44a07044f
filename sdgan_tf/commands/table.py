"""The command `table`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.evaluation.table import table


def run(options: Options) -> None:
    table(legacy.whole())
