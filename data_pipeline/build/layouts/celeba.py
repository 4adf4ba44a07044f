"""The layout `celeba`: CelebA's aligned pictures and their identities."""

from collections.abc import Iterator

from data_pipeline.build import collection_files, csv_tables, listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.names import below, stem
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import Reading

TABLE = "identity_CelebA.txt"


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """CelebA: `img_align_celeba/` and `identity_CelebA.txt`.

    They may lie in one folder more, as they do in archives.
    """
    table = collection_files.join(root, TABLE)
    _, folders = listing.scan(root)
    if not collection_files.exists(table) and len(folders) == 1:
        root = listing.join(root, folders[0])
        table = collection_files.join(root, TABLE)
    images = collection_files.join(root, "img_align_celeba")
    if not collection_files.exists(table):
        raise BadCollection(
            f"The layout `celeba` needs the file `{table}`, which comes with "
            "CelebA on request."
        )
    for number, line in enumerate(csv_tables.read_lines(table), start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2:
            raise BadCollection(
                f"`{table}` must have `<file> <identity>` in each line. "
                f"Received: line {number}: {line.strip()!r}"
            )
        name, identity = fields
        path = below(images, name, f"`{table}` line {number}")
        yield Photograph(path, identity, stem(name))
