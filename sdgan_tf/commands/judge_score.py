"""The command `judge_score`: counts the answers of human judges."""

import json

from sdgan_tf.commands.options import JudgeScore
from sdgan_tf.evaluation.judging.results import score_kit


def run(options: JudgeScore) -> None:
    """Prints what does not count, and why; the result as JSON, last.

    Raises:
        FileNotFoundError: If there is no kit, or there are no answers.
        ValueError: If an option is missing, or the answers are not right.
    """
    if not options.judge_dir:
        raise ValueError("--judge_dir is missing: what --mode=judge_kit wrote.")
    result = score_kit(
        options.judge_dir,
        options.answers,
        options.judge_annotators,
        options.judge_min_checks,
    )
    for name, (right, checks) in result["dropped"].items():
        print(f"dropped {name}: {right} of {checks} attention checks right")
    for name in result["too_few_answers"]:
        print(f"left out {name}: too few answers")
    for name in result["ties"]:
        print(f"left out {name}: no majority")
    print(json.dumps(result))
