"""`--mode=judge_score`: answers of human judges to one line of results."""

import json
import os

import tensorflow as tf

from sdgan_tf.config import Config
from sdgan_tf.evaluation.judging import votes
from sdgan_tf.evaluation.judging.answers import answer_files, read_answers
from sdgan_tf.evaluation.judging.kit import ANSWERS, Kit
from sdgan_tf.evaluation.protocol import METRICS, metric_name


def _report(result: dict) -> None:
    """Prints what the numbers do not count, and why."""
    for name, (right, checks) in result["dropped"].items():
        print(f"dropped {name}: {right} of {checks} attention checks right")
    for name in result["too_few_answers"]:
        print(f"left out {name}: too few answers")
    for name in result["ties"]:
        print(f"left out {name}: no majority")


def judge_score(config: Config) -> None:
    """Prints one JSON line last; the kit keeps it in `metrics.jsonl`.

    Raises:
        FileNotFoundError: If there is no kit, or there are no answers.
        ValueError: If answers cannot be read, are not to this kit, contradict
            each other, or are too few.
    """
    options = config.judging
    if not options.judge_dir:
        raise ValueError("--judge_dir is missing: what --mode=judge_kit wrote.")
    kit = Kit.open(options.judge_dir)
    where = options.answers or os.path.join(kit.folder, ANSWERS)
    paths = answer_files(where)
    scored = votes.score(
        read_answers(paths, kit),
        kit.key,
        options.judge_annotators,
        options.judge_min_checks,
    )
    _report(scored)
    result = {
        "metric": metric_name(kit.info["num_pairs"], "judges"),
        **kit.info,
        **scored,
        "num_files": len(paths),
    }
    with tf.io.gfile.GFile(os.path.join(kit.folder, METRICS), "a") as file:
        file.write(json.dumps(result) + "\n")
    print(json.dumps(result))
