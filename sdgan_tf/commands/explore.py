"""The command `explore`: a page to try a trained generator's codes."""

import os

from sdgan_tf.commands.folders import trained_run
from sdgan_tf.commands.options import Explore
from sdgan_tf.explorer import serving
from sdgan_tf.explorer.settings import Settings


def run(options: Explore) -> None:
    """Serves the page until it is interrupted.

    Raises:
        ValueError: If an option is missing or bad, or Gradio is not installed.
        FileNotFoundError: If the run folder has no generator.
    """
    serving.check_installed()
    folder = trained_run(options)
    settings = Settings(
        seed=options.seed,
        rows=options.explore_rows,
        columns=options.explore_columns,
        frames=options.frames,
        frame_milliseconds=options.frame_milliseconds,
        restarts=options.restarts,
        projection_steps=options.projection_steps,
        crop=options.crop,
        upload_count=options.upload_count,
        upload_megabytes=options.upload_megabytes,
        upload_megapixels=options.upload_megapixels,
    )
    name = os.path.basename(os.path.abspath(folder.folder))
    serving.serve(
        folder.generator(),
        name,
        settings,
        options.explore_address,
        options.explore_port,
        started=lambda url: print(
            f"Explorer: {url} (Ctrl-C ends it)", flush=True
        ),
    )
    print("Explorer: ended")
