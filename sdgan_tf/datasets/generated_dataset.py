"""Writes a data set of generated identities.

identities/, shards/ or records/    the pictures: see `formats`
codes.npz     z_i and z_o of each picture, and its name
card.json     generator, settings, terms, what was rejected; written last
"""

import dataclasses
import io
import os

import numpy as np
import tensorflow as tf

from sdgan_tf.datasets import formats
from sdgan_tf.datasets.candidates import Candidates
from sdgan_tf.datasets.progress_file import Block, ProgressFile
from sdgan_tf.datasets.rejection import Rejected, Separation
from sdgan_tf.evaluation.gallery import Gallery
from sdgan_tf.evaluation.verifiers import Verifier
from sdgan_tf.generators import Generator
from sdgan_tf.progress import Progress

CODES = "codes.npz"
PATIENCE = 5000  # Candidates of which one at least must be kept.
LINE_SECONDS = 10.0


def write_dataset(
    generator: Generator,
    output_dir: str,
    *,
    dataset_identities: int = 1000,
    dataset_pictures: int = 10,
    dataset_format: str = "folders",
    seed: int = 0,
    min_distance: float = 0.0,
    outliers: float = 0.0,
    verifier: Verifier | None = None,
    gallery: Gallery | None = None,
    about: dict | None = None,
) -> dict:
    """Writes identities with equally many pictures each.

    An interrupted call goes on where it stopped when it is given again.

    Args:
        generator: It generates the pictures.
        output_dir: A new folder, or one of the same data set.
        dataset_identities: Identities.
        dataset_pictures: Pictures of each.
        dataset_format: "folders", "records" or "webdataset".
        seed: Of the codes.
        min_distance: Identities are kept whose templates lie at least so far
            from those kept before and from all training identities; 0 keeps
            all.
        outliers: Distance of a picture's embedding to its identity's template
            from which it is left out; 0 leaves out none.
        verifier: It measures the distances; not needed without any.
        gallery: The training identities; None where they are not looked at.
        about: Further entries of the card, such as the generator and its
            terms.

    Returns:
        The card.

    Raises:
        FileExistsError: If something else is in the folder.
        ValueError: If the data set in it is of other settings, an argument
            does not fit, or too few candidates can be kept.
    """
    _check(dataset_identities, dataset_pictures, dataset_format)
    measured = bool(min_distance or outliers)
    if measured and verifier is None:
        raise ValueError(
            "`min_distance` and `outliers` need a `verifier`. Received: "
            f"min_distance={min_distance}, outliers={outliers}, verifier=None"
        )
    if not measured:
        verifier = None
    settings = (about or {}) | {
        "step": generator.step,
        "identities": dataset_identities,
        "pictures_of_each": dataset_pictures,
        "format": dataset_format,
        "seed": seed,
        "min_distance": min_distance,
        "outliers": outliers,
        "verifier": verifier.name if verifier else None,
        "verifier_hash": verifier.file_hash if verifier else None,
        "training_identities": len(gallery.hashes) if gallery else None,
    }
    progress_file = ProgressFile(output_dir, settings)
    if (card := progress_file.card()) is not None:
        return card
    candidates = Candidates(
        generator,
        seed,
        dataset_pictures,
        outliers,
        verifier,
    )
    writer = formats.WRITERS[dataset_format](
        output_dir, generator.network.image_size
    )
    blocks = _write_blocks(
        candidates,
        writer,
        progress_file,
        dataset_identities,
        min_distance,
        gallery,
    )
    writer.finish([block.codes.shape[:2] for block in blocks])
    codes = np.concatenate([block.codes for block in blocks])
    _write_codes(os.path.join(output_dir, CODES), generator, codes)
    rejected = sum((block.rejected for block in blocks), Rejected())
    card = settings | {
        "candidates": sum(block.sampled for block in blocks),
        "rejected": dataclasses.asdict(rejected),
    }
    progress_file.finish(card)
    return card


def _check(identities: int, pictures: int, form: str) -> None:
    for name, value in (
        ("dataset_identities", identities),
        ("dataset_pictures", pictures),
    ):
        if value < 1:
            raise ValueError(
                f"`{name}` must be at least 1. Received: {name}={value}"
            )
    if form not in formats.WRITERS:
        raise ValueError(
            f"`dataset_format` must be one of {list(formats.WRITERS)}. "
            f"Received: dataset_format={form!r}"
        )


def _write_blocks(
    candidates: Candidates,
    writer,
    progress_file: ProgressFile,
    wanted: int,
    min_distance: float,
    gallery: Gallery | None,
) -> list[Block]:
    """Writes block after block until there are enough identities."""
    blocks = progress_file.blocks()
    done = sum(len(block.codes) for block in blocks)
    templates = [block.templates for block in blocks if len(block.codes)]
    separation = None
    if min_distance and candidates.verifier:
        size = candidates.verifier.size
        kept = np.concatenate([np.zeros([0, size], np.float32), *templates])
        separation = Separation(min_distance, gallery, kept)
    progress = Progress(
        "identities", wanted, first=done, line_seconds=LINE_SECONDS
    )
    fruitless = 0
    while done < wanted:
        number = len(blocks)
        found, sampled, rejected = candidates.block(number)
        if not sampled or fruitless > PATIENCE:
            raise ValueError(_too_few(done, wanted, blocks))
        if separation:
            rows, others = separation.choose(found.templates)
            found, rejected = found.at(rows), rejected + others
        found = found.at(slice(wanted - done))
        if separation:
            separation.keep(found.templates)
        writer.write(number, done, formats.encoded(found.images))
        block = Block(found.codes, found.templates, sampled, rejected)
        progress_file.add(number, block)
        blocks.append(block)
        done += len(found)
        fruitless = 0 if len(found) else fruitless + sampled
        progress.logged(done)
    return blocks


def _too_few(done: int, wanted: int, blocks: list[Block]) -> str:
    rejected = sum((block.rejected for block in blocks), Rejected())
    sampled = sum(block.sampled for block in blocks)
    return (
        f"Only {done} of {wanted} identities were found among {sampled} "
        "candidates; further ones are too near to these, or there are none. "
        "Ask for fewer `dataset_identities`, or a smaller `min_distance` or "
        f"larger `outliers`, in a new folder. Rejected: "
        f"{dataclasses.asdict(rejected)}"
    )


def _write_codes(path: str, generator: Generator, codes: np.ndarray) -> None:
    """Writes one row of codes a picture, as `codes` of sampling takes them."""
    identities, pictures, d_z = codes.shape
    z_i, z_o = generator.latents.split(codes.reshape(-1, d_z))
    names = [
        f"{formats.identity_name(n)}/{formats.picture_name(m)}"
        for n in range(identities)
        for m in range(pictures)
    ]
    buffer = io.BytesIO()
    np.savez(buffer, z_i=z_i, z_o=z_o, names=np.array(names))
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(buffer.getvalue())
