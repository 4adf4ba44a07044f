"""Compares FaceNet in float32 and bfloat16: time and verification AUC.

    python -m benchmarks.facenet_precision --data_dir=data/celeba50k

Embeds the photographs of pairs of the test split in both, which take turns
batch by batch, and prints a table in Markdown. bfloat16 is slow on a processor
that does not support it.
"""

import time

import numpy as np
from absl import app, flags

from data_pipeline.records import DataSet
from sdgan_tf.evaluation.facenet import FaceNet, facenet_path
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.verification import Verification, distances

DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of the data set.", required=True
)
PAIRS = flags.DEFINE_integer("pairs", 2000, "Pairs, half of them matched.", 2)
BATCH_SIZES = flags.DEFINE_multi_integer(
    "batch_size", [16, 32, 64], "Pictures in a batch; may be repeated."
)


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    photographs = Photographs.open(DataSet.open(DATA_DIR.value), "test")
    pairs = photographs.pairs(PAIRS.value, 0)
    images = photographs.read(pairs.positions.reshape(-1))
    print("| precision, batch | ms a picture | AUC |\n|---|---|---|")
    for size in BATCH_SIZES.value:
        embedders = {
            precision: FaceNet(facenet_path(), precision, size)
            for precision in ("float32", "bfloat16")
        }
        times = dict.fromkeys(embedders, 0.0)
        found: dict[str, list] = {name: [] for name in embedders}
        for embed in embedders.values():
            embed(images[:size])  # Traced.
        for start in range(0, len(images), size):
            for name, embed in embedders.items():
                began = time.perf_counter()
                found[name].append(embed(images[start : start + size]))
                times[name] += time.perf_counter() - began
        for name, parts in found.items():
            embedded = np.concatenate(parts).reshape(len(images) // 2, 2, -1)
            apart = distances(embedded[:, 0], embedded[:, 1])
            (auc,) = Verification(apart, pairs.matched).curve().auc()
            each = 1e3 * times[name] / len(images)
            print(f"| {name}, {size} | {each:.2f} | {auc:.5f} |", flush=True)


if __name__ == "__main__":
    app.run(main)
