"""Codes z_i and z_o: checked, and in npz files."""

import io
import zipfile

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from sdgan_tf.latents import LatentSpace

# Ten million codes of 100 numbers; a small npz may unpack to any size.
MAX_CODES_BYTES = 4_000_000_000


def real_numbers(name: str, values: ArrayLike) -> np.ndarray:
    """Converts an array of codes to float32.

    NumPy would convert complex numbers without their imaginary part, dates to
    days and texts to what they spell.

    Raises:
        ValueError: If a value is not a real number, or not finite as float32.
    """
    values = np.asarray(values)
    # Types of other packages, such as bfloat16, have another kind.
    if values.dtype.kind not in "fiu":
        raise ValueError(
            f"`{name}` must hold real numbers. Received: dtype={values.dtype}"
        )
    with np.errstate(over="ignore"):
        found = values.astype("float32")
    if not np.isfinite(found).all():
        odd = values[~np.isfinite(found)].flat[0]
        raise ValueError(
            f"`{name}` holds numbers that are not finite as float32. "
            f"Received: {odd}"
        )
    return found


def check_codes(
    latents: LatentSpace, z_i: np.ndarray, z_o: np.ndarray, paired: bool = True
) -> None:
    """Checks codes against a latent space.

    Args:
        latents: The latent space.
        z_i: Identity codes, float32.
        z_o: Observation codes, float32.
        paired: Whether there must be as many z_o as z_i.

    Raises:
        ValueError: If there are none, their shapes are not `[n, d_i]` and
            `[m, d_o]`, or a z_i is not in the table of a model that has only
            its training identities.
    """
    # A single number has no length.
    n, m = (z.shape[0] if z.ndim else 0 for z in (z_i, z_o))
    m = n if paired else m
    wanted = (n, latents.d_i), (m, latents.d_o)
    if (z_i.shape, z_o.shape) != wanted or not (n and m):
        raise ValueError(
            f"`codes` must hold z_i [n, {latents.d_i}] and "
            f"z_o [{'n' if paired else 'm'}, {latents.d_o}]. "
            f"Received: z_i.shape={z_i.shape}, z_o.shape={z_o.shape}"
        )
    latents.check_subjects(z_i)


def read_codes(
    path: str, latents: LatentSpace | None, paired: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Reads `z_i` `[n, d_i]` and `z_o` `[n, d_o]`, float32, from an npz.

    Args:
        path: The npz.
        latents: The latent space of the codes; None where only a server knows
            it, and codes of any size will do.
        paired: See `check_codes`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not an npz of real and finite numbers, or
            for the reasons of `check_codes`.
    """
    if not tf.io.gfile.exists(path):
        raise FileNotFoundError(f"No codes file. Received: codes={path!r}")
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            unpacked = sum(
                file.getinfo(f"{n}.npy").file_size for n in ("z_i", "z_o")
            )
        if unpacked > MAX_CODES_BYTES:
            raise ValueError(
                f"{unpacked} bytes unpacked, more than the limit of "
                f"{MAX_CODES_BYTES}"
            )
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            z_i, z_o = (real_numbers(n, arrays[n]) for n in ("z_i", "z_o"))
        # A single number has no axis.
        sizes = z_i.shape[-1], z_o.shape[-1]
    # numpy raises many kinds for a file that is not an npz of numbers.
    except Exception as error:
        raise ValueError(
            "`codes` must be an npz with the arrays `z_i` and `z_o` "
            f"({error}). Received: codes={path!r}"
        ) from error
    try:
        check_codes(latents or LatentSpace(*sizes), z_i, z_o, paired)
    except ValueError as error:
        raise ValueError(f"{error}, codes={path!r}") from error
    return z_i, z_o


def encode_arrays(**arrays) -> bytes:
    """Encodes arrays as an npz."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def write_arrays(path: str, **arrays) -> None:
    """Writes an npz to any path TensorFlow knows."""
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(encode_arrays(**arrays))
