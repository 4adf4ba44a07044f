"""TensorFlow's stateless random numbers, in NumPy.

A number is a pure function of a key and of its place, so that any part of a
long array is sampled by itself. The explorer's page has the same functions in
JavaScript (`explorer/site/philox.js`): one seed gives the same codes there,
here and in a TensorFlow graph. Keys are pairs of 64-bit numbers, as
`tf.random.stateless_uniform` takes them.

Source: J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC11):
Philox4x32-10; and TensorFlow's kernels, for how keys and bits are used.
"""

import numpy as np

Key = tuple[int, int]

ROUNDS = 10
MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], np.uint64)
WEYL = np.array([0x9E3779B9, 0xBB67AE85], np.uint64)
# With this key TensorFlow scrambles a seed to the key that it samples with.
SCRAMBLE = np.array([0x3EC8F720, 0x02461E29], np.uint64)
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def philox(counters: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Philox4x32-10: counters `[n, 4]` to random words `[n, 4]`.

    Args:
        counters: 32-bit words, as uint64.
        key: Two 32-bit words, as uint64.
    """
    words, key = counters, key
    for _ in range(ROUNDS):
        products = words[:, [0, 2]] * MULTIPLIERS
        high, low = products >> HALF, products & LOW
        words = np.stack(
            [
                high[:, 1] ^ words[:, 1] ^ key[0],
                low[:, 1],
                high[:, 0] ^ words[:, 3] ^ key[1],
                low[:, 0],
            ],
            axis=1,
        )
        key = (key + WEYL) & LOW
    return words


def words(key: Key, start: int, count: int) -> np.ndarray:
    """Random 32-bit words `[count]`, uint64, from place `start` on."""
    seed = np.array([_halves(number) for number in key], np.uint64).reshape(4)
    mixed = philox(seed[None], SCRAMBLE)[0]
    first, last = start // 4, (start + count + 3) // 4
    blocks = np.arange(first, last, dtype=np.uint64)
    counters = np.empty([len(blocks), 4], np.uint64)
    counters[:, 0], counters[:, 1] = blocks & LOW, blocks >> HALF
    counters[:, 2:] = mixed[2:]
    sampled = philox(counters, mixed[:2]).reshape(-1)
    return sampled[start - 4 * first :][:count]


def step_key(seed: int, stream: int, step: int = 0, substep: int = 0) -> Key:
    """A key as `latents.Keys(seed, step).key(stream, substep)` gives it."""
    low, high = (int(word) for word in words((seed, stream), 0, 2))
    (word,) = words((low | high << 32, step), 0, 1)
    # TensorFlow folds a plain number in as int32: its sign fills the rest.
    return int(word.astype(np.uint32).view(np.int32)), substep


def uniform(key: Key, start: int, count: int) -> np.ndarray:
    """Float32 numbers `[count]` on [-1, 1) from place `start` on.

    They are `latents.uniform(key, [n])[start : start + count]`.
    """
    # 23 bits after the point of a number in [1, 2).
    bits = (words(key, start, count) & np.uint64(0x7FFFFF)) | np.uint64(
        127 << 23
    )
    numbers = bits.astype(np.uint32).view(np.float32) - np.float32(1)
    return numbers * np.float32(2) - np.float32(1)


def shuffle(key: Key, count: int) -> np.ndarray:
    """The numbers below `count` in random order, int64 `[count]`.

    See `tf.random.experimental.stateless_shuffle`.
    """
    order = np.arange(count)
    numbers = words(key, 0, max(0, count - 1))
    for place, number in enumerate(numbers):
        other = place + int(number) % (count - place)
        order[[place, other]] = order[[other, place]]
    return order


def _halves(number: int) -> tuple[int, int]:
    """The low and the high 32 bits."""
    return number & 0xFFFFFFFF, number >> 32 & 0xFFFFFFFF
