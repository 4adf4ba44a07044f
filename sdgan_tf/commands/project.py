"""The command `project`: the codes of photographs."""

from sdgan_tf.code_grids import stems
from sdgan_tf.commands.folders import output_folder, trained_run
from sdgan_tf.commands.options import Project
from sdgan_tf.photograph_files import find_photographs
from sdgan_tf.projected_photographs import (
    perceptual_verifier,
    project,
    write_projection,
)


def run(options: Project) -> None:
    """Writes codes, reconstructions and other observations of photographs.

    Raises:
        FileNotFoundError: If there is no generator, photograph or verifier.
        ValueError: If an option is missing, or something does not fit the
            model.
    """
    folder = trained_run(options)
    generator = folder.generator()
    if not options.images:
        raise ValueError("--images is missing: a photograph, folder or glob.")
    verifier = None
    if options.perceptual_weight:
        verifier = perceptual_verifier(options.verifier, generator.image_size)
    projection = project(
        generator,
        generator.read_photographs(options.images, options.crop),
        stems(find_photographs(options.images)),
        options.shared_identity,
        options.restarts,
        options.projection_steps,
        options.seed,
        verifier,
        options.perceptual_weight,
    )
    output = output_folder(options, folder, "projection")
    earlier = write_projection(
        output, generator, projection, options.num_observations, options.seed
    )
    *lines, last = projection.lines()
    for line in [*earlier.lines(), *lines]:
        print(line)
    print(f"{last}; in {output}")
