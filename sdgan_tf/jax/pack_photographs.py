"""Packs a split into one file of arrays, for `sdgan_tf.jax.train`.

    python -m sdgan_tf.jax.pack_photographs --data_dir=data/faces \\
        --output=photographs.npz

The file holds `images`, uint8 `[photographs, h, w, 3]`, and `rows`, the number
of each one's identity, int64 `[photographs]`.
"""

import numpy as np
from absl import app, flags

from data_pipeline.records import DataSet
from data_pipeline.tuples import memory

DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder that build_records wrote.", required=True
)
OUTPUT = flags.DEFINE_string(
    "output", None, "The file to write, NPZ.", required=True
)
SPLIT = flags.DEFINE_string("split", "train", "Part of the data set.")


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    data = DataSet.open(DATA_DIR.value)
    shards = data.shards(SPLIT.value)
    indices = [data.index(shard) for shard in shards]
    images, hashes = memory.load(data, SPLIT.value, indices)
    _, rows = np.unique(hashes, return_inverse=True)
    np.savez_compressed(OUTPUT.value, images=images, rows=rows)
    print(f"{len(images)} photographs of {rows.max() + 1} identities")


if __name__ == "__main__":
    app.run(main)
