"""Measures how well the tuple heads of sd_projected tell subjects apart.

    python -m benchmarks.tuple_heads --run_dir=runs/faces --data_dir=data/faces

Prints, for each split, the AUC of the mean logit over the scales for real pairs
of one subject against real pairs of two. It is measured "apart", where a batch
holds pairs of one kind only, as in training, and "mixed", where it holds both.
Heads that score each pair by itself have the same AUC in both. Heads that use
the statistics of the batch have a high AUC apart, and one near 0.5 mixed.
"""

import sys

import numpy as np
import tensorflow as tf
from absl import app, flags
from sklearn.metrics import roc_auc_score

from data_pipeline import DataSet, IdentityTuples
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.algorithms.sd_projected import SDProjected
from sdgan_tf.runs import Run, load_networks

RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Run folder of an sd_projected training."
)
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data set.")
BATCHES = flags.DEFINE_integer("batches", 14, "Batches of 32 pairs.", 1)
PAIRS = 32


def pairs_of_two(images: np.ndarray) -> np.ndarray:
    """Pairs `[n, 2, h, w, c]` with the last image of the pair before."""
    changed = images.copy()
    changed[:, -1] = np.roll(images[:, -1], 1, axis=0)
    return changed


def aucs(algorithm: SDProjected, tuples: IdentityTuples) -> dict[str, float]:
    """The AUC of pairs of one subject against pairs of two.

    Args:
        algorithm: Of k = 2, with trained weights.
        tuples: Real pairs.

    Returns:
        "apart" and "mixed": how batches are filled.
    """

    @tf.function
    def score(images):
        seen = algorithm.see(algorithm.pixels.to_float(images))
        return tf.add_n([logits[0, :, 0] for _, logits, _ in algorithm.d(seen)])

    half = PAIRS // 2
    labels = np.repeat([1, 0], half)
    scores = {"apart": [], "mixed": []}
    for batch in tuples.batches(PAIRS, cache_bytes=0).take(BATCHES.value):
        one = batch["images"].numpy()
        two = pairs_of_two(one)
        of_one, of_two = score(one).numpy(), score(two).numpy()
        scores["apart"].append(np.r_[of_one[:half], of_two[half:]])
        both = np.concatenate([one[:half], pairs_of_two(one[half:])])
        scores["mixed"].append(score(both).numpy())
    wanted = np.tile(labels, BATCHES.value)
    return {
        name: float(roc_auc_score(wanted, np.concatenate(found)))
        for name, found in scores.items()
    }


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        sys.exit(f"tuple_heads: not a flag: {argv[1]}")
    run = Run(RUN_DIR.value)
    algorithm = build_algorithm(run.experiment())
    load_networks(run, {"discriminator": algorithm.d})
    data = DataSet.open(DATA_DIR.value)
    for split in ("train", "valid", "test"):
        tuples = IdentityTuples.open(data, split, k=2, seed=5)
        found = aucs(algorithm, tuples)
        print(
            f"{split}: " + ", ".join(f"{n} {v:.3f}" for n, v in found.items())
        )


if __name__ == "__main__":
    flags.mark_flags_as_required(["run_dir", "data_dir"])
    app.run(main)
