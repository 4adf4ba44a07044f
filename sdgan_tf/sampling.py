"""`--mode=sample`: pictures of chosen codes."""

import io
import os
import zipfile

import numpy as np
import tensorflow as tf

from sdgan_tf.config import Config
from sdgan_tf.images import contact_sheet, write_png
from sdgan_tf.latents import LatentSpace
from sdgan_tf.photographs import find_photographs, read_photographs
from sdgan_tf.runs import Run, TrainedGenerator

# Ten million codes of 100 numbers; what a small npz unpacks to has no bound.
MAX_CODES_BYTES = 4_000_000_000
# Pictures that each call writes over.
SHEETS = ("grid", "photographs_and_reconstructions", "other_observations")


def real_numbers(name: str, values: np.ndarray) -> np.ndarray:
    """An array of codes as float32.

    NumPy would take complex numbers without their imaginary part, dates by
    their days and texts by what they spell.

    Raises:
        ValueError: If they are no real numbers, or not finite as float32.
    """
    values = np.asarray(values)
    # Those of other packages, as bfloat16, are of no kind of NumPy's.
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


def read_codes(
    path: str, latents: LatentSpace | None, paired: bool = True
) -> tuple:
    """Reads `z_i` `[n, d_i]` and `z_o` `[n, d_o]`, float32, from an npz.

    Args:
        path: The npz.
        latents: What the codes must fit; None where only a server knows it:
            any d_i and d_o will do.
        paired: Whether there must be as many z_o as z_i.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no npz of real and finite numbers, its arrays are
            not of these shapes, or a z_i is of a subject that the model does
            not know.
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
                f"{unpacked} bytes unpacked, where {MAX_CODES_BYTES} are the "
                "most"
            )
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            z_i, z_o = (real_numbers(n, arrays[n]) for n in ("z_i", "z_o"))
        lengths = len(z_i), len(z_i) if paired else len(z_o)
    # numpy raises many kinds for a file that is not an npz of numbers.
    except Exception as error:
        raise ValueError(
            "`codes` must be an npz with the arrays `z_i` and `z_o` "
            f"({error}). Received: codes={path!r}"
        ) from error
    if latents is None:
        latents = LatentSpace(z_i.shape[-1], z_o.shape[-1])
    wanted = (lengths[0], latents.d_i), (lengths[1], latents.d_o)
    if (z_i.shape, z_o.shape) != wanted or not all(lengths):
        raise ValueError(
            f"`codes` must hold z_i [n, {latents.d_i}] and "
            f"z_o [{'n' if paired else 'm'}, {latents.d_o}]. "
            f"Received: z_i.shape={z_i.shape}, z_o.shape={z_o.shape}, "
            f"codes={path!r}"
        )
    latents.check_subjects(z_i)
    return z_i, z_o


def trained_generator(config: Config) -> TrainedGenerator:
    """The generator of the folder that the user named.

    Raises:
        ValueError: If none is named.
    """
    if not config.run_dir:
        raise ValueError("--run_dir is missing: the folder of a trained run.")
    return Run(config.run_dir).generator()


def output_folder(config: Config, name: str) -> str:
    """Makes the folder for the pictures, in the run's by default."""
    folder = config.sampling.output_dir or Run(config.run_dir).path(name)
    tf.io.gfile.makedirs(folder)
    return folder


def encode_arrays(**arrays) -> bytes:
    """Arrays as an npz."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def write_arrays(path: str, **arrays) -> None:
    """Writes an npz to any path TensorFlow knows."""
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(encode_arrays(**arrays))


def grid_names(rows: int, columns: int, row: str, column: str) -> list[str]:
    """Names of a grid's pictures, row by row: `ROW0000_COLUMN0000`."""
    return [
        f"{row}{r:04d}_{column}{c:04d}"
        for r in range(rows)
        for c in range(columns)
    ]


def replace_earlier(folder: str, record: str, names: list[str]) -> None:
    """Removes the pictures of an earlier call, and says so.

    Args:
        folder: Where both calls write.
        record: The npz whose `names` are those of the earlier call's pictures.
        names: Of this call's pictures, without suffix. What is of neither
            call stays.
    """
    earlier = _recorded_names(os.path.join(folder, record))
    kept = {f"{name}.png" for name in (*names, *SHEETS)}
    there = {
        name
        for name in tf.io.gfile.listdir(folder)
        if name.endswith(".png") and name not in kept
    }
    stale = there & {f"{name}.png" for name in earlier}
    for name in stale:
        tf.io.gfile.remove(os.path.join(folder, name))
    if earlier:
        print(f"The {len(earlier)} pictures of an earlier call are replaced.")
    if there - stale:
        print(
            f"Other pictures in {folder} are of no call that is known and "
            f"stay: {len(there - stale)}."
        )


def _recorded_names(path: str) -> list[str]:
    """The names of an earlier call's pictures; none where they are unknown."""
    if not tf.io.gfile.exists(path):
        return []
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            names = [str(name) for name in arrays["names"].tolist()]
    # As in `read_codes`; and an older version noted none.
    except Exception:
        return []
    # What leads out of the folder was written by somebody else.
    return [name for name in names if name == os.path.basename(name)]


def write_pictures(
    folder: str,
    generator: TrainedGenerator,
    z,
    names: list[str],
    columns: int,
) -> str:
    """Writes the pictures of codes: single ones, a sheet, `samples.npz`.

    Those of an earlier call in the same folder are replaced.

    Args:
        folder: Where they go.
        generator: Who draws them.
        z: Codes `[n, d_z]`.
        names: Of the n single pictures, without suffix.
        columns: Of the sheet.

    Returns:
        The sheet's path.
    """
    images = generator.pixels.to_uint8(generator(z))
    replace_earlier(folder, "samples.npz", names)
    for name, image in zip(names, images, strict=True):
        write_png(os.path.join(folder, f"{name}.png"), image)
    sheet = os.path.join(folder, "grid.png")
    write_png(sheet, contact_sheet(images, columns))
    z_i, z_o = generator.latents.split(np.asarray(z))
    write_arrays(
        os.path.join(folder, "samples.npz"),
        images=images,
        z_i=z_i,
        z_o=z_o,
        names=np.array(names),
    )
    return sheet


def chosen_subjects(config: Config, generator: TrainedGenerator) -> tuple:
    """z_i `[n, d_i]` of subjects that the user names, and names for files.

    They are training identities by name, or those of photographs where the
    model has an encoder.

    Raises:
        ValueError: If the model knows no such subject or has no encoder.
        FileNotFoundError: If it knows nobody by name, or there is no
            photograph.
    """
    names = [n for n in config.sampling.identities.split(",") if n]
    if names:
        latents = generator.latents
        rows = Run(config.run_dir).identity_rows(names)
        if max(rows) >= latents.num_identities:
            raise ValueError(
                f"The model carries the codes of its first "
                f"{latents.num_identities} training identities only: give "
                f"photographs by --images. Received: identities={names}"
            )
        return latents.look_up(rows), names
    encoder = getattr(generator.network, "encoder", None)
    if encoder is None:
        raise ValueError(
            "This model has no encoder of photographs: --mode=project looks "
            f"for their codes. Received: images={config.projection.images!r}"
        )
    paths = find_photographs(config.projection.images)
    photographs = read_photographs(
        paths, generator.network.image_size, config.projection.crop
    )
    return encoder(generator.pixels.to_float(photographs)), [
        os.path.splitext(os.path.basename(path))[0] for path in paths
    ]


def sample(config: Config) -> None:
    """Writes a grid, its single pictures and `samples.npz`.

    Rows of the grid share z_i, or one part of it, and columns share the rest.
    A codes file gives exactly its codes instead: one picture a pair, or all
    combinations.
    """
    generator = trained_generator(config)
    latents, options = generator.latents, config.sampling
    seed, columns = config.experiment.seed, options.num_observations
    if not latents.draws_new_identities:
        print(f"Subjects are training identities: {latents.known}")
    if options.codes and options.codes_as == "pairs":
        z = np.concatenate(read_codes(options.codes, latents), axis=1)
        names = [f"{n:05d}" for n in range(len(z))]
        columns = min(len(z), columns)
    elif options.share:
        rows = options.num_identities
        z = latents.grid_of(options.share, seed, rows, columns)
        names = grid_names(rows, columns, options.share, "rest")
    else:
        if options.codes:
            z_i, z_o = read_codes(options.codes, latents, paired=False)
        elif options.identities or config.projection.images:
            z_i, subjects = chosen_subjects(config, generator)
            _, z_o = latents.codes(seed, 1, columns)
            print(f"Rows, from the top: {', '.join(subjects)}")
        else:
            z_i, z_o = latents.codes(seed, options.num_identities, columns)
        z, columns = latents.grid(z_i, z_o), len(z_o)
        names = grid_names(len(z_i), columns, "identity", "observation")
    z = latents.truncate(z, options.truncate)
    sheet = write_pictures(
        output_folder(config, "generated"), generator, z, names, columns
    )
    print(f"{len(names)} pictures of step {generator.step}, grid: {sheet}")
