"""Reads checkpoints, and compares two of them."""

import os

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def weights():
    """Reads the arrays of a checkpoint by (run_dir, step)."""

    def read(run_dir, step):
        reader = tf.train.load_checkpoint(
            os.path.join(run_dir, "checkpoints", f"step-{step:08d}")
        )
        return {
            name: reader.get_tensor(name)
            for name in reader.get_variable_to_shape_map()
            if "OBJECT_GRAPH" not in name
        }

    return read


@pytest.fixture
def assert_same():
    """Asserts that two checkpoints are equal to the last bit."""

    def check(ours, theirs):
        assert ours.keys() == theirs.keys()
        for name, value in ours.items():
            np.testing.assert_array_equal(value, theirs[name], err_msg=name)

    return check
