"""The command trains a run folder that all other commands take."""

import json

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.runs import Run

SMALL = ("--image_size=32", "--dim=4", "--d_i=3", "--d_o=5", "--batch_size=3")


@pytest.mark.slow
def test_a_run_is_taken_like_main_pys(tmp_path, jax_process):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "photographs.npz",
        images=rng.integers(0, 256, [6, 32, 32, 3]).astype(np.uint8),
        rows=np.arange(6) // 2,
    )
    jax_process(
        "-m",
        "sdgan_tf.jax.train",
        f"--photographs={tmp_path / 'photographs.npz'}",
        f"--run_dir={tmp_path / 'run'}",
        *SMALL,
        "--ema_decay=0.5",
        "--train_steps=5",
        "--log_interval_steps=2",
    )
    generator = Run(str(tmp_path / "run")).generator()
    assert generator.step == 5
    images = generator(tf.zeros([1, 8]))
    assert np.isfinite(images).all()
    lines = (tmp_path / "run" / "stats.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [2, 4, 5]
