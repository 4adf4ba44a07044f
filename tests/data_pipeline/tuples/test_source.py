"""Tests of what all sources of tuples have in common."""

import hashlib

import numpy as np
import pytest

from data_pipeline.tuples.common_tuples import CommonTuples
from data_pipeline.tuples.commonalities import Commonalities
from data_pipeline.tuples.identity_tuples import IdentityTuples
from data_pipeline.tuples.source import TupleSource


def open_identity(data):
    return IdentityTuples.open(data, "train", 2, 3)


def open_common(data):
    commonalities = Commonalities.parse("identity,observation")
    return CommonTuples.open(data, "train", 2, 3, commonalities)


SOURCES = pytest.mark.parametrize("open_", [open_identity, open_common])


@SOURCES
def test_a_training_needs_to_know_no_more(skewed, open_):
    """16 identities of 146 images of 4 x 4, of 2 images at least."""
    tuples = open_(skewed)
    assert isinstance(tuples, TupleSource)
    assert tuples.num_images == 146 and tuples.num_identities == 16
    assert tuples.decoded_bytes == 146 * 4 * 4 * 3
    images = tuples.held_images()
    assert images.shape == (146, 4, 4, 3) and images.dtype == np.uint8
    first = tuples.first(5)
    assert first.shape == (5, 2, 4, 4, 3) and first.dtype == np.uint8


@SOURCES
def test_positions_stand_for_images(skewed, open_):
    tuples = open_(skewed)
    images = tuples.held_images()
    looked_up = tuples.batches(4).take(5)
    for batch, places in zip(
        looked_up, tuples.batches(4, look_up=False), strict=False
    ):
        np.testing.assert_array_equal(
            images[places["positions"]], batch["images"]
        )
        for name in ("identity", "row"):
            np.testing.assert_array_equal(places[name], batch[name])


@SOURCES
def test_a_share_has_all_kinds_equally_often(skewed, open_):
    tuples = open_(skewed)
    kinds = tuples.num_kinds
    assert kinds == (1 if open_ is open_identity else 2)
    (batch,) = tuples.batches(4 * kinds, num_replicas=4).take(1)
    assert len(batch["row"]) == kinds
    with pytest.raises(ValueError, match="`batch_size` must be a multiple"):
        tuples.batches(6, num_replicas=4)


DIGESTS = {
    (open_identity, 8e9): "fe172152d23c9e2a",
    (open_identity, 0): "49da2ed7edb38573",
    (open_common, 8e9): "4c9d279bc85263c5",
}


@pytest.mark.parametrize(("open_", "cache_bytes"), DIGESTS)
def test_draws_are_those_of_all_earlier_versions(skewed, open_, cache_bytes):
    """A run that is resumed goes on with the tuples of its beginning."""
    digest = hashlib.sha256()
    for batch in open_(skewed).batches(12, 7, cache_bytes).take(20):
        for name in ("images", "identity", "row"):
            digest.update(batch[name].numpy().tobytes())
    assert digest.hexdigest()[:16] == DIGESTS[open_, cache_bytes]


@SOURCES
@pytest.mark.parametrize("cache_bytes", [8e9, 0])
def test_batches_are_freed_at_once(skewed, open_, cache_bytes):
    batches = open_(skewed).batches(4, cache_bytes=cache_bytes)
    assert batches.options().autotune.enabled is False
