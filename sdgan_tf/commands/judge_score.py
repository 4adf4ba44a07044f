"""The command `judge_score`."""

from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options
from sdgan_tf.evaluation.judging.judge_score import judge_score


def run(options: Options) -> None:
    judge_score(legacy.whole())
