"""Folders of checkpoints, and files in them that are none."""

import os
import tempfile

import pytest
import tensorflow as tf

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


# Each is a pattern, or a name that a shell or a library may take apart.
NAMES = [
    "faces [v2]",
    "x[1-9]",
    "a*b?",
    "back\\slash",
    "[",
    "]",
    "{a,b} ~",
    "ü\n",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_may_have_any_name(tmp_path, monkeypatch, name):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    value = tf.Variable(0.0)
    checkpoint = tf.train.Checkpoint(value=value)
    checkpoints = Checkpoints(str(tmp_path / name / "checkpoints"))
    assert checkpoints.paths() == []
    for step in (1, 2, 3):
        value.assign(step)
        checkpoints.write(checkpoint, step)
    checkpoints.remove_leftovers()
    first, second, third = reversed(checkpoints.paths())
    assert third == os.path.join(checkpoints.folder, "step-00000003")
    value.assign(0.0)
    assert checkpoints.restore_latest(checkpoint) == third
    assert value.numpy() == 3.0
    checkpoints.keep(first)
    checkpoints.set_aside(second)
    checkpoints.remove(third)
    names = [
        f"{what}-step-{n:08d}" for what, n in (("damaged", 2), ("kept", 1))
    ]
    assert sorted(os.listdir(checkpoints.folder)) == [
        f"{name}{suffix}"
        for name in names
        for suffix in (".data-00000-of-00001", ".index")
    ]
    # None of the links that TensorFlow is given stays.
    assert not os.listdir(tmp_path / "temporary")


def test_a_sound_folder_that_gets_another_name(tmp_path):
    value = tf.Variable(5.0)
    checkpoint = tf.train.Checkpoint(value=value)
    # Among folders that its name as a pattern would match.
    for name, content in (("run", 5.0), ("run1", 1.0), ("run2", 2.0)):
        value.assign(content)
        Checkpoints(str(tmp_path / name)).write(checkpoint, 4)
    (tmp_path / "run").rename(tmp_path / "run[12]")
    moved = Checkpoints(str(tmp_path / "run[12]"))
    assert moved.restore_latest(checkpoint) == moved.paths()[0]
    assert value.numpy() == 5.0


def test_data_that_an_older_version_left_as_a_part_are_found(tmp_path):
    value = tf.Variable(5.0)
    checkpoint = tf.train.Checkpoint(value=value)
    checkpoints = Checkpoints(str(tmp_path / "x[1-9]"))
    path = checkpoints.write(checkpoint, 4)
    data = ".data-00000-of-00001"
    os.rename(path + data, path.replace("step-", "part-step-") + data)
    checkpoints.remove_leftovers()
    value.assign(0.0)
    assert checkpoints.restore_latest(checkpoint) == path
    assert value.numpy() == 5.0


def test_a_folder_elsewhere_that_is_a_pattern_is_refused_first():
    with pytest.raises(ValueError, match=r"without \*, \?.*'gs://b/x\[1\]/ch"):
        Run("gs://b/x[1]").has_checkpoint()


def test_files_of_others_are_no_leftovers(tmp_path):
    names = ["my.data-1", "notes_temp", "part-list.txt", "step.data-copy"]
    for name in names:
        (tmp_path / name).write_text(name)
    Checkpoints(str(tmp_path)).remove_leftovers()
    assert sorted(os.listdir(tmp_path)) == sorted(names)
