"""Messages about errors that the user can mend."""

import errno
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline.tuples import streaming
from sdgan_tf.commands import error_messages
from sdgan_tf.commands.flags import fields_of
from sdgan_tf.commands.registry import COMMANDS
from sdgan_tf.training.input_pipeline import open_data, open_tuples


def test_a_full_disk_names_the_last_checkpoint(trained):
    error = OSError(errno.ENOSPC, "No space left on device")
    assert error_messages.explain(error, "train", trained) == (
        "the disk is full: [Errno 28] No space left on device. Checkpoints "
        "that were saved stay; the last one: step 6. Make room, then run the "
        "same command again."
    )


@pytest.mark.parametrize(
    ("mode", "advice"),
    [
        ("train", "Lower --batch_size, --dim or --cache_gb."),
        ("sample", "Lower --num_identities or --num_observations."),
        ("evaluate", "Lower --num_pairs."),
    ],
)
def test_too_little_memory_names_flags(mode, advice):
    with pytest.raises(MemoryError) as caught:
        np.empty(2**50)
    text = error_messages.explain(caught.value, mode, COMMANDS[mode].options())
    assert text.startswith("out of memory: Unable to allocate")
    assert advice in text


def test_every_mode_s_flags_are_its_flags():
    for mode, names in error_messages.MEMORY_FLAGS.items():
        own = {field.name for field in fields_of(COMMANDS[mode].options)}
        assert set(names) <= own, mode


def test_a_quota_is_a_full_disk():
    quota = tf.errors.UnknownError(None, None, "x; Disk quota exceeded")
    memory = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")
    assert error_messages.is_full_disk(quota)
    assert not error_messages.is_full_disk(memory)


def test_an_error_of_none_of_these_stays_as_it_is(make_options):
    error = ValueError("`k` must be\n  odd")
    assert (
        error_messages.explain(error, "train", make_options())
        == "`k` must be\n  odd"
    )


def test_damage_that_is_not_of_the_data_set(make_options):
    error = tf.errors.DataLossError(None, None, "corrupted record")
    assert "corrupted record" in error_messages.explain(
        error, "train", make_options()
    )


def test_a_flipped_bit_is_damage(make_options, copied_data):
    shard = copied_data / "train-00000-of-00001.tfrecord"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 4
    shard.write_bytes(content)
    error = tf.errors.DataLossError(None, None, "corrupted record at 7")
    line = error_messages.explain(
        error, "train", make_options(data_dir=str(copied_data))
    )
    assert line.startswith(f"the data set is damaged: {shard} (corrupted")


@pytest.fixture
def copied_data(tiny_data, tmp_path):
    """A data set that a test may change."""
    return pathlib.Path(shutil.copytree(tiny_data, tmp_path / "data"))


def rebuild(folder, left):
    """Another build begins: the manifest goes first, then the shards."""
    shard = folder / "train-00000-of-00001.tfrecord"
    if left != "manifest":
        (folder / "manifest.json").unlink()
    if left == "nothing":
        shard.unlink()
    else:
        # Written over where it lies, as TensorFlow does.
        content = shard.read_bytes()
        with open(shard, "r+b") as file:
            file.write(content[len(content) // 2 :] + bytes(64))


@pytest.mark.parametrize("left", ["manifest", "shards", "nothing"])
@pytest.mark.parametrize("reader", [True, False])
def test_a_data_set_that_is_built_anew_under_a_training(
    make_options, copied_data, monkeypatch, left, reader
):
    """Whatever is left of it, and whether its shards are held open."""
    if not reader:
        monkeypatch.setattr(streaming, "can_read", lambda *_: False)
    options = make_options(data_dir=str(copied_data), cache_gb=0.0)
    tuples = open_tuples(open_data(options.data_dir, 32), k=2)
    batches = iter(tuples.batches(4, cache_bytes=0))
    next(batches)
    rebuild(copied_data, left)
    if reader and left == "nothing":
        # What is open stays readable.
        for _ in range(50):
            next(batches)
        return
    with pytest.raises(tf.errors.OpError) as caught:
        for _ in range(1000):
            next(batches)
    assert error_messages.is_users(caught.value)
    line = error_messages.explain(caught.value, "train", options)
    assert "\n" not in line and str(copied_data) in line
    if left == "manifest":
        assert line.startswith("the data set is damaged: ")
    else:
        assert "was changed while it was read" in line


def test_a_shard_that_is_gone_is_one_line(make_options, copied_data):
    shard = copied_data / "train-00000-of-00001.tfrecord"
    shard.unlink()
    with pytest.raises(tf.errors.NotFoundError) as caught:
        next(iter(tf.data.TFRecordDataset(str(shard))))
    line = error_messages.explain(
        caught.value, "train", make_options(data_dir=str(copied_data))
    )
    assert "was changed while it was read" in line and str(shard) in line
    assert "\n" not in line
