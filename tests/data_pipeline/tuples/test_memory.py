import collections

import numpy as np

from data_pipeline.tuples import memory
from data_pipeline.tuples.identity_tuples import IdentityTuples


def test_identities_are_uniform_in_memory(chi_square, take, skewed):
    tuples = IdentityTuples.open(skewed, "train", 2, seed=3)
    _, hashes = take(tuples.batches(400), 20)
    # 15 degrees of freedom: 55 is exceeded with probability 2e-6. By images
    # instead of identities it would be 9,000.
    assert chi_square(collections.Counter(hashes.ravel()), 16) < 55


def test_start_batch_beyond_a_whole_draw_block(take, skewed):
    tuples = IdentityTuples.open(skewed, "train", 2, seed=7)
    assert memory.SAMPLED_AT_ONCE == 4096
    whole = take(tuples.batches(1024), 7)
    resumed = take(tuples.batches(1024, 3), 4)
    for one, same in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(one, same[3:])
    assert len(np.unique(whole[1], axis=0)) == 7, "Blocks are alike."
