"""The split of each identity, which the hash of its name decides."""

import hashlib

SPLITS = ("train", "valid", "test")
SPLIT_FRACTIONS = (0.8, 0.1, 0.1)  # Of the identities.


def identity_hash(identity: str) -> int:
    """A stable 64-bit hash: the first 8 bytes of SHA-256, signed."""
    digest = hashlib.sha256(identity.encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def split_of(
    hash_value: int, fractions: tuple[float, ...] = SPLIT_FRACTIONS
) -> str:
    """The split of an identity: 80 % train, 10 % valid, 10 % test.

    It depends on the identity alone, so adding images moves no identity.
    """
    # The last digit first: in tenths it alone decides.
    rest, tenth = divmod(int(hash_value) % 2**64, 10)
    place = tenth * 10**6 + rest % 10**6
    train, valid, _ = fractions
    for split, end in (("train", train), ("valid", train + valid)):
        if place < round(end * 10**7):
            return split
    return "test"
