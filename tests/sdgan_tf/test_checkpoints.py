"""What a folder of checkpoints holds after a save that was cut."""

import os

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
