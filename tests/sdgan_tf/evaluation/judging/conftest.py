"""A kit of pairs whose pictures are one colour each."""

import numpy as np
import pytest

from sdgan_tf.evaluation.judging import judge_kit, kit


@pytest.fixture
def small_kit(tmp_path, make_config, monkeypatch):
    """4 pairs in 2 batches of 4, checks among them."""

    def coloured(config, num_checks):
        levels = np.arange(8 + num_checks, dtype=np.uint8) * 20
        pictures = np.broadcast_to(
            levels[:, None, None, None], [len(levels), 32, 32, 3]
        )
        return judge_kit.Drawn(
            pictures[:8].reshape(4, 2, 32, 32, 3),
            pictures[8:],
            {"source": "generated", "step": 6},
        )

    monkeypatch.setattr(judge_kit, "draw_generated", coloured)
    folder = str(tmp_path / "kit")
    judge_kit.judge_kit(
        make_config(num_pairs=4, judge_batch_size=4, output_dir=folder)
    )
    return kit.Kit.open(folder)
