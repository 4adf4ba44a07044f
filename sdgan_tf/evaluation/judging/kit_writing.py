"""Writes a kit: pairs of pictures, and the pages on which judges see them.

The pairs are those of the evaluation of the same seed and number.
"""

import dataclasses
import hashlib
import json
import logging
import os

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.evaluation.judging import kit, pages
from sdgan_tf.evaluation.measured_pairs import (
    generate,
    generated_pairs,
    pair_codes,
)
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.images import encode_png
from sdgan_tf.runs import Run

SQUARES = 8  # Of a side of the checkerboard.


@dataclasses.dataclass(frozen=True)
class StudyPictures:
    """Pictures of a study, and where they are from.

    Attributes:
        pairs: Pictures by the pairs' numbers, uint8 `[n, 2, h, w, 3]`.
        checks: For attention checks, uint8 `[checks, h, w, 3]`.
        info: For `kit.json`.
    """

    pairs: np.ndarray
    checks: np.ndarray
    info: dict


def generated_pictures(
    run: Run, num_pairs: int, num_checks: int, seed: int
) -> StudyPictures:
    """A run's generated pairs; attention checks show further identities.

    Raises:
        FileNotFoundError: If there is no checkpoint.
    """
    generator, experiment = run.generator(), run.experiment()
    # No pair of the evaluation starts at this number.
    codes, _ = pair_codes(generator, seed, num_pairs, num_checks, matched=False)
    return StudyPictures(
        np.concatenate(
            [shown for shown, _ in generated_pairs(generator, num_pairs, seed)]
        ),
        generate(generator, codes[:, :1])[:, 0],
        {
            "source": "generated",
            "run_dir": run.folder,
            "step": generator.step,
            "fingerprint": experiment.fingerprint(),
        },
    )


def real_pictures(
    data: DataSet, num_pairs: int, num_checks: int, seed: int
) -> StudyPictures:
    """Pairs of the test split; attention checks show any photographs of it."""
    photographs = Photographs.open(data, "test")
    pairs = photographs.pairs(num_pairs, seed)
    rng = np.random.default_rng([seed, num_checks])
    picks = rng.integers(0, int(photographs.counts.sum()), num_checks)
    distinct, places = np.unique(
        np.concatenate([pairs.positions.ravel(), picks]), return_inverse=True
    )
    images = photographs.read(distinct)[places]
    shown = images[: 2 * len(pairs.positions)]
    info = {
        "source": "real",
        "data_build_id": data.build_id,
        "distinct_matched_pairs": pairs.distinct_matched,
        "num_identities": pairs.num_identities,
    }
    if pairs.distinct_matched < pairs.matched.sum():
        info["warning"] = (
            f"the test split has {photographs.possible_matched} distinct "
            "matched pairs, so judges see pairs again; intervals take them for "
            "independent and are too narrow"
        )
        logging.warning("%s", info["warning"])
    return StudyPictures(
        shown.reshape(-1, 2, *images.shape[1:]), images[len(shown) :], info
    )


def checkerboard(height: int, width: int) -> np.ndarray:
    """Black and white squares, uint8 `[height, width, 3]`: no subject."""
    row, column = np.indices([height, width])
    odd = (row * SQUARES // height + column * SQUARES // width) % 2
    return np.repeat(255 * odd[..., None], 3, axis=-1).astype(np.uint8)


def side_by_side(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two pictures `[h, w, 3]` with a white gap, `[h, 2 * w + w // 8, 3]`."""
    height, width, channels = first.shape
    gap = np.full([height, width // 8, channels], 255, np.uint8)
    return np.concatenate([first, gap, second], axis=1)


def pair_picture(pair: kit.Pair, pictures: StudyPictures) -> np.ndarray:
    """The picture of a pair as judges see it.

    A check shows one picture twice, or one beside a checkerboard.
    """
    if pair.kind != kit.CHECK:
        return side_by_side(*pictures.pairs[pair.number])
    picture = pictures.checks[pair.number]
    if pair.answer == kit.SAME:
        return side_by_side(picture, picture)
    return side_by_side(picture, checkerboard(*picture.shape[:2]))


def kit_name(pictures: list[bytes], batch_size: int) -> str:
    """8 hexadecimal digits that differ when what is judged does."""
    digest = hashlib.sha256(str(batch_size).encode())
    for picture in pictures:
        digest.update(hashlib.sha256(picture).digest())
    return digest.hexdigest()[:8]


def check_folder(output_dir: str) -> None:
    """Raises FileExistsError if something is in the folder of a new kit."""
    gfile = tf.io.gfile
    if gfile.exists(output_dir) and (
        not gfile.isdir(output_dir) or gfile.listdir(output_dir)
    ):
        raise FileExistsError(
            "`output_dir` must be a new or empty folder: a kit, and answers "
            f"to it, are not overwritten. Received: output_dir={output_dir!r}"
        )


def _write(folder: str, name: str, data: str | bytes) -> None:
    path = os.path.join(folder, name)
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)


def write_kit(
    output_dir: str,
    batches: list[list[kit.Pair]],
    pictures: StudyPictures,
    *,
    judge_subject: str,
    judge_url: str,
    seed: int,
) -> kit.Kit:
    """Writes a kit: see `kit` for what is in its folder.

    `kit.json`, the last file, says that it is complete.

    Args:
        output_dir: A new folder.
        batches: The pairs to judge: see `kit.plan`.
        pictures: What they show.
        judge_subject: One and several of what they show, "person,people".
        judge_url: Where Mechanical Turk's page finds the pictures.
        seed: Noted in the kit.

    Raises:
        FileExistsError: If the output folder is not empty.
        ValueError: If the subject is not two words.
    """
    pages.subject_words(judge_subject)
    check_folder(output_dir)
    batch_size = len(batches[0])
    # In the order in which they are shown: neither names nor times of the
    # files tell more.
    shown = [
        encode_png(pair_picture(pair, pictures))
        for batch in batches
        for pair in batch
    ]
    name = kit_name(shown, batch_size)
    numbered = iter([f"{name}-{n + 1:05d}" for n in range(len(shown))])
    names = [[next(numbered) for _ in batch] for batch in batches]
    flat = [pair for batch in names for pair in batch]
    for pair, picture in zip(flat, shown, strict=True):
        path = os.path.join(kit.PICTURES, kit.picture_name(pair))
        _write(output_dir, path, picture)
    info = {
        "kit": name,
        "num_pairs": len(pictures.pairs),
        "num_batches": len(batches),
        "batch_size": batch_size,
        "seed": seed,
        **pictures.info,
    }
    page = pages.judge_page(name, names, judge_subject)
    layout = pages.mturk_layout(batch_size, judge_subject, judge_url)
    for file, text in (
        (kit.PAGE, page),
        (kit.LAYOUT, layout),
        (kit.BATCHES, kit.batches_csv(name, names)),
        (kit.KEY, kit.key_csv(names, batches)),
        (kit.INFO, json.dumps(info, indent=2) + "\n"),
    ):
        _write(output_dir, file, text)
    return kit.Kit.open(output_dir)
