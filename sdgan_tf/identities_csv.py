"""Names of the training identities in a model's table, as a CSV."""

import csv
import io
from collections.abc import Sequence

import tensorflow as tf

HEADS = ["row", "identity"]


def to_csv(names: Sequence[str]) -> str:
    """Writes the identities' names, by their rows of the table, as a CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADS)
    writer.writerows(enumerate(names))
    return buffer.getvalue()


def rows_of(text: str | bytes, names: Sequence[str]) -> list[int]:
    """Looks up the rows of identities by their names.

    Args:
        text: A CSV of `to_csv`, or its UTF-8.
        names: The names to look up.

    Raises:
        ValueError: If the text is damaged or a name is not there.
    """
    try:
        file = io.StringIO(tf.compat.as_text(text))
        _, *lines = csv.reader(file, strict=True)
        rows = {name: int(row) for row, name in lines}
        if sorted(rows.values()) != list(range(len(lines))):
            raise ValueError("a row is missing, or a row or name comes twice")
    except (csv.Error, ValueError) as error:
        raise ValueError(
            "`identities.csv` must hold the columns `row`, counted from 0, and "
            f"`identity`: it is damaged ({error}). Copy it again from the run "
            "folder that was trained."
        ) from error
    unknown = [name for name in names if name not in rows]
    if unknown:
        raise ValueError(
            f"The model does not know these identities: {unknown}. It "
            f"samples only its {len(rows)} training identities, such as "
            f"{sorted(rows)[:3]}."
        )
    return [rows[name] for name in names]
