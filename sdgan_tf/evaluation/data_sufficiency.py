"""Tells which figures of a data set say something, and what others need."""

import dataclasses
import math

from sdgan_tf.evaluation.summary import FALSE_ACCEPT_RATES, FALSE_ACCEPTS
from sdgan_tf.evaluation.uniqueness_and_novelty import GROUP, LEAST_CALIBRATING

CHANCE = 0.5  # The AUC of a guess.
# Measures that compare distances of matched and of unmatched pairs.
OF_VERIFICATION = (
    "auc",
    "best_accuracy",
    "eer",
    *FALSE_ACCEPT_RATES,
    "fisher_ratio",
    "accuracy",
    "far",
)


def tells_apart(real: dict) -> bool:
    """Whether a verifier tells the photographs of a data set apart.

    Where it may be chance, no figure of verification says anything: not of
    photographs, and not of generated pictures.

    Args:
        real: Measures of photographs, `auc` and its interval among them.
    """
    low, _ = real.get("auc_interval", (real["auc"], None))
    return low > CHANCE


def describe_failure(real: dict) -> str:
    """The sentence for photographs that are not told apart."""
    low, high = real.get("auc_interval", [real["auc"]] * 2)
    return (
        "the verifier does not tell the photographs apart: their AUC is "
        f"{real['auc']:.3f} ({low:.3f} to {high:.3f}, by "
        f"{real['num_identities']} identities), and {CHANCE} is chance. So "
        f"{', '.join(OF_VERIFICATION)} say nothing of them or of a generator"
    )


def assess(real: dict, possible_matched: int) -> dict:
    """Assesses the measures of photographs.

    Args:
        real: The measures, with `num_identities`, `distinct_matched_pairs`
            and `num_matched_pairs`.
        possible_matched: Different matched pairs of the test split.

    Returns:
        `photographs_told_apart`, and a `warning` if there is one.
    """
    warnings = []
    if real["distinct_matched_pairs"] < real["num_matched_pairs"]:
        warnings.append(
            f"the test split has {possible_matched} distinct matched "
            f"pairs of {real['num_identities']} identities, so pairs "
            "repeat; intervals resample identities"
        )
    told = tells_apart(real)
    if not told:
        warnings.append(describe_failure(real))
    said = {"warning": "; ".join(warnings)} if warnings else {}
    return {"photographs_told_apart": told} | said


def assess_generated(real: dict) -> dict:
    """The same of generated pairs, whose photographs have the measures."""
    told = tells_apart(real)
    said = {} if told else {"warning": describe_failure(real)}
    return {"photographs_told_apart": told} | said


@dataclasses.dataclass(frozen=True)
class Need:
    """A figure that is left out, and how much it needs.

    Attributes:
        figure: Its name.
        what: `IDENTITIES` or `PAIRS`.
        least: How many would do.
        there: How many there are.
    """

    figure: str
    what: str
    least: int
    there: int


IDENTITIES, PAIRS = "test identities with two photographs", "pairs"


def find_needs(test_identities: int, num_pairs: int, novelty: bool):
    """The `Need`s of an evaluation, none where it has every figure.

    Args:
        test_identities: With two photographs.
        num_pairs: That are measured.
        novelty: Whether the nearest training identities are looked for.
    """
    needs = []
    if novelty and test_identities < LEAST_CALIBRATING:
        needs.append(("novelty_fpir5", IDENTITIES, LEAST_CALIBRATING))
    if test_identities < 2 * GROUP:
        needs.append(("real_uniqueness", IDENTITIES, 2 * GROUP))
    for name, rate in FALSE_ACCEPT_RATES.items():
        # Half of the pairs are unmatched.
        least = 2 * round(FALSE_ACCEPTS / rate)
        if num_pairs < least:
            needs.append((name, PAIRS, least))
    there = {IDENTITIES: test_identities, PAIRS: num_pairs}
    return [Need(name, what, least, there[what]) for name, what, least in needs]


def fractions_for(least: int, identities: int) -> tuple[float, ...] | None:
    """Parts of a data set by which the test split has enough identities.

    Args:
        least: Identities that the test split needs.
        identities: In the whole data set.

    Returns:
        Of train, valid and test, with hundredths; None where train would get
        less than half.
    """
    if not identities:
        return None
    # As identities fall into a split by chance, two deviations more.
    test = math.ceil(100 * (least + 2 * math.sqrt(least)) / identities)
    fractions = 90 - test, 10, test
    return tuple(f / 100 for f in fractions) if fractions[0] >= 50 else None
