"""The layout `celeba`: CelebA's aligned pictures and their identities."""

from collections.abc import Iterator

from data_pipeline.build import files, listing, tables
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.names import below, stem
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph, Reading

TABLE = "identity_CelebA.txt"


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """CelebA: `img_align_celeba/` and `identity_CelebA.txt`.

    They may lie in one folder more, as they do in archives.
    """
    table = files.join(root, TABLE)
    _, folders = listing.scan(root)
    if not files.exists(table) and len(folders) == 1:
        root = listing.join(root, folders[0])
        table = files.join(root, TABLE)
    images = files.join(root, "img_align_celeba")
    if not files.exists(table):
        raise BadCollection(
            f"The layout `celeba` needs the file `{table}`, which comes with "
            "CelebA on request."
        )
    for number, line in enumerate(tables.read_lines(table), start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2:
            raise BadCollection(
                f"`{table}` wants `<file> <identity>` in each line. "
                f"Received: line {number}: {line.strip()!r}"
            )
        name, identity = fields
        path = below(images, name, f"`{table}` line {number}")
        yield Photograph(path, identity, stem(name))
