"""What a folder of checkpoints holds, and what in it is none."""

import os

from sdgan_tf.checkpoints import Checkpoints
from sdgan_tf.runs import Run


def test_leftovers_of_a_killed_save_are_removed(tmp_path):
    run = Run(str(tmp_path))
    run.checkpoints.remove_leftovers()
    folder = tmp_path / "checkpoints"
    (folder / "step-00000008_temp").mkdir(parents=True)
    data = ".data-00000-of-00001"
    stay = [
        "step-00000004.index",
        f"step-00000004{data}",
        "kept-step-00000001.index",
        f"kept-step-00000001{data}",
        "kept-step-00000002.index",
    ]
    go = [
        f"step-00000006{data}",
        "step-00000006.index.tempstate12",
        "step-00000008_temp/part-00000-of-00001.index",
        # On its way to be kept for good.
        f"step-00000002{data}",
    ]
    for name in stay + go:
        (folder / name).write_text(name)
    run.checkpoints.remove_leftovers()
    moved = f"kept-step-00000002{data}"
    assert sorted(os.listdir(folder)) == sorted([*stay, moved])
    assert (folder / moved).read_text() == f"step-00000002{data}"


def test_what_is_not_named_like_a_checkpoint_is_none(tmp_path):
    names = ["step-00000004", "step-copy", "step-00000006 (1)", "xstep-0000009"]
    for name in names:
        (tmp_path / f"{name}.index").write_bytes(b"")
    assert Checkpoints(str(tmp_path)).paths() == [str(tmp_path / names[0])]
