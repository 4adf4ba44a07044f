"""A look at a built data set: which identities, how many pictures, which crop.

A wrong crop or label is seen here, before a night of training.
"""

import io
import os

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw, ImageFont

from data_pipeline.records import examples, splits
from data_pipeline.records.data_set import DataSet
from data_pipeline.records.shard_reader import read_at
from data_pipeline.records.splits import SPLIT_FRACTIONS, SPLITS

PREVIEW = "preview.png"
SHOWN = 8  # Identities, and pictures of each.
SHORTEST = 64  # Side of a shown picture in pixels.
LINE = 16  # Height of a name.
# Evaluation pairs a photograph with another and one of somebody else.
NEEDED = 2
# What `advise` tries, for valid and for test.
PARTS = (0.1, 0.15, 0.2, 0.25, 0.3)
SURE = 0.95


def look(data: DataSet, fixed: bool) -> dict:
    """The part of a manifest about a data set's identities.

    Args:
        data: With its shards and indices, if not yet with its manifest.
        fixed: Whether the collection itself has splits.

    Returns:
        `identities_with_two_images` by split; `examples`, of some identities
        the number of images; `smallest` and `largest` number of images;
        `advice` where evaluation will lack identities.
    """
    pairs: dict[str, int] = {}
    found: list[tuple[str, int]] = []
    hashes, counts = [], []
    for split in SPLITS:
        pairs[split] = 0
        for shard in data.shards(split):
            index = data.index(shard)
            enough = index.counts >= 2
            pairs[split] += int(enough.sum())
            hashes.append(index.hashes[enough])
            counts.append(index.counts)
            if len(found) < SHOWN and len(index.counts):
                names = data.names(shard)[:SHOWN]
                found += zip(names, index.counts[:SHOWN], strict=True)
    images = np.concatenate(counts)
    examples = {name: int(count) for name, count in found[:SHOWN]}
    return {
        "identities_with_two_images": pairs,
        "examples": examples,
        "smallest": int(images.min()),
        "largest": int(images.max()),
        "advice": _advise(pairs, np.concatenate(hashes), fixed),
    }


def _advise(pairs: dict[str, int], hashes: np.ndarray, fixed: bool) -> str:
    short = [s for s in ("valid", "test") if pairs[s] < NEEDED]
    if not short:
        return ""
    text = (
        f"To evaluate, a split needs {NEEDED} identities of two pictures; "
        + ", ".join(f"`{split}` has {pairs[split]}" for split in short)
        + "."
    )
    if fixed:
        return (
            f"{text} The collection itself decides the splits. With "
            "--nofolder_splits, the hash of an identity decides."
        )
    text += (
        f" By the usual {SPLIT_FRACTIONS[1]:.0%} that takes about "
        f"{identities_needed(SPLIT_FRACTIONS[1])} identities."
    )
    for part in PARTS:
        fractions = (round(1 - 2 * part, 2), part, part)
        places = [splits.split_of(h, fractions) for h in hashes.tolist()]
        each = {name: places.count(name) for name in SPLITS}
        if min(each.values()) >= NEEDED:
            flag = ",".join(f"{f:g}" for f in fractions)
            given = ", ".join(f"{n} {name}" for name, n in each.items())
            return f"{text} --split_fractions={flag} gives {given}."
    return (
        f"{text} Here are {len(hashes)}, too few for three splits: "
        "more are needed."
    )


def identities_needed(part: float) -> int:
    """Identities of which that part holds two, with `SURE` probability."""
    number = NEEDED
    while (1 - part) ** number + number * part * (1 - part) ** (
        number - 1
    ) > 1 - SURE:
        number += 1
    return number


def draw_preview(data: DataSet) -> Image.Image:
    """Up to eight identities' names and first eight pictures each."""
    rows: list[tuple[str, np.ndarray]] = []
    for split in SPLITS:
        shards = data.shards(split)
        indices = [data.index(shard) for shard in shards]
        first = 0
        for shard, index in zip(shards, indices, strict=True):
            shown = SHOWN - len(rows)
            counts = index.counts[:shown].tolist()
            names = data.names(shard)[:shown] if counts else []
            for name, count in zip(names, counts, strict=True):
                places = np.arange(first, first + min(count, SHOWN))
                serialised = read_at(shards, indices, places)
                images, _ = examples.decode(
                    serialised, len(places), data.image_size
                )
                rows.append((f"{split}: {name}, {count}", images.numpy()))
                first += count
            first += int(index.counts[shown:].sum())
    scale = max(1, SHORTEST // data.image_size)
    side = data.image_size * scale
    widest = max(len(images) for _, images in rows)
    sheet = Image.new(
        "RGB", (widest * side, len(rows) * (side + LINE)), "white"
    )
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for row, (text, images) in enumerate(rows):
        top = row * (side + LINE)
        try:
            pen.text((2, top + 1), text, "black", font)
        except UnicodeError:  # The font without FreeType has Latin only.
            pen.text((2, top + 1), ascii(text), "black", font)
        for column, image in enumerate(images):
            picture = Image.fromarray(image).resize(
                (side, side), Image.Resampling.NEAREST
            )
            sheet.paste(picture, (column * side, top + LINE))
    return sheet


def write(data: DataSet) -> str:
    """Writes `preview.png` into the data set's folder; returns its path."""
    path = os.path.join(data.folder, PREVIEW)
    buffer = io.BytesIO()
    draw_preview(data).save(buffer, "PNG")
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(buffer.getvalue())
    return path
