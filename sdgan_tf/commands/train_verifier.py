"""The command `train_verifier`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.evaluation.verifier_training import train_verifier


def run(options: Options) -> None:
    train_verifier(legacy.whole())
