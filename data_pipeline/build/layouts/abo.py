"""The layout `abo`: Amazon Berkeley Objects as it is published.

`listings/metadata/*.json.gz` have a product a line, `images.csv.gz` the path
of each picture. The identity is `item_id`, or what `--identity_column` names;
`--label_columns` are other fields. A field with texts in several languages
gives the English one, or else the first.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator

from data_pipeline.build import collection_files, listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.names import below, stem
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import IDENTITY, Reading

LISTINGS, IMAGES = "listings/metadata", "images/metadata/images.csv.gz"
SIZES = ("images/small", "images/original")


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """Each picture of each product."""
    folder = next(
        (
            path
            for path in (
                collection_files.join(root, *size.split("/")) for size in SIZES
            )
            if collection_files.exists(path)
        ),
        "",
    )
    table = collection_files.join(root, *IMAGES.split("/"))
    listings = collection_files.join(root, *LISTINGS.split("/"))
    for path in (folder, table, listings):
        if not path or not collection_files.exists(path):
            raise BadCollection(
                "The layout `abo` needs `listings/metadata`, "
                f"`{IMAGES}` and one of {SIZES}. Received: input={root!r}"
            )
    paths = {row["image_id"]: row["path"] for row in _csv(table)}
    wanted = how.columns.identity
    wanted = "item_id" if wanted == IDENTITY else wanted
    for name in listing.scan(listings)[0]:
        for number, product in _products(listing.join(listings, name)):
            where = f"{name} line {number}"
            identity = _text(product.get(wanted))
            labels = tuple(
                (label, _text(product.get(label)))
                for label in how.columns.labels
            )
            images = [product.get("main_image_id")]
            images += product.get("other_image_id") or []
            for image in dict.fromkeys(filter(None, images)):
                if image not in paths or not identity:
                    why = f"`{IMAGES}` does not have {image!r}"
                    yield Photograph(
                        f"{where} {image}",
                        identity,
                        str(image),
                        fault=why if identity else f"no {wanted}",
                    )
                    continue
                path = below(folder, paths[image], where)
                yield Photograph(path, identity, stem(path), labels)


def _lines(path: str) -> Iterator[str]:
    try:
        with (
            collection_files.open_bytes(path) as stream,
            gzip.open(stream) as data,
        ):
            yield from io.TextIOWrapper(data, encoding="utf-8")
    except (OSError, EOFError, UnicodeError) as error:
        raise BadCollection(f"`{path}` cannot be read: {error}") from error


def _csv(path: str) -> Iterator[dict[str, str]]:
    rows = csv.DictReader(_lines(path))
    if not {"image_id", "path"} <= set(rows.fieldnames or ()):
        raise BadCollection(
            f"`{path}` must have the columns `image_id` and `path`. "
            f"Received: {rows.fieldnames}"
        )
    yield from rows


def _products(path: str) -> Iterator[tuple[int, dict]]:
    for number, line in enumerate(_lines(path), start=1):
        try:
            product = json.loads(line)
        except ValueError as error:
            raise BadCollection(
                f"`{path}` line {number} is not JSON: {error}"
            ) from error
        if isinstance(product, dict):
            yield number, product


def _text(field) -> str:
    """A field's text; of several languages the English one."""
    if isinstance(field, list):
        texts = [t for t in field if isinstance(t, dict) and "value" in t]
        english = [
            t for t in texts if str(t.get("language_tag")).startswith("en")
        ]
        field = next((t["value"] for t in english or texts), None)
    return "" if field is None else str(field).strip()
