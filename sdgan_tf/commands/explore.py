"""The command `explore`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.explorer.serving import explore


def run(options: Options) -> None:
    explore(legacy.whole())
