"""Samples identity tuples on the device, where all photographs lie."""

import jax
import jax.numpy as jnp
import numpy as np


def tuple_sampler(rows, k: int):
    """A function of (key, n) to positions `[n, k]` of photographs.

    Identities are uniform, those with fewer than k photographs left out; the
    photographs of a tuple are distinct.

    Args:
        rows: The identity of each photograph, int `[photographs]`.
        k: Photographs in a tuple.
    """
    counts = np.bincount(rows)
    held = np.arange(counts.max()) < counts[:, None]
    table = np.full(held.shape, -1)
    table[held] = np.argsort(rows, kind="stable")
    table = jnp.array(table[counts >= k])

    def sample(key, n):
        of_identity, of_photographs = jax.random.split(key)
        mine = table[jax.random.randint(of_identity, [n], 0, len(table))]
        order = jax.random.uniform(of_photographs, mine.shape)
        _, places = jax.lax.top_k(jnp.where(mine < 0, -1.0, order), k)
        return jnp.take_along_axis(mine, places, axis=1)

    return sample
