"""The pages that judges see: templates with what is a kit's own filled in."""

import html
import json
import os

TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")


def subject_words(judge_subject: str) -> tuple[str, str]:
    """`"person,people"`: what one and several of the subjects are called.

    Raises:
        ValueError: If it is not two words.
    """
    words = tuple(word.strip() for word in judge_subject.split(","))
    if len(words) != 2 or not all(words):
        raise ValueError(
            '`judge_subject` must be two words, as "person,people": '
            "the singular and the plural of what the pictures show. "
            f"Received: {judge_subject!r}"
        )
    return words


def _filled(template: str, **values: str) -> str:
    """A template with each `{{NAME}}` replaced; the values are HTML."""
    with open(os.path.join(TEMPLATES, template), encoding="utf-8") as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace("{{" + name.upper() + "}}", value)
    return text


def _words(subject: str) -> dict[str, str]:
    one, several = map(html.escape, subject_words(subject))
    return {"one": one, "several": several}


def judge_page(kit: str, batches: list[list[str]], subject: str) -> str:
    """The annotation page, which needs no network; it does not know the key.

    Args:
        kit: The kit's name.
        batches: The pairs' names.
        subject: See `subject_words`.
    """
    data = json.dumps({"kit": kit, "batches": batches})
    # Or it could end the script that holds it.
    data = data.replace("<", "\\u003c")
    return _filled("judge_page.html", data=data, **_words(subject))


def mturk_layout(batch_size: int, subject: str, url: str) -> str:
    """The page of a HIT: Amazon fills in the `${...}` from `batches.csv`.

    Args:
        batch_size: Pairs of a HIT.
        subject: See `subject_words`.
        url: Where the pictures can be found.
    """
    words = _words(subject)
    pairs = "".join(
        _filled(
            "mturk_pair.html",
            number=str(number),
            url=html.escape(url.rstrip("/")),
            **words,
        )
        for number in range(1, batch_size + 1)
    )
    return _filled("mturk_layout.html", pairs=pairs, **words)
