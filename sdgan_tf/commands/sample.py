"""The command `sample`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.sampling import sample


def run(options: Options) -> None:
    sample(legacy.whole())
