"""Answers from files: what the page saved, and Mechanical Turk's results."""

import csv
import fnmatch
import io
import json
import os
import re
from collections.abc import Iterator

import tensorflow as tf

from sdgan_tf.evaluation.judging.kit import DIFFERENT, SAME, Kit
from sdgan_tf.evaluation.judging.votes import Vote

PAGE_COLUMNS = ("kit", "annotator", "batch", "pair", "answer")
MTURK_COLUMNS = ("WorkerId", "Input.kit", "Input.picture_1")


def answer_files(answers: str) -> list[str]:
    """The files that a file's name, a folder or a glob stands for.

    Raises:
        FileNotFoundError: If there is none.
    """
    gfile = tf.io.gfile
    folder, pattern = os.path.split(answers)
    if gfile.isdir(answers):
        folder, pattern = answers, "*.csv"
    elif gfile.exists(answers):
        return [answers]
    # A folder's name with brackets is no pattern.
    if gfile.isdir(folder or "."):
        paths = [
            os.path.join(folder, name)
            for name in sorted(gfile.listdir(folder or "."))
            if fnmatch.fnmatchcase(name, pattern) and name[0] != "."
        ]
    else:
        paths = sorted(gfile.glob(answers))
    if not paths:
        raise FileNotFoundError(
            f"`answers` names no CSV file. Received: answers={answers!r}"
        )
    return paths


def read_answers(paths: list[str], kit: Kit) -> list[Vote]:
    """All answers of CSV files of both layouts.

    Args:
        paths: What the page saved and Mechanical Turk's results, in any mix.
        kit: The kit that they must be answers to.

    Raises:
        ValueError: If a file is no CSV of these columns, or a line is an
            answer to another kit, to an unknown pair, or none.
    """
    return [vote for path in paths for vote in _read_file(path, kit)]


def _read_file(path: str, kit: Kit) -> Iterator[Vote]:
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    try:
        # Spreadsheet programs mark UTF-8 by a first character.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: answers must be a CSV in UTF-8 ({error})."
        ) from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = rows.fieldnames or []
        mturk = "WorkerId" in columns
        wanted = MTURK_COLUMNS if mturk else PAGE_COLUMNS
        missing = [name for name in wanted if name not in columns]
        if missing:
            raise ValueError(
                f"{path}:1: answers must have the columns {list(wanted)}; "
                f"{missing} are missing. Received: columns={columns}"
            )
        read = _mturk_votes if mturk else _page_votes
        for row in rows:
            place = f"{path}:{rows.line_num}"
            if None in row or None in row.values():
                raise ValueError(
                    f"{place}: a line must have as many fields as the first "
                    f"one. Received: {len(columns)} columns, row={row}"
                )
            yield from read(row, place, kit)
    except csv.Error as error:
        raise ValueError(
            f"{path}:{rows.reader.line_num}: this is not a CSV ({error})."
        ) from error


def _checked(vote: Vote, kit_name: str, kit: Kit) -> Vote:
    """The vote, if it can be one on this kit."""
    if kit_name != kit.name:
        raise ValueError(
            f"{vote.place}: this is an answer to another kit than "
            f"{kit.name!r} ({kit.folder}). Received: kit={kit_name!r}"
        )
    if vote.pair not in kit.key:
        raise ValueError(
            f"{vote.place}: the kit has no such pair. "
            f"Received: pair={vote.pair!r}"
        )
    if vote.answer not in (SAME, DIFFERENT):
        raise ValueError(
            f"{vote.place}: `answer` must be {SAME!r} or {DIFFERENT!r}. "
            f"Received: answer={vote.answer!r}"
        )
    if not vote.annotator:
        raise ValueError(
            f"{vote.place}: an answer must name its annotator. "
            f"Received: annotator={vote.annotator!r}"
        )
    return vote


def _page_votes(row: dict, place: str, kit: Kit) -> Iterator[Vote]:
    """The answer of one line."""
    vote = Vote(row["annotator"].strip(), row["pair"], row["answer"], place)
    yield _checked(vote, row["kit"], kit)


def _mturk_votes(row: dict, place: str, kit: Kit) -> Iterator[Vote]:
    """The answers of one assignment: those that were rejected do not count.

    A pair that was left open has no answer.
    """
    if row.get("AssignmentStatus") == "Rejected":
        return
    given = _mturk_given(row, place)
    for column, picture in row.items():
        match = re.fullmatch(r"Input\.picture_(\d+)", column)
        answer = match and given.get(f"pair_{match.group(1)}")
        if answer:
            pair = os.path.splitext(os.path.basename(picture))[0]
            vote = Vote(row["WorkerId"].strip(), pair, answer, place)
            yield _checked(vote, row["Input.kit"], kit)


def _mturk_given(row: dict, place: str) -> dict[str, str]:
    """`{"pair_1": answer}` of the three ways in which Amazon writes a form.

    A column `Answer.pair_1` with the answer; columns `Answer.pair_1.same` and
    `Answer.pair_1.different` with true and false; a column
    `Answer.taskAnswers` with either as JSON.
    """
    given: dict[str, str] = {}
    for column, value in row.items():
        if column.startswith("Answer.pair_") and value:
            _, name, *answer = column.split(".")
            _give(given, name, {answer[0]: value} if answer else value)
    text = row.get("Answer.taskAnswers")
    if text:
        try:
            (form,) = json.loads(text)
            for name, value in form.items():
                _give(given, name, value)
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{place}: `Answer.taskAnswers` must be a JSON list of one "
                f"form. Received: {text!r}"
            ) from error
    return given


def _give(given: dict, name: str, value) -> None:
    """Adds a radio button's value, or what is on of `{value: on}`."""
    if isinstance(value, dict):
        for answer, on in value.items():
            if str(on).lower() in ("true", "on"):
                given[name] = answer
    elif value:
        given[name] = value
