"""What is said to the user about errors that he can mend."""

import errno

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf import faults


def test_a_full_disk_names_the_last_checkpoint(trained):
    error = OSError(errno.ENOSPC, "No space left on device")
    assert faults.explain(error, trained) == (
        "the disk is full: [Errno 28] No space left on device. Checkpoints "
        "that were saved stay; the last one: step 6. Make room, then give the "
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
def test_too_little_memory_names_flags(make_config, mode, advice):
    with pytest.raises(MemoryError) as caught:
        np.empty(2**50)
    text = faults.explain(caught.value, make_config(mode=mode))
    assert text.startswith("out of memory: Unable to allocate")
    assert advice in text


def test_every_mode_s_flags_are_flags(make_config):
    config = make_config()
    sections = [s for s in vars(config).values() if hasattr(s, "__dict__")]
    names = {name for section in sections for name in vars(section)}
    for mode, flags in faults.MEMORY_FLAGS.items():
        assert set(flags) <= names, mode


def test_a_quota_is_a_full_disk():
    quota = tf.errors.UnknownError(None, None, "x; Disk quota exceeded")
    memory = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")
    assert faults.is_full_disk(quota)
    assert not faults.is_full_disk(memory)


def test_an_error_of_none_of_these_stays_as_it_is(make_config):
    error = ValueError("`k` must be\n  odd")
    assert faults.explain(error, make_config()) == "`k` must be\n  odd"


def test_damage_that_is_not_of_the_data_set(make_config):
    error = tf.errors.DataLossError(None, None, "corrupted record")
    assert "corrupted record" in faults.explain(error, make_config())
