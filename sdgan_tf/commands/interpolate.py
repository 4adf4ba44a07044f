"""The command `interpolate`: from one code to another."""

import tensorflow as tf

from sdgan_tf.commands.folders import output_folder, trained_run
from sdgan_tf.commands.options import Interpolate
from sdgan_tf.interpolation import read_ends, write_interpolation


def run(options: Interpolate) -> None:
    """Writes a grid between two codes and an animation around its border.

    Raises:
        FileNotFoundError: If there is no generator or codes file.
        ValueError: If an option is missing or bad, or does not fit the model.
    """
    folder = trained_run(options)
    generator = folder.generator()
    latents = generator.latents
    first, second = (
        latents.truncate(tf.constant(end), options.truncate)
        for end in read_ends(options.ends, options.codes, latents)
    )
    written = write_interpolation(
        output_folder(options, folder, "interpolation"),
        generator,
        first,
        second,
        options.rows,
        options.columns,
        options.frames,
        options.frame_milliseconds,
    )
    for line in written.pictures.earlier.lines():
        print(line)
    print(
        f"Grid: {written.pictures.grid}, "
        f"animation: {', '.join(written.animations)}"
    )
