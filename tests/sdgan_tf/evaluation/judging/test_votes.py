"""From votes to a result: literal votes, numbers by hand."""

import pytest

from sdgan_tf.evaluation.judging import votes
from sdgan_tf.evaluation.judging.kit import Pair

KEY = {
    "m1": Pair("matched", "same", 0),
    "m2": Pair("matched", "same", 1),
    "u1": Pair("unmatched", "different", 2),
    "u2": Pair("unmatched", "different", 3),
    "c1": Pair("check", "same", 0),
    "c2": Pair("check", "different", 1),
}
WORDS = {"s": "same", "d": "different"}


def make_votes(annotator: str, answers: str) -> list[votes.Vote]:
    """`"ssdd-d"`: answers in the key's order, "-" for none."""
    return [
        votes.Vote(annotator, pair, WORDS[letter], f"{annotator}.csv:{line}")
        for line, (pair, letter) in enumerate(zip(KEY, answers, strict=True), 2)
        if letter != "-"
    ]


def judged(**answers: str) -> list[votes.Vote]:
    return [v for name in answers for v in make_votes(name, answers[name])]


def test_majority_of_three():
    given = judged(a="ssddsd", b="sdddsd", c="ddsdsd")
    result = votes.score(given, KEY, 3, 0.8)
    # m1: 2 to 1, m2: 1 to 2, u1: 1 to 2, u2: 0 to 3.
    assert result["same_matched"] == 0.5 and result["same_unmatched"] == 0.0
    assert result["accuracy"] == 0.75
    low, high = result["same_matched_interval"]
    assert 0 < low < 0.5 < high < 1
    assert result["judged_matched"] == result["judged_unmatched"] == 2
    # Agreeing: three times 1/3 and 1. Same: 4 of 12 answers.
    chance = (4 / 12) ** 2 + (8 / 12) ** 2
    assert result["kappa"] == pytest.approx((0.5 - chance) / (1 - chance))
    assert result["kappa_pairs"] == 4
    assert result["annotators"] == 3 and result["dropped_annotators"] == 0
    assert result["answers"] == 12 and result["too_few_answers"] == []


def test_who_fails_the_checks_does_not_count():
    given = judged(
        a="ssddsd", b="ssddsd", c="ssddsd", always="sssss-", blind="dddd--"
    )
    always = make_votes("always", "sssss" + "s")
    result = votes.score(given + always, KEY, 3, 0.8)
    assert result["accuracy"] == 1.0 and result["annotators"] == 3
    assert result["dropped_annotators"] == 2
    assert result["dropped"] == {"always": [1, 2], "blind": [0, 0]}
    # Half of the checks are enough where the user says so.
    lenient = votes.score(given + always, KEY, 3, 0.5)
    assert lenient["dropped"] == {"blind": [0, 0]}


def test_a_share_just_reached_is_enough():
    key = {f"c{n}": Pair("check", "same", n) for n in range(20)}
    answers = {
        "a": {f"c{n}": "same" if n < 11 else "different" for n in range(20)}
    }
    assert votes.inattentive(answers, key, 0.55) == {}
    assert votes.inattentive(answers, key, 0.56) == {"a": (11, 20)}


def test_too_few_answers_and_ties_are_listed():
    given = judged(a="ss-dsd", b="sd-dsd", c="s---sd", d="s---sd")
    result = votes.score(given, KEY, 2, 1.0)
    assert result["too_few_answers"] == ["u1"] and result["ties"] == ["m2"]
    assert result["judged_matched"] == result["judged_unmatched"] == 1
    # Of the pairs with exactly two answers: m2 and u2.
    assert result["kappa_pairs"] == 2


def test_no_pair_of_a_class_is_null():
    result = votes.score(judged(a="ss--sd"), KEY, 1, 1.0)
    assert result["same_matched"] == 1.0
    for name in ("accuracy", "same_unmatched", "kappa"):
        assert result[name] is None
    assert result["accuracy_interval"] is None


def test_errors():
    given = judged(a="ssddsd", b="ssddss")
    with pytest.raises(ValueError, match=r"No pair has the 2 .*failed.*'b'"):
        votes.score(given, KEY, 2, 0.8)
    with pytest.raises(ValueError, match=r"in \[0, 1\]. Received: .*=1.5"):
        votes.score(given, KEY, 1, 1.5)


def test_an_answer_twice():
    once = make_votes("a", "ssddsd")
    assert votes.by_annotator(once + once) == votes.by_annotator(once)
    other = votes.Vote("a", "m1", "different", "new.csv:7")
    message = "new.csv:7: .*'m1', 'different' here and 'same' in a.csv:2"
    with pytest.raises(ValueError, match=message):
        votes.by_annotator([*once, other])
