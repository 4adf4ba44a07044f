"""Codes: what is taken for codes, and what is refused."""

import pathlib
import re

import numpy as np
import pytest

from sdgan_tf import codes
from sdgan_tf.codes import check_codes, encode_arrays, read_codes
from sdgan_tf.latents import LatentSpace


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z_i": np.zeros([2, 6])}, "arrays `z_i` and `z_o`"),
        (
            {"z_i": np.zeros([2, 5]), "z_o": np.zeros([2, 5])},
            r"Received: z_i.shape=\(2, 5\)",
        ),
        (
            {"z_i": np.zeros([2, 6]), "z_o": np.zeros([3, 5])},
            r"z_o.shape=\(3, 5\)",
        ),
        (
            {"z_i": np.full([1, 6], np.nan), "z_o": np.zeros([1, 5])},
            "not finite",
        ),
        (
            {"z_i": np.array([["a"] * 6]), "z_o": np.zeros([1, 5])},
            "arrays `z_i` and `z_o`",
        ),
    ],
)
def test_bad_codes(tmp_path, arrays, message):
    path = tmp_path / "codes.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message):
        read_codes(str(path), LatentSpace(6, 5))


CODES = np.linspace(-1, 1, 12).reshape(2, 6)


@pytest.mark.parametrize("place", ["z_i", "z_o"])
@pytest.mark.parametrize(
    "odd",
    [
        CODES * (1 + 1j),
        CODES.astype("complex64"),
        (CODES * 9).astype("datetime64[s]"),
        (CODES * 9).astype("timedelta64[D]"),
        CODES.astype("U8"),
        CODES.astype("S8"),
        CODES.astype("f8,f4"),
        CODES > 0,
    ],
    ids=lambda odd: str(odd.dtype),
)
def test_codes_that_are_no_real_numbers(tmp_path, place, odd):
    path = str(tmp_path / "codes.npz")
    held = {"z_i": CODES, "z_o": CODES} | {place: odd}
    np.savez(path, **held)
    wanted = re.escape(f"`{place}` must hold real numbers. Received: dtype=")
    # Offline and by a client of a server, which knows no sizes.
    for latents in (LatentSpace(6, 6), None):
        with pytest.raises(ValueError, match=wanted):
            read_codes(path, latents)


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan, 1e39])
def test_codes_that_are_not_finite(tmp_path, odd):
    path = str(tmp_path / "codes.npz")
    z_o = CODES.copy()
    z_o[1, 2] = odd
    np.savez(path, z_i=CODES, z_o=z_o)
    with pytest.raises(ValueError, match="`z_o` holds numbers that are not"):
        read_codes(path, None)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "uint64"])
def test_codes_of_any_real_numbers(tmp_path, dtype):
    path = str(tmp_path / "codes.npz")
    given = np.abs(CODES).astype(dtype)
    np.savez(path, z_i=given, z_o=given)
    for z in read_codes(path, None):
        assert z.dtype == np.float32
        np.testing.assert_array_equal(z, given.astype("float32"))


def test_codes_that_are_no_npz(tmp_path):
    path = pathlib.Path(tmp_path / "codes.npz")
    path.write_bytes(b"no zip")
    with pytest.raises(ValueError, match="must be an npz"):
        read_codes(str(path), LatentSpace(6, 5))
    with pytest.raises(FileNotFoundError, match="No codes file"):
        read_codes(str(tmp_path / "none.npz"), LatentSpace(6, 5))


def test_codes_of_any_size(tmp_path):
    path = str(tmp_path / "codes.npz")
    np.savez(path, z_i=np.zeros([2, 3]), z_o=np.zeros([2, 4]))
    z_i, z_o = read_codes(path, None)
    assert (z_i.shape, z_o.shape) == ((2, 3), (2, 4))
    for z_i, z_o in ([2], [2, 4]), ([2, 3], [1, 4]), ([], [2, 4]):
        np.savez(path, z_i=np.zeros(z_i), z_o=np.zeros(z_o))
        with pytest.raises(ValueError, match=f"`codes` must .*codes='{path}'"):
            read_codes(path, None)


class Evil:
    """Whoever unpickles it runs a program."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_codes_with_a_pickle_are_refused_and_not_loaded(tmp_path):
    path = tmp_path / "codes.npz"
    evil = np.array([Evil(tmp_path / "ran")], object)
    np.savez(path, z_i=evil, z_o=evil)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read_codes(str(path), LatentSpace(6, 5))
    assert not (tmp_path / "ran").exists()


def test_codes_that_unpack_to_too_much(tmp_path, monkeypatch):
    path = tmp_path / "codes.npz"
    np.savez_compressed(path, z_i=np.zeros([9000, 6]), z_o=np.zeros([9000, 5]))
    assert path.stat().st_size < 2000
    read_codes(str(path), LatentSpace(6, 5))
    monkeypatch.setattr(codes, "MAX_CODES_BYTES", 700_000)
    with pytest.raises(
        ValueError, match="792256 bytes unpacked, more than the limit"
    ):
        read_codes(str(path), LatentSpace(6, 5))


def test_codes_of_an_array():
    latents = LatentSpace(3, 2)
    z_i, z_o = np.zeros([2, 3], "f4"), np.zeros([5, 2], "f4")
    check_codes(latents, z_i, z_o, paired=False)
    with pytest.raises(
        ValueError, match=r"z_o \[n, 2\]. Received: .*\(5, 2\)$"
    ):
        check_codes(latents, z_i, z_o)
    with pytest.raises(ValueError, match=r"z_i.shape=\(\)"):
        check_codes(latents, np.float32(0), z_o)


def test_encoded_arrays_are_read_again(tmp_path):
    path = tmp_path / "codes.npz"
    path.write_bytes(encode_arrays(z_i=CODES, z_o=-CODES))
    z_i, z_o = read_codes(str(path), LatentSpace(6, 6))
    np.testing.assert_array_equal(z_i, CODES.astype("float32"))
    np.testing.assert_array_equal(z_o, -z_i)
