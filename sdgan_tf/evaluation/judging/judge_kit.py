"""`--mode=judge_kit`: what human judges need to say who is who.

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
from sdgan_tf.config import Config
from sdgan_tf.evaluation.judging import kit, pages
from sdgan_tf.evaluation.measuring import (
    generate,
    generated_pairs,
    pair_codes,
)
from sdgan_tf.evaluation.photographs import Photographs
from sdgan_tf.images import encode_png
from sdgan_tf.runs import Run

SQUARES = 8  # Of a side of the checkerboard.


@dataclasses.dataclass(frozen=True)
class Drawn:
    """Pictures of a study, and where they are from.

    Attributes:
        pairs: Pictures by the pairs' numbers, uint8 `[n, 2, h, w, 3]`.
        checks: For attention checks, uint8 `[checks, h, w, 3]`.
        info: For `kit.json`.
    """

    pairs: np.ndarray
    checks: np.ndarray
    info: dict


def draw_generated(config: Config, num_checks: int) -> Drawn:
    """The run's generated pairs; checks show further identities."""
    run, seed = Run(config.run_dir), config.experiment.seed
    num_pairs = config.evaluation.num_pairs
    generator, experiment = run.generator(), run.experiment()
    # No pair of the evaluation starts at this number.
    codes, _ = pair_codes(generator, seed, num_pairs, num_checks, matched=False)
    return Drawn(
        np.concatenate(
            [shown for shown, _ in generated_pairs(generator, num_pairs, seed)]
        ),
        generate(generator, codes[:, :1])[:, 0],
        {
            "source": "generated",
            "run_dir": config.run_dir,
            "step": generator.step,
            "fingerprint": experiment.fingerprint(),
        },
    )


def draw_photographs(config: Config, num_checks: int) -> Drawn:
    """Pairs of the split test; checks show any photographs of it.

    Raises:
        ValueError: If no data set is named.
    """
    if not config.data_dir:
        raise ValueError("--data_dir is missing: a built data set.")
    seed = config.experiment.seed
    data = DataSet.open(config.data_dir)
    photographs = Photographs.open(data, "test")
    pairs = photographs.pairs(config.evaluation.num_pairs, seed)
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
            f"the split test has {photographs.possible_matched} distinct "
            "matched pairs, so judges see pairs again; intervals take them for "
            "independent and are too narrow"
        )
        logging.warning("%s", info["warning"])
    return Drawn(
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


def pair_picture(pair: kit.Pair, drawn: Drawn) -> np.ndarray:
    """What judges see of a pair.

    A check shows one picture twice, or one beside a checkerboard.
    """
    if pair.kind != kit.CHECK:
        return side_by_side(*drawn.pairs[pair.number])
    picture = drawn.checks[pair.number]
    if pair.answer == kit.SAME:
        return side_by_side(picture, picture)
    return side_by_side(picture, checkerboard(*picture.shape[:2]))


def kit_name(pictures: list[bytes], batch_size: int) -> str:
    """8 hexadecimal digits that differ when what is judged does."""
    digest = hashlib.sha256(str(batch_size).encode())
    for picture in pictures:
        digest.update(hashlib.sha256(picture).digest())
    return digest.hexdigest()[:8]


def _kit_folder(config: Config) -> str:
    """Where the kit goes, which must be new.

    Raises:
        ValueError: If it is not named.
        FileExistsError: If something is in it.
    """
    folder = config.sampling.output_dir
    if not folder:
        raise ValueError("--output_dir is missing: a new folder for the kit.")
    if tf.io.gfile.exists(folder) and (
        not tf.io.gfile.isdir(folder) or tf.io.gfile.listdir(folder)
    ):
        raise FileExistsError(
            "`output_dir` must be a new or empty folder: a kit, and answers "
            f"to it, are not overwritten. Received: output_dir={folder!r}"
        )
    return folder


def _write(folder: str, name: str, data: str | bytes) -> None:
    path = os.path.join(folder, name)
    tf.io.gfile.makedirs(os.path.dirname(path))
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)


def judge_kit(config: Config) -> None:
    """Writes a kit: see `kit` for what is in its folder.

    Raises:
        FileExistsError: If the output folder is not empty.
        FileNotFoundError: If there is no checkpoint or data set.
        ValueError: If a flag is missing or does not fit another.
    """
    options, seed = config.judging, config.experiment.seed
    real = config.evaluation.evaluate_real
    pages.subject_words(options.judge_subject)
    if not (config.run_dir or real):
        raise ValueError(
            "--run_dir is missing: the folder of a trained run. "
            "(--evaluate_real shows pairs of photographs.)"
        )
    folder = _kit_folder(config)
    num_pairs = config.evaluation.num_pairs
    batches = kit.plan(
        num_pairs, options.judge_batch_size, options.judge_checks, seed
    )
    num_checks = len(batches) * options.judge_batch_size - num_pairs
    draw = draw_photographs if real else draw_generated
    drawn = draw(config, num_checks)
    # In the order in which they are shown: neither names nor times of the
    # files tell more.
    pictures = [
        encode_png(pair_picture(pair, drawn))
        for batch in batches
        for pair in batch
    ]
    name = kit_name(pictures, options.judge_batch_size)
    names = iter([f"{name}-{n + 1:05d}" for n in range(len(pictures))])
    names = [[next(names) for _ in batch] for batch in batches]
    _write_kit(folder, config, name, names, batches, pictures, drawn.info)
    print(
        f"Kit {name}: {num_pairs} pairs and {num_checks} attention checks in "
        f"{len(batches)} batches. For the judges: "
        f"{os.path.join(folder, os.path.dirname(kit.PAGE))}"
    )


def _write_kit(folder, config, name, names, batches, pictures, drawn) -> None:
    """Writes all files; `kit.json`, the last one, says that it is complete."""
    options = config.judging
    flat = [pair for batch in names for pair in batch]
    for pair, picture in zip(flat, pictures, strict=True):
        path = os.path.join(kit.PICTURES, kit.picture_name(pair))
        _write(folder, path, picture)
    subject = options.judge_subject
    info = {
        "kit": name,
        "num_pairs": config.evaluation.num_pairs,
        "num_batches": len(batches),
        "batch_size": options.judge_batch_size,
        "seed": config.experiment.seed,
        **drawn,
    }
    _write(folder, kit.PAGE, pages.judge_page(name, names, subject))
    _write(
        folder,
        kit.LAYOUT,
        pages.mturk_layout(
            options.judge_batch_size, subject, options.judge_url
        ),
    )
    _write(folder, kit.BATCHES, kit.batches_csv(name, names))
    _write(folder, kit.KEY, kit.key_csv(names, batches))
    _write(folder, kit.INFO, json.dumps(info, indent=2) + "\n")
