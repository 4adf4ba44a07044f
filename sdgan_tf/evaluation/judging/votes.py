"""Votes of judges to one result: checks, majority, rates; pure functions."""

import dataclasses
import math

from sdgan_tf.evaluation.intervals import rate, wilson_interval
from sdgan_tf.evaluation.judging import agreement
from sdgan_tf.evaluation.judging.kit import (
    CHECK,
    DIFFERENT,
    MATCHED,
    SAME,
    UNMATCHED,
    Pair,
)


@dataclasses.dataclass(frozen=True)
class Vote:
    """One annotator's answer to one pair.

    Attributes:
        annotator: Their name or their worker's number.
        pair: The pair's name.
        answer: SAME or DIFFERENT.
        place: File and line, for errors.
    """

    annotator: str
    pair: str
    answer: str
    place: str


def by_annotator(votes: list[Vote]) -> dict[str, dict[str, str]]:
    """`{annotator: {pair: answer}}`.

    The same answer twice counts once: a file saved midway and at the end
    holds it twice.

    Raises:
        ValueError: If an annotator gave a pair two different answers.
    """
    found: dict[str, dict[str, str]] = {}
    places: dict[tuple[str, str], str] = {}
    for vote in votes:
        answers = found.setdefault(vote.annotator, {})
        earlier = answers.setdefault(vote.pair, vote.answer)
        place = places.setdefault((vote.annotator, vote.pair), vote.place)
        if earlier != vote.answer:
            raise ValueError(
                f"{vote.place}: an annotator may give only one answer for a "
                "pair. Remove the file that should not count. Received: "
                f"annotator={vote.annotator!r}, pair={vote.pair!r}, "
                f"{vote.answer!r} here and {earlier!r} in {place}"
            )
    return found


def inattentive(
    answers: dict[str, dict[str, str]], key: dict[str, Pair], needed: float
) -> dict[str, tuple[int, int]]:
    """Annotators who answered too few attention checks right.

    An annotator who answered none has not shown attention and is one of them.

    Args:
        answers: Of each annotator, see `by_annotator`.
        key: The pairs by their names.
        needed: Rate of right answers that is enough, in [0, 1].

    Returns:
        `{annotator: (right answers, answered checks)}`.
    """
    failed = {}
    for annotator, given in answers.items():
        checks = [name for name in given if key[name].kind == CHECK]
        right = sum(given[name] == key[name].answer for name in checks)
        if not checks or right / len(checks) < needed:
            failed[annotator] = right, len(checks)
    return failed


def count_answers(
    answers: dict[str, dict[str, str]], key: dict[str, Pair]
) -> dict[str, tuple[int, int]]:
    """`{pair: (SAME, DIFFERENT)}`: the answers of each pair to judge."""
    return {
        name: (
            sum(given.get(name) == SAME for given in answers.values()),
            sum(given.get(name) == DIFFERENT for given in answers.values()),
        )
        for name, pair in key.items()
        if pair.kind != CHECK
    }


def _or_none(value):
    """JSON knows no nan."""
    if isinstance(value, tuple):
        return None if math.isnan(value[0]) else list(value)
    return None if math.isnan(value) else value


def _rates(called: dict[str, bool], key: dict[str, Pair]) -> dict:
    """Of pairs that a majority called the same, or did not."""
    tallies = {}
    for kind in (MATCHED, UNMATCHED):
        same = [called[name] for name in called if key[name].kind == kind]
        tallies[kind] = sum(same), len(same)
    both = *tallies[MATCHED], *tallies[UNMATCHED]
    rates = {
        "accuracy": agreement.accuracy(*both),
        "accuracy_interval": agreement.accuracy_interval(*both),
    }
    for kind, tally in tallies.items():
        rates[f"same_{kind}"] = rate(*tally)
        rates[f"same_{kind}_interval"] = wilson_interval(*tally)
    result = {name: _or_none(value) for name, value in rates.items()}
    return result | {f"judged_{kind}": tallies[kind][1] for kind in tallies}


def score(
    votes: list[Vote],
    key: dict[str, Pair],
    judge_annotators: int,
    judge_min_checks: float,
) -> dict:
    """Counts the votes of a study.

    A pair counts with at least `judge_annotators` answers and a majority.
    kappa is over the pairs with exactly that many.

    Args:
        votes: All of them.
        key: The pairs by their names.
        judge_annotators: Answers that a pair must have.
        judge_min_checks: Fraction of the attention checks that an annotator
            must have answered right, in [0, 1].

    Raises:
        ValueError: If `judge_min_checks` is not in [0, 1], if an annotator
            contradicts themselves, or if no pair has enough answers.
    """
    if not 0 <= judge_min_checks <= 1:
        raise ValueError(
            "`judge_min_checks` must be in [0, 1]. "
            f"Received: judge_min_checks={judge_min_checks}"
        )
    answers = by_annotator(votes)
    failed = inattentive(answers, key, judge_min_checks)
    kept = {
        name: given for name, given in answers.items() if name not in failed
    }
    counts = count_answers(kept, key)
    enough = {n: c for n, c in counts.items() if sum(c) >= judge_annotators}
    if not enough:
        raise ValueError(
            f"No pair has the {judge_annotators} answers that "
            f"`judge_annotators` asks for. Received: {len(votes)} answers of "
            f"{len(answers)} annotators, of whom {len(failed)} failed the "
            f"attention checks: {sorted(failed)}"
        )
    called = {n: s > d for n, (s, d) in enough.items() if s != d}
    rated = [c for c in enough.values() if sum(c) == judge_annotators]
    return {
        **_rates(called, key),
        "kappa": _or_none(agreement.fleiss_kappa(rated)),
        "kappa_pairs": len(rated),
        "annotators": len(kept),
        "dropped_annotators": len(failed),
        "dropped": {name: list(failed[name]) for name in sorted(failed)},
        "answers": sum(map(sum, counts.values())),
        "too_few_answers": [n for n in counts if n not in enough],
        "ties": [n for n in enough if n not in called],
        "judge_annotators": judge_annotators,
        "judge_min_checks": judge_min_checks,
    }
