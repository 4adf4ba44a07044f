"""Projections of photographs that the generator never saw, and their files.

codes.npz                             z_i, z_o, names and distances
NAME.png ...                          the reconstructions
photographs_and_reconstructions.png   side by side
other_observations.png                each subject in other observations
"""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from sdgan_tf.codes import write_arrays
from sdgan_tf.evaluation.verification import distances
from sdgan_tf.evaluation.verifiers import Verifier, open_verifier
from sdgan_tf.generators import Estimate, Generator
from sdgan_tf.images import contact_sheet, write_png
from sdgan_tf.picture_folder import Earlier, replace_earlier

CODES = "codes.npz"
SIDE_BY_SIDE = "photographs_and_reconstructions.png"
OTHERS = "other_observations.png"


def perceptual_verifier(name: str, image_size: int) -> Verifier:
    """Opens a verifier whose embedding is to count in a projection.

    Args:
        name: See `open_verifier`.
        image_size: Side of the generator's images.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is damaged or is for pictures of another size.
    """
    verifier = open_verifier(name)
    if verifier.image_size not in (None, image_size):
        raise ValueError(
            "The verifier must be trained on pictures of the generator's "
            f"size, {image_size}. Received: verifier={name!r}, trained on "
            f"{verifier.image_size}"
        )
    return verifier


@dataclasses.dataclass(frozen=True)
class Projection:
    """Photographs and their estimated codes.

    Attributes:
        names: A file name for each, without suffix.
        photographs: uint8 `[n, h, w, 3]`.
        estimate: Their codes.
        shared_identity: Whether all have one z_i.
        embedding_distance: Distances of the reconstructions in a verifier's
            embedding, `[n]`; None without a verifier.
    """

    names: Sequence[str]
    photographs: np.ndarray
    estimate: Estimate
    shared_identity: bool
    embedding_distance: np.ndarray | None = None

    def lines(self) -> list[str]:
        """Describes how near each reconstruction is, then the medians."""
        found = self.distances()
        lines = [
            f"{name}: {_described({n: v[row] for n, v in found.items()})}"
            for row, name in enumerate(self.names)
        ]
        medians = {name: np.median(values) for name, values in found.items()}
        lines.append(
            f"Median of {len(self.names)}: {_described(medians)}, mean "
            "absolute difference"
        )
        return lines

    def distances(self) -> dict[str, np.ndarray]:
        """Distances `[n]` by their names in `codes.npz`."""
        found = {"distance": self.estimate.distance}
        if self.embedding_distance is not None:
            found["embedding_distance"] = self.embedding_distance
        return found


def project(
    generator: Generator,
    photographs: np.ndarray,
    names: Sequence[str],
    shared_identity: bool = False,
    restarts: int = 4,
    steps: int = 200,
    seed: int = 0,
    verifier: Verifier | None = None,
    perceptual_weight: float = 0.0,
) -> Projection:
    """Estimates the codes of photographs; see `Generator.estimate`.

    Args:
        generator: The generator.
        photographs: uint8 `[n, h, w, 3]`.
        names: Their names; the files' begin with a number, so that none is
            written twice.
        Others: those of `Generator.estimate`.
    """
    estimate = generator.estimate(
        photographs,
        shared_identity,
        restarts,
        steps,
        seed,
        verifier,
        perceptual_weight,
    )
    names = [f"{number:04d}_{name}" for number, name in enumerate(names)]
    apart = None
    if verifier:
        apart = distances(verifier(photographs), verifier(estimate.images))
    return Projection(names, photographs, estimate, shared_identity, apart)


def write_projection(
    folder: str,
    generator: Generator,
    projection: Projection,
    num_observations: int = 8,
    seed: int = 0,
) -> Earlier:
    """Writes codes, reconstructions and other observations.

    Args:
        folder: An existing folder.
        generator: The generator.
        projection: What was found.
        num_observations: Other observations of each subject.
        seed: Seed of these.

    Returns:
        The pictures of an earlier call, which were replaced.
    """
    found = projection.estimate
    earlier = replace_earlier(
        folder, CODES, projection.names, (SIDE_BY_SIDE, OTHERS)
    )
    write_arrays(
        os.path.join(folder, CODES),
        z_i=found.z_i,
        z_o=found.z_o,
        names=np.array(projection.names),
        **projection.distances(),
    )
    for name, image in zip(projection.names, found.images, strict=True):
        write_png(os.path.join(folder, f"{name}.png"), image)
    pairs = np.stack([projection.photographs, found.images], axis=1)
    write_png(
        os.path.join(folder, SIDE_BY_SIDE),
        contact_sheet(pairs.reshape(-1, *found.images.shape[1:]), columns=2),
    )
    of_subjects = slice(1) if projection.shared_identity else slice(None)
    write_png(
        os.path.join(folder, OTHERS),
        _other_observations(
            generator,
            found.z_i[of_subjects],
            found.images[of_subjects],
            num_observations,
            seed,
        ),
    )
    return earlier


def _described(found: dict[str, float]) -> str:
    """Describes how near one reconstruction is."""
    text = f"{found['distance']:.2f} grey levels"
    if "embedding_distance" in found:
        text += f", {found['embedding_distance']:.3f} in the embedding"
    return text


def _other_observations(
    generator: Generator, z_i, images: np.ndarray, columns: int, seed: int
) -> np.ndarray:
    """Makes a sheet with a row for each subject: its reconstruction first."""
    _, z_o = generator.latents.codes(seed, 1, columns)
    others = generator.pictures(generator.latents.grid(z_i, z_o))
    others = others.reshape(len(z_i), columns, *images.shape[1:])
    rows = np.concatenate([images[:, None], others], axis=1)
    return contact_sheet(rows.reshape(-1, *images.shape[1:]), columns + 1)
