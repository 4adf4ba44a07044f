"""The command `train`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.training.loop import train


def run(options: Options) -> None:
    train(legacy.whole())
