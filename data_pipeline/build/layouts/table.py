"""The layout `table`: a CSV names the pictures and whom they show."""

import posixpath
from collections.abc import Iterator

from data_pipeline.build import csv_tables
from data_pipeline.build.layouts.names import below, stem
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """A CSV with a header; pictures lie relative to its folder.

    A row may name several pictures, in one cell or in several columns.
    """
    folder = how.image_root or posixpath.dirname(root) or "."
    columns = how.columns
    image_column, identity_column, *label_columns = map(
        csv_tables.trim, (columns.image, columns.identity, *columns.labels)
    )
    wanted = (image_column, identity_column, *label_columns)
    read = csv_tables.Table(root, wanted, how.delimiter, how.encoding)
    notes.lines.append(str(read))
    image_columns = read.columns(image_column)
    for line, row in read.rows():
        identity = row[identity_column]
        images = [
            image
            for column in image_columns
            for image in _cut(row[column], how.image_separator)
        ]
        if not images or not identity:
            lacking = "image" if not images else "identity"
            yield Photograph(
                f"{root} line {line}", identity, "", fault=f"no {lacking}"
            )
            continue
        labels = tuple((name, row[name]) for name in label_columns)
        for image in dict.fromkeys(images):
            path = below(folder, image, f"`{root}` line {line}")
            yield Photograph(path, identity, stem(path), labels)


def _cut(cell: str, separator: str | None) -> list[str]:
    """The pictures that a cell names."""
    parts = cell.split(separator) if separator else [cell]
    return [part for part in map(csv_tables.trim, parts) if part]
