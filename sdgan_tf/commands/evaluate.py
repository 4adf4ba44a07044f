"""The command `evaluate`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.evaluation.protocol import evaluate


def run(options: Options) -> None:
    evaluate(legacy.whole())
