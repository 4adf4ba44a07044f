"""From the answers of human judges to one line of results."""

import json
import os

import tensorflow as tf

from sdgan_tf.evaluation.judging import votes
from sdgan_tf.evaluation.judging.answer_files import (
    answer_files,
    read_answers,
)
from sdgan_tf.evaluation.judging.kit import ANSWERS, Kit
from sdgan_tf.evaluation.metrics_file import METRICS, metric_name


def score_kit(
    judge_dir: str,
    answers: str = "",
    judge_annotators: int = 3,
    judge_min_checks: float = 0.8,
) -> dict:
    """Counts the answers to a kit; its `metrics.jsonl` keeps the result.

    Args:
        judge_dir: The kit's folder.
        answers: A CSV file, a folder or a glob of them; by default the folder
            `answers` of the kit.
        judge_annotators: Answers that a pair must have.
        judge_min_checks: Fraction of the attention checks that an annotator
            must have answered right, in [0, 1].

    Returns:
        What the kit holds and what `votes.score` found.

    Raises:
        FileNotFoundError: If there is no kit, or there are no answers.
        ValueError: If answers cannot be read, are not to this kit, contradict
            each other, or are too few.
    """
    kit = Kit.open(judge_dir)
    paths = answer_files(answers or os.path.join(kit.folder, ANSWERS))
    scored = votes.score(
        read_answers(paths, kit), kit.key, judge_annotators, judge_min_checks
    )
    result = {
        "metric": metric_name(kit.info["num_pairs"], "judges"),
        **kit.info,
        **scored,
        "num_files": len(paths),
    }
    with tf.io.gfile.GFile(os.path.join(kit.folder, METRICS), "a") as file:
        file.write(json.dumps(result) + "\n")
    return result
