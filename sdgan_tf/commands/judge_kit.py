"""The command `judge_kit`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.evaluation.judging.judge_kit import judge_kit


def run(options: Options) -> None:
    judge_kit(legacy.whole())
