"""A kit of pairs whose pictures are one colour each."""

import numpy as np
import pytest

from sdgan_tf.evaluation.judging import kit, kit_writing


@pytest.fixture
def small_kit(tmp_path):
    """4 pairs in 2 batches of 4, checks among them."""
    levels = np.arange(12, dtype=np.uint8) * 20
    pictures = np.broadcast_to(levels[:, None, None, None], [12, 32, 32, 3])
    return kit_writing.write_kit(
        str(tmp_path / "kit"),
        kit.plan(4, judge_batch_size=4, judge_checks=2, seed=0),
        kit_writing.StudyPictures(
            pictures[:8].reshape(4, 2, 32, 32, 3),
            pictures[8:],
            {"source": "generated", "step": 6},
        ),
        judge_subject="person,people",
        judge_url="https://example.com/pictures",
        seed=0,
    )
