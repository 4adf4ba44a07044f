"""The layout `parquet`: tables with the pictures in them, as Hugging Face's.

`--image_column`, `--identity_column` and `--label_columns` name columns. A
picture is a cell of bytes, or Hugging Face's pair of bytes and path. Where
Hugging Face has noted the names of a column's classes, these are taken.
"""

import json
import math
import os
from collections.abc import Iterator

import pyarrow

from data_pipeline.build import places
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.shards import find_shards
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """The rows of each file; pictures are not read."""
    for path, split in find_shards(root, how, notes, r"\.parquet"):
        try:
            with places.open_parquet(path) as file:
                yield from _rows(path, split, how, file)
        except OSError as error:
            raise BadCollection(f"`{path}` cannot be read: {error}") from error


def _rows(path, split, how, file) -> Iterator[Photograph]:
    columns = how.columns
    schema = file.schema_arrow
    for name in (columns.image, columns.identity, *columns.labels):
        if name not in schema.names:
            raise BadCollection(
                f"`{path}` has no column `{name}`. Set --image_column, "
                f"--identity_column, --label_columns. Received: {schema.names}"
            )
    _check_image(path, schema.field(columns.image))
    wanted = [columns.identity, *columns.labels]
    for name in wanted:
        _check_text(path, schema.field(name))
    classes = {name: _class_names(schema, name) for name in wanted}
    number = 0
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, columns=wanted).to_pylist()
        for row, cells in enumerate(rows):
            texts = {n: _text(cells[n], classes[n]) for n in wanted}
            identity = texts[columns.identity]
            yield Photograph(
                f"{path}/{number}",
                identity,
                f"{os.path.splitext(os.path.basename(path))[0]}/{number}",
                tuple((name, texts[name]) for name in columns.labels),
                split,
                fault=None if identity else "no identity",
                place=(path, f"column {columns.image}", group, row),
            )
            number += 1


def _check_image(path: str, field: pyarrow.Field) -> None:
    kind = field.type
    if pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        kind = kind.field("bytes").type
    if not (
        pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind)
    ):
        raise BadCollection(
            f"The column `{field.name}` of `{path}` must hold pictures as "
            f"bytes. Received: {field.type}"
        )


def _check_text(path: str, field: pyarrow.Field) -> None:
    if pyarrow.types.is_nested(field.type):
        raise BadCollection(
            f"The column `{field.name}` of `{path}` must hold one text or "
            f"number in each cell. Received: {field.type}"
        )


def _class_names(schema: pyarrow.Schema, column: str) -> list[str]:
    """The names of a Hugging Face ClassLabel; [] of other columns."""
    try:
        noted = json.loads((schema.metadata or {})[b"huggingface"])
        feature = noted["info"]["features"][column]
        return list(map(str, feature["names"]))
    except (KeyError, TypeError, ValueError):
        return []


def _text(value, names: list[str]) -> str:
    """A cell as text; a class by its name, and "" for none."""
    if names and isinstance(value, int):
        # Hugging Face's number of an unknown class is -1.
        return names[value] if 0 <= value < len(names) else ""
    if isinstance(value, float):
        # Numbers beside empty cells become floats in many programs.
        if math.isnan(value):
            return ""
        value = int(value) if value.is_integer() else value
    return "" if value is None else str(value).strip()
