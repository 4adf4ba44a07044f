"""Weights with their card: a folder that is taken wherever a run folder is."""

from sdgan_tf.cards import describe_data
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run


def write_weights(run: Run, generator: Generator, folder: str) -> None:
    """Writes the generator of a run, without its training.

    Beside the weights lie the card and, where the model has codes of the
    training identities, their names.

    Args:
        run: The run folder.
        generator: Its generator.
        folder: Where they go.
    """
    exported = Run(folder)
    exported.write_generator(
        generator.network,
        run.experiment(),
        generator.step,
        data=describe_data(run),
    )
    run.copy_identities(exported)
