"""The command `explore`: a page to try a trained generator's codes."""

from sdgan_tf.commands.folders import trained_run
from sdgan_tf.commands.options import Explore
from sdgan_tf.explorer import serving
from sdgan_tf.explorer.catalogue import Exhibit, find_runs
from sdgan_tf.explorer.settings import Settings


def run(options: Explore) -> None:
    """Serves the page until it is interrupted.

    Raises:
        ValueError: If an option is missing or bad.
        FileNotFoundError: If the run folder has no generator.
    """
    runs = find_runs(trained_run(options).folder)
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
    serving.serve(
        [Exhibit(name, run) for name, run in runs.items()],
        settings,
        options.explore_address,
        options.explore_port,
        started=lambda url: print(
            f"Explorer: {url} (Ctrl-C ends it)", flush=True
        ),
    )
