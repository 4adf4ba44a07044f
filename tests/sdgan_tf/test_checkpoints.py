"""What a folder of checkpoints holds, and what in it is none."""

import os

import pytest

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
        "part-step-00000008.index",
        f"part-step-00000008{data}",
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


class Cut:
    """A checkpoint whose save is killed while TensorFlow fills the index."""

    def write(self, prefix):
        with open(f"{prefix}.data-00000-of-00001", "w") as file:
            file.write("whole")
        with open(f"{prefix}.index", "w"):
            raise KeyboardInterrupt


def test_a_save_that_is_cut_in_its_index_leaves_no_checkpoint(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        checkpoints.write(Cut(), 7)
    assert checkpoints.paths() == [] and len(os.listdir(tmp_path)) == 2
    checkpoints.remove_leftovers()
    assert not os.listdir(tmp_path)


def test_what_is_not_named_like_a_checkpoint_is_none(tmp_path):
    names = ["step-00000004", "step-copy", "step-00000006 (1)", "xstep-0000009"]
    for name in names:
        (tmp_path / f"{name}.index").write_bytes(b"")
    assert Checkpoints(str(tmp_path)).paths() == [str(tmp_path / names[0])]
