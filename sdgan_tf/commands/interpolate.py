"""The command `interpolate`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.interpolation import interpolate


def run(options: Options) -> None:
    interpolate(legacy.whole())
