"""Files of a run folder that both backends write; needs no TensorFlow."""

import json
import os
import pathlib
import tempfile

import h5py
import keras

from sdgan_tf.config import Experiment

WEIGHTS, CARD = "generator.weights.h5", "card.json"
STATS = "stats.jsonl"


def stats_line(step: int, scalars: dict[str, float]) -> str:
    """Formats the scalars of a logged step as one line of `STATS`."""
    return json.dumps({"step": step, **scalars}) + "\n"


def card_text(
    experiment: Experiment, step: int, dtype: str, data: str = ""
) -> str:
    """Formats the `CARD` of a generator without its training.

    Args:
        experiment: What it was trained as.
        step: Training steps behind it.
        dtype: How `WEIGHTS` holds its weights.
        data: What it was trained on; "" leaves it out.
    """
    card = {
        "experiment": json.loads(experiment.to_json()),
        "step": step,
        "dtype": dtype,
        **({"data": data} if data else {}),
    }
    return json.dumps(card, indent=2) + "\n"


def save_weights(network: keras.Model, path: str | os.PathLike) -> None:
    """Writes a network's weights as an HDF5 file, compressed without loss.

    The file appears whole or not at all.
    """
    path = pathlib.Path(path)
    part = path.with_name(path.name + ".part")
    with tempfile.TemporaryDirectory() as scratch:
        plain = os.path.join(scratch, WEIGHTS)
        network.save_weights(plain)
        _compress(plain, part)
    part.replace(path)


def _compress(source: str, target: str | os.PathLike) -> None:
    """Copies an HDF5 file with its arrays compressed, without loss.

    Bytes are shuffled first: those that hold exponents are much alike.
    """

    def copy(name: str, item) -> None:
        if isinstance(item, h5py.Group):
            copied = new.require_group(name)
        else:
            packing = {"compression": "gzip", "shuffle": True}
            copied = new.create_dataset(
                name, data=item[()], **(packing if item.shape else {})
            )
        copied.attrs.update(item.attrs)

    with h5py.File(source) as old, h5py.File(target, "w") as new:
        new.attrs.update(old.attrs)
        old.visititems(copy)
