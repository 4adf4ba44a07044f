"""The command `dataset`: a data set of generated identities."""

import json
import os

import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.commands.folders import trained_run
from sdgan_tf.commands.options import Dataset
from sdgan_tf.datasets.generated_dataset import write_dataset
from sdgan_tf.evaluation.gallery import Gallery
from sdgan_tf.evaluation.verifiers import open_verifier
from sdgan_tf.runs import CARD, Run, read_object

UNKNOWN_TERMS = (
    "not noted: those of the photographs that the generator was trained on"
)


def run(options: Dataset) -> None:
    """Prints the card of the data set as one JSON line, last.

    Raises:
        FileExistsError: If something else is in the output folder.
        FileNotFoundError: If there is no checkpoint, data set or verifier.
        ValueError: If an option is missing or does not fit another.
    """
    folder = trained_run(options)
    if not options.output_dir:
        raise ValueError(
            "--output_dir is missing: a new folder for the data set."
        )
    generator = folder.generator()
    data = DataSet.open(options.data_dir) if options.data_dir else None
    verifier = gallery = None
    if options.min_distance or options.outliers:
        verifier = open_verifier(options.verifier, data)
    if options.min_distance and verifier:
        if data:
            gallery = Gallery.open(data, verifier)
        else:
            print(
                "Generated identities are not compared with training "
                "identities. To compare them, pass --data_dir."
            )
    card = write_dataset(
        generator,
        options.output_dir,
        dataset_identities=options.dataset_identities,
        dataset_pictures=options.dataset_pictures,
        dataset_format=options.dataset_format,
        seed=options.seed,
        min_distance=options.min_distance,
        outliers=options.outliers,
        verifier=verifier,
        gallery=gallery,
        about=_about(folder),
    )
    for what, count in card["rejected"].items():
        if count:
            print(f"rejected: {count} {what.replace('_', ' ')}")
    print(json.dumps(card))


def _about(folder: Run) -> dict:
    """Entries of the card on the generator and the terms that hold for it."""
    experiment = folder.experiment()
    path = folder.path(CARD)
    noted = read_object(path) if tf.io.gfile.exists(path) else {}
    return {
        "generator": os.path.basename(os.path.normpath(folder.folder)),
        "fingerprint": experiment.fingerprint(),
        "experiment": json.loads(experiment.to_json()),
        "terms": noted.get("data", UNKNOWN_TERMS),
    }
