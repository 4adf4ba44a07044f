"""The command `sample`: pictures of chosen codes."""

import csv

from sdgan_tf import code_grids
from sdgan_tf.codes import read_codes
from sdgan_tf.commands.folders import output_folder, trained_run
from sdgan_tf.commands.options import Sample
from sdgan_tf.generators import Generator
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.photograph_files import find_photographs
from sdgan_tf.picture_folder import write_pictures
from sdgan_tf.runs import Run


def run(options: Sample) -> None:
    """Writes a grid, its single pictures and `samples.npz`.

    Rows of the grid share z_i, or one part of it, and columns share the rest.
    A codes file gives exactly its codes instead: one picture a pair, or all
    combinations.

    Raises:
        FileNotFoundError: If there is no generator, codes file or photograph.
        ValueError: If an option is missing or bad, or does not fit the model.
    """
    folder = trained_run(options)
    generator = folder.generator()
    latents = generator.latents
    if isinstance(latents, IdentityEmbedding):
        print(f"Subjects are training identities: {latents.known}")
    grid = _grid(options, folder, generator)
    written = write_pictures(
        output_folder(options, folder, "generated"),
        generator,
        latents.truncate(grid.z, options.truncate),
        grid.names,
        grid.columns,
        grid.labels if options.grid_labels else None,
    )
    for line in written.earlier.lines():
        print(line)
    print(
        f"{len(grid.names)} pictures of step {generator.step}, "
        f"grid: {written.grid}"
    )


def _grid(
    options: Sample, folder: Run, generator: Generator
) -> code_grids.Grid:
    """The codes that the options ask for."""
    latents, columns = generator.latents, options.num_observations
    if options.codes and options.codes_as == "pairs":
        codes = read_codes(options.codes, latents)
        return code_grids.grid_of_pairs(*codes, columns)
    if options.share:
        return code_grids.grid_of_part(
            latents,
            options.share,
            options.seed,
            options.num_identities,
            columns,
        )
    if options.codes:
        codes = read_codes(options.codes, latents, paired=False)
        return code_grids.grid_of_codes(*codes)
    if options.identities or options.images:
        z_i, names = _chosen(options, folder, generator)
        _, z_o = generator.codes(1, columns, options.seed)
        print(f"Rows, from the top: {', '.join(names)}")
        return code_grids.grid_of_codes(z_i, z_o, names)
    return code_grids.grid_of_codes(
        *generator.codes(options.num_identities, columns, options.seed)
    )


def _chosen(options: Sample, folder: Run, generator: Generator) -> tuple:
    """z_i and names of identities that the user names or shows."""
    if options.identities:
        names = split_names(options.identities)
        rows = folder.identity_rows(names)
        return code_grids.identity_codes(generator.latents, rows, names), names
    paths = find_photographs(options.images)
    z_i = code_grids.encode_photographs(generator, paths, options.crop)
    return z_i, code_grids.stems(paths)


def split_names(text: str) -> list[str]:
    """Splits names at commas; one that holds a comma stands in quotes.

    Raises:
        ValueError: If a quote is not closed, or there is no name.
    """
    try:
        (names,) = csv.reader([text], strict=True, skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        raise ValueError(
            "--identities must be names separated by commas, with double "
            f"quotes around a name that contains a comma ({error}). "
            f"Received: {text!r}"
        ) from error
    names = [name for name in names if name]
    if not names:
        raise ValueError(
            f"--identities must contain a name. Received: {text!r}"
        )
    return names
