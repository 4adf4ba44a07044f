"""A packed split holds its photographs and who they are of."""

import pathlib
import subprocess
import sys

import numpy as np

from data_pipeline.records import DataSet
from data_pipeline.tuples.identity_tuples import IdentityTuples

ROOT = pathlib.Path(__file__).parents[3]


def test_packed(tiny_data, tmp_path):
    output = tmp_path / "photographs.npz"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "sdgan_tf.jax.pack_photographs",
            f"--data_dir={tiny_data}",
            f"--output={output}",
        ],
        cwd=ROOT,
        check=True,
    )
    tuples = IdentityTuples.open(DataSet.open(tiny_data), "train", 2, 0)
    with np.load(output, allow_pickle=False) as held:
        images, rows = held["images"], held["rows"]
    assert sorted(np.bincount(rows)) == sorted(tuples.counts)
    # The pictures of the identity whose row is sampled first.
    batch = next(iter(tuples.batches(4, cache_bytes=1e9)))
    for picture in batch["images"].numpy().reshape(-1, *images.shape[1:]):
        assert any((picture == image).all() for image in images)
