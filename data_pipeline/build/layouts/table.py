"""The layout `table`: a CSV names the pictures and whom they show."""

import posixpath
from collections.abc import Iterator

from data_pipeline.build import tables
from data_pipeline.build.layouts.names import below, stem
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph, Reading


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """A CSV with a header; pictures lie relative to its folder.

    For Stanford Online Products, Amazon Berkeley Objects, own catalogues.
    """
    folder = how.image_root or posixpath.dirname(root) or "."
    columns = how.columns
    image_column, identity_column, *label_columns = map(
        tables.trim, (columns.image, columns.identity, *columns.labels)
    )
    wanted = (image_column, identity_column, *label_columns)
    read = tables.Table(root, wanted, how.delimiter, how.encoding)
    notes.lines.append(str(read))
    for line, row in read.rows():
        image, identity = row[image_column], row[identity_column]
        if not image or not identity:
            lacking = "image" if not image else "identity"
            yield Photograph(
                f"{root} line {line}", identity, "", fault=f"no {lacking}"
            )
            continue
        labels = tuple((name, row[name]) for name in label_columns)
        path = below(folder, image, f"`{root}` line {line}")
        yield Photograph(path, identity, stem(path), labels)
