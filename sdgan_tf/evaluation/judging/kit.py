"""The kit of a study: its pairs, their batches and the folder they lie in.

    page/index.html     the annotation page
    page/pictures/      one PNG a pair
    batches.csv         Mechanical Turk's input: one row a batch
    mturk_layout.html   Mechanical Turk's page
    key.csv             what is right: not for the judges
    kit.json            what was sampled; written last
    answers/            where answers are looked for
    metrics.jsonl       results, one line each

Judges get `page/` and nothing else.
"""

import csv
import dataclasses
import io
import json
import os

import numpy as np
import tensorflow as tf

PAGE, PICTURES = "page/index.html", "page/pictures"
BATCHES, LAYOUT = "batches.csv", "mturk_layout.html"
KEY, INFO, ANSWERS = "key.csv", "kit.json", "answers"
SAME, DIFFERENT = "same", "different"
MATCHED, UNMATCHED, CHECK = "matched", "unmatched", "check"
KEY_COLUMNS = ("pair", "batch", "kind", "answer", "number")
# What is read again of INFO; the rest is for people.
NEEDED = {"kit": str, "num_pairs": int, "num_batches": int, "batch_size": int}


@dataclasses.dataclass(frozen=True)
class Pair:
    """A pair of pictures that judges are shown.

    Attributes:
        kind: MATCHED, UNMATCHED, or CHECK: it shows who pays attention.
        answer: The right one, SAME or DIFFERENT.
        number: Of the pair in the evaluation, or of the check's picture.
    """

    kind: str
    answer: str
    number: int


def plan(
    num_pairs: int, judge_batch_size: int, judge_checks: int, seed: int
) -> list[list[Pair]]:
    """Balanced pairs in random order, in batches with attention checks.

    Half of the pairs, rounded down, are matched: those of the lowest numbers,
    as in the evaluation. Checks are SAME and DIFFERENT in turn and anywhere in
    their batch. All batches are of one size: more checks fill up the last one.

    Args:
        num_pairs: Pairs to judge.
        judge_batch_size: Pairs of a batch, checks among them.
        judge_checks: Checks of a batch.
        seed: Seed of the order.

    Raises:
        ValueError: If `num_pairs` is below 2 or a batch is full of checks.
    """
    if num_pairs < 2:
        raise ValueError(
            f"`num_pairs` must be at least 2. Received: {num_pairs}"
        )
    room = judge_batch_size - judge_checks
    if room < 1:
        raise ValueError(
            "`judge_batch_size` must be above `judge_checks`, to have pairs to "
            f"judge. Received: judge_batch_size={judge_batch_size}, "
            f"judge_checks={judge_checks}"
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(num_pairs)
    batches, checks = [], 0
    for start in range(0, num_pairs, room):
        batch = [
            Pair(MATCHED, SAME, int(number))
            if number < num_pairs // 2
            else Pair(UNMATCHED, DIFFERENT, int(number))
            for number in order[start : start + room]
        ]
        for _ in range(judge_batch_size - len(batch)):
            answer = DIFFERENT if checks % 2 else SAME
            batch.append(Pair(CHECK, answer, checks))
            checks += 1
        batches.append([batch[n] for n in rng.permutation(judge_batch_size)])
    return batches


def picture_name(pair: str) -> str:
    """The file of a pair's picture."""
    return f"{pair}.png"


def csv_text(rows) -> str:
    """Rows of any values as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def batches_csv(kit: str, names: list[list[str]]) -> str:
    """Mechanical Turk's input: one row a batch, a column for each picture."""
    pictures = [f"picture_{n + 1}" for n in range(len(names[0]))]
    rows = [
        (kit, number, *map(picture_name, batch))
        for number, batch in enumerate(names, 1)
    ]
    return csv_text([("kit", "batch", *pictures), *rows])


def key_csv(names: list[list[str]], batches: list[list[Pair]]) -> str:
    """The right answers, in the order in which the pairs are shown."""
    rows = [
        (name, number, pair.kind, pair.answer, pair.number)
        for number, (ids, pairs) in enumerate(
            zip(names, batches, strict=True), 1
        )
        for name, pair in zip(ids, pairs, strict=True)
    ]
    return csv_text([KEY_COLUMNS, *rows])


@dataclasses.dataclass(frozen=True)
class Kit:
    """A kit as it was written.

    Attributes:
        folder: Where it lies.
        info: What `kit.json` says.
        key: The pairs by their names, in the order in which they are shown.
    """

    folder: str
    info: dict
    key: dict[str, Pair]

    @property
    def name(self) -> str:
        return self.info["kit"]

    @classmethod
    def open(cls, judge_dir: str) -> "Kit":
        """Reads a kit that was written.

        Raises:
            FileNotFoundError: If it is no kit, or none that was finished.
            ValueError: If its files are damaged.
        """
        texts = []
        for name in (INFO, KEY):
            path = os.path.join(judge_dir, name)
            if not tf.io.gfile.exists(path):
                raise FileNotFoundError(
                    "`judge_dir` is not a complete kit for human judges: it "
                    f"has no `{name}`. Received: judge_dir={judge_dir!r}"
                )
            with tf.io.gfile.GFile(path, "rb") as file:
                texts.append(file.read())
        try:
            info = json.loads(texts[0])
            for name, kind in NEEDED.items():
                if type(info[name]) is not kind:
                    raise ValueError(f"`{name}` is {info[name]!r}")
            rows = csv.DictReader(io.StringIO(texts[1].decode()), strict=True)
            key = {
                row["pair"]: Pair(
                    row["kind"], row["answer"], int(row["number"])
                )
                for row in rows
            }
        except (
            ValueError,
            KeyError,
            TypeError,
            RecursionError,
            csv.Error,
        ) as error:
            raise ValueError(
                f"`{INFO}` or `{KEY}` is damaged ({error!r}). Received: "
                f"judge_dir={judge_dir!r}"
            ) from error
        judged = sum(pair.kind != CHECK for pair in key.values())
        shown = info["num_batches"] * info["batch_size"]
        if (len(key), judged) != (shown, info["num_pairs"]):
            raise ValueError(
                f"`{KEY}` does not hold the pairs that `{INFO}` counts. "
                f"Received: judge_dir={judge_dir!r} with {len(key)} pairs"
            )
        return cls(judge_dir, info, key)
