"""Which codes to generate pictures of: grids of seeds, names, photographs."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from sdgan_tf.generators import Generator
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import LatentSpace
from sdgan_tf.photograph_files import read_photographs
from sdgan_tf.picture_folder import Labels, grid_names


@dataclasses.dataclass(frozen=True)
class Grid:
    """Codes of pictures in rows and columns.

    Attributes:
        z: Codes `[n, d_z]`, row by row; the last row may be short.
        names: A file name for each picture, without suffix.
        labels: Text beside the rows and columns.
    """

    z: np.ndarray
    names: Sequence[str]
    labels: Labels

    @property
    def columns(self) -> int:
        return len(self.labels.columns)


def grid_of_pairs(z_i: np.ndarray, z_o: np.ndarray, columns: int) -> Grid:
    """Lays out pairs of codes, one picture each.

    A row's label is the number of its first picture, and a column's what to
    add to it.

    Args:
        z_i: `[n, d_i]`.
        z_o: `[n, d_o]`.
        columns: The most pictures in a row.
    """
    n = len(z_i)
    columns = min(n, columns)
    return Grid(
        np.concatenate([z_i, z_o], axis=1),
        [f"{number:05d}" for number in range(n)],
        Labels(
            [str(first) for first in range(0, n, columns)],
            [f"+{column}" for column in range(columns)],
        ),
    )


def grid_of_codes(
    z_i: np.ndarray, z_o: np.ndarray, rows: Sequence[str] = ()
) -> Grid:
    """Lays out each z_i, in rows, with each z_o, in columns.

    Args:
        z_i: `[a, d_i]`.
        z_o: `[b, d_o]`.
        rows: Labels of the rows; numbers by default.
    """
    a, b = len(z_i), len(z_o)
    return Grid(
        LatentSpace.grid(z_i, z_o).numpy(),
        grid_names(a, b, "identity", "observation"),
        Labels(
            rows or [f"z_i {row}" for row in range(a)],
            [f"z_o {column}" for column in range(b)],
        ),
    )


def grid_of_part(
    latents: LatentSpace, part: str, seed: int, rows: int, columns: int
) -> Grid:
    """Lays out codes that share one part of z_i along each row.

    See `LatentSpace.grid_of`.
    """
    z = latents.grid_of(part, seed, rows, columns)
    return Grid(
        np.asarray(z),
        grid_names(rows, columns, part, "rest"),
        Labels(
            [f"{part} {row}" for row in range(rows)],
            [f"rest {column}" for column in range(columns)],
        ),
    )


def identity_codes(
    latents: LatentSpace, rows: Sequence[int], names: Sequence[str]
) -> np.ndarray:
    """Looks up z_i `[n, d_i]` of training identities.

    Args:
        latents: A latent space that has a table of them.
        rows: Their rows; see `Run.identity_rows`.
        names: Their names, for the error.

    Raises:
        ValueError: If the model has no table, or one that does not reach to
            one of the rows.
    """
    if not isinstance(latents, IdentityEmbedding):
        raise ValueError(
            "`latents` must have a table of training identities. Received: "
            f"identities={list(names)}"
        )
    if max(rows) >= latents.num_identities:
        raise ValueError(
            "The model stores the codes of its first "
            f"{latents.num_identities} training identities only: pass "
            f"photographs as `images`. Received: identities={list(names)}"
        )
    return np.asarray(latents.look_up(rows))


def encode_photographs(
    generator: Generator, paths: Sequence[str], crop: str
) -> np.ndarray:
    """Encodes photographs to z_i `[n, d_i]`, by the model's own encoder.

    Args:
        generator: A generator that has an encoder.
        paths: The photographs.
        crop: See `pictures.parse_crop`.

    Raises:
        ValueError: If the model has none, or a photograph cannot be used.
    """
    encoder = getattr(generator.network, "encoder", None)
    if encoder is None:
        raise ValueError(
            "This model has no encoder of photographs: the command `project` "
            f"estimates their codes. Received: images={list(paths)}"
        )
    photographs = read_photographs(paths, generator.image_size, crop)
    return np.asarray(encoder(generator.pixels.to_float(photographs)))


def stems(paths: Sequence[str]) -> list[str]:
    """Names files without their folders and suffixes."""
    return [os.path.splitext(os.path.basename(path))[0] for path in paths]
