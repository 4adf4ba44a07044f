"""The embedding network of trained verifiers."""

import numpy as np
import pytest

from sdgan_tf.models.embedding_network import EmbeddingNetwork


@pytest.mark.parametrize("side", [32, 64])
def test_embeddings_have_norm_1(side):
    images = np.random.default_rng(0).normal(size=[3, side, side, 3])
    embeddings = EmbeddingNetwork(width=2, size=5)(images.astype("float32"))
    assert embeddings.shape == (3, 5)
    norms = np.linalg.norm(embeddings, axis=1)
    np.testing.assert_allclose(norms, 1.0, rtol=1e-5)


def test_bad_sizes():
    with pytest.raises(ValueError, match="width=0, size=128"):
        EmbeddingNetwork(width=0)
