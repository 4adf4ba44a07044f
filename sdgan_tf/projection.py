"""`--mode=project`: the codes of photographs that the generator never saw."""

import os

import numpy as np

from sdgan_tf.config import Config
from sdgan_tf.evaluation.verification import distances
from sdgan_tf.evaluation.verifiers import Verifier, open_verifier
from sdgan_tf.images import contact_sheet, write_png
from sdgan_tf.photographs import find_photographs, read_photographs
from sdgan_tf.projector import Projector
from sdgan_tf.runs import TrainedGenerator
from sdgan_tf.sampling import (
    output_folder,
    replace_earlier,
    trained_generator,
    write_arrays,
)


def perceptual_verifier(config: Config, image_size: int) -> Verifier | None:
    """The verifier whose embedding counts, or None if pixels alone do.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is damaged or knows pictures of another size.
    """
    if not config.projection.perceptual_weight:
        return None
    verifier = open_verifier(config.evaluation.verifier)
    if verifier.image_size not in (None, image_size):
        raise ValueError(
            "The verifier must know pictures of the generator's size, "
            f"{image_size}. Received: verifier={config.evaluation.verifier!r}, "
            f"trained on {verifier.image_size}"
        )
    return verifier


def project(config: Config) -> None:
    """Writes codes, reconstructions and other observations of photographs."""
    generator = trained_generator(config)
    options = config.projection
    if not options.images:
        raise ValueError("--images is missing: a photograph, folder or glob.")
    image_size = generator.network.image_size
    verifier = perceptual_verifier(config, image_size)
    paths = find_photographs(options.images)
    photographs = read_photographs(paths, image_size, options.crop)
    n = len(photographs)
    subjects, k = (1, n) if options.shared_identity else (n, 1)
    z, images, distance = Projector(
        generator,
        options.restarts,
        options.projection_steps,
        config.experiment.seed,
        verifier,
        options.perceptual_weight,
    ).project(photographs.reshape(subjects, k, *photographs.shape[1:]))

    folder = output_folder(config, "projection")
    stems = (os.path.splitext(os.path.basename(path))[0] for path in paths)
    names = [f"{number:04d}_{stem}" for number, stem in enumerate(stems)]
    images = images.reshape(photographs.shape)
    z_i, z_o = generator.latents.split(z.reshape(n, -1))
    found = {"distance": distance.reshape(n)}
    if verifier:
        found["embedding_distance"] = distances(
            verifier(photographs), verifier(images)
        )
    replace_earlier(folder, "codes.npz", names)
    write_arrays(
        os.path.join(folder, "codes.npz"),
        z_i=z_i,
        z_o=z_o,
        names=np.array(names),
        **found,
    )
    for name, image in zip(names, images, strict=True):
        write_png(os.path.join(folder, f"{name}.png"), image)
    side_by_side = np.stack([photographs, images], axis=1)
    write_png(
        os.path.join(folder, "photographs_and_reconstructions.png"),
        contact_sheet(side_by_side.reshape(-1, *images.shape[1:]), columns=2),
    )
    write_png(
        os.path.join(folder, "other_observations.png"),
        _other_observations(config, generator, z_i[::k], images[::k]),
    )
    for number, name in enumerate(names):
        print(f"{name}: {_described(found, number)}")
    medians = {name: [np.median(values)] for name, values in found.items()}
    print(
        f"Median of {n}: {_described(medians, 0)}, mean absolute difference; "
        f"in {folder}"
    )


def _described(found: dict, number: int) -> str:
    """How near one reconstruction is."""
    text = f"{found['distance'][number]:.2f} grey levels"
    if "embedding_distance" in found:
        text += f", {found['embedding_distance'][number]:.3f} in the embedding"
    return text


def _other_observations(
    config: Config, generator: TrainedGenerator, z_i, images: np.ndarray
) -> np.ndarray:
    """A row for each subject: its reconstruction, then drawn observations."""
    columns = config.sampling.num_observations
    _, z_o = generator.latents.codes(config.experiment.seed, 1, columns)
    others = generator.pixels.to_uint8(
        generator(generator.latents.grid(z_i, z_o))
    ).reshape(len(z_i), columns, *images.shape[1:])
    rows = np.concatenate([images[:, None], others], axis=1)
    return contact_sheet(rows.reshape(-1, *images.shape[1:]), columns + 1)
