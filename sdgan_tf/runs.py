"""The run folder: what is in it, and the generator that it gives back.

    config.json     the experiment, as trained
    training.json   how it is trained: data, steps, intervals
    checkpoints/    several, each complete
    tensorboard/    summaries
    samples/        the fixed grid through the run, PNG
    stats.jsonl     scalars, one line each logged step
    best/           the checkpoint with the best score, if scores were taken;
                    a run folder too
    identities.csv  names by row, where a model knows the training identities
    metrics.jsonl   what evaluations found, one line each
    lock            held by the training that writes here

A folder with `generator.weights.h5` and `card.json` (`pretrained/NAME`) is
taken wherever a run folder is; checkpoints, once there are any, go first.
"""

import dataclasses
import json
import logging
import os
import re
import tempfile
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from sdgan_tf import identities_csv
from sdgan_tf.algorithms.base import AVERAGE, variables
from sdgan_tf.algorithms.registry import algorithm_class
from sdgan_tf.checkpoints import DAMAGED, Checkpoints, step_of
from sdgan_tf.config import Experiment
from sdgan_tf.generators import Generator
from sdgan_tf.run_files import CARD, WEIGHTS, card_text, save_weights

IDENTITIES = "identities.csv"
CONFIG, TRAINING = "config.json", "training.json"


@dataclasses.dataclass(frozen=True)
class Run:
    """A run folder."""

    folder: str

    @classmethod
    def new(cls, name: str, root: str = "runs") -> "Run":
        """Makes a folder `ROOT/00001-NAME`, numbered after the last one.

        Of processes that ask at once each gets a number of its own.
        """
        os.makedirs(root, exist_ok=True)
        number = max(map(_number, os.listdir(root)), default=0) + 1
        while True:
            # Held only to check that no other process holds it.
            held = os.path.join(root, f"{number:05d}")
            try:
                os.mkdir(held)
            except FileExistsError:
                number += 1
                continue
            others = [entry for entry in os.listdir(root) if "-" in entry]
            if number not in map(_number, others):
                folder = f"{held}-{name}"
                os.rename(held, folder)
                return cls(folder)
            os.rmdir(held)
            number += 1

    def path(self, *parts: str) -> str:
        """A path inside the folder."""
        return os.path.join(self.folder, *parts)

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.path("checkpoints"))

    def has_checkpoint(self) -> bool:
        """Whether a training has saved its state here."""
        return bool(self.checkpoints.paths())

    def experiment(self) -> Experiment:
        """The experiment that this folder holds.

        Raises:
            FileNotFoundError: If it is no run folder.
            ValueError: If its configuration is of another version or cannot
                be read.
        """
        path = self.path(CONFIG)
        if tf.io.gfile.exists(path):
            fields = read_object(path)
        elif tf.io.gfile.exists(self.path(CARD)):
            path = self.path(CARD)
            fields = read_object(path).get("experiment", {})
        else:
            raise FileNotFoundError(
                f"`run_dir` is not a run folder: it has no `{CONFIG}`. "
                f"Received: run_dir={self.folder!r}"
            )
        try:
            return Experiment.from_fields(fields)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def write_experiment(self, experiment: Experiment) -> None:
        """Makes the folder and writes the configuration of its training."""
        tf.io.gfile.makedirs(self.folder)
        write_text(self.path(CONFIG), experiment.to_json() + "\n")

    def write_identities(self, names: Sequence[str]) -> None:
        """Writes the names of the identities in the model's table."""
        write_text(self.path(IDENTITIES), identities_csv.to_csv(names))

    def copy_identities(self, other: "Run") -> None:
        """Copies the names of the identities, if there are any."""
        if tf.io.gfile.exists(self.path(IDENTITIES)):
            tf.io.gfile.copy(
                self.path(IDENTITIES), other.path(IDENTITIES), overwrite=True
            )

    def identity_rows(self, names: Sequence[str]) -> list[int]:
        """Looks up the rows of training identities by their names.

        Raises:
            FileNotFoundError: If the model knows none.
            ValueError: If it does not know one of these.
        """
        if not tf.io.gfile.exists(self.path(IDENTITIES)):
            raise FileNotFoundError(
                f"`run_dir` has no `{IDENTITIES}`: its model has no "
                f"identities with names. Received: run_dir={self.folder!r}"
            )
        with tf.io.gfile.GFile(self.path(IDENTITIES), "rb") as file:
            return identities_csv.rows_of(file.read(), names)

    def has_weights(self) -> bool:
        """Whether a generator without its training is here."""
        return tf.io.gfile.exists(self.path(WEIGHTS))

    def write_generator(
        self,
        network: keras.Model,
        experiment: Experiment,
        step: int,
        dtype: str = "float32",
        data: str = "",
    ) -> None:
        """Makes the folder and writes a generator without its training.

        Args:
            network: The generator, built.
            experiment: What it was trained as.
            step: Training steps behind it.
            dtype: How the file holds the weights: "float16" takes half the
                room. Loading gives them back in the network's own.
            data: Names the data that it was trained on, and its terms; see
                `cards.describe_data`.

        Raises:
            ValueError: If a weight does not fit into `dtype`.
        """
        held = algorithm_class(experiment).new_generator(
            dataclasses.replace(experiment, precision=dtype)
        )
        held.set_weights(network.get_weights())
        for weight in held.weights:
            if not np.isfinite(weight.numpy()).all():
                raise ValueError(
                    f"`{weight.path}` is not finite as {dtype}; choose another "
                    f"`dtype`. Received: dtype={dtype!r}"
                )
        tf.io.gfile.makedirs(self.folder)
        with tempfile.TemporaryDirectory() as scratch:
            saved = os.path.join(scratch, WEIGHTS)
            save_weights(held, saved)
            tf.io.gfile.copy(saved, self.path(WEIGHTS), overwrite=True)
        write_text(self.path(CARD), card_text(experiment, step, dtype, data))

    def generator(self, precision: str | None = None) -> Generator:
        """The generator of the latest checkpoint that can be read.

        Its weights are their moving average where the run keeps one.

        Args:
            precision: What it computes in; by default what it was trained in.

        Raises:
            FileNotFoundError: If there is none.
        """
        experiment = self.experiment()
        if precision:
            experiment = dataclasses.replace(experiment, precision=precision)
        algorithm = algorithm_class(experiment)
        network = algorithm.new_generator(experiment)
        latents = algorithm.latent_space(experiment, network)
        averaged = experiment.average_decay and self.has_checkpoint()
        name = AVERAGE if averaged else "generator"
        step = load_networks(self, {name: network})
        return Generator(network, latents, algorithm.pixels, step)


def load(folder: str, precision: str | None = None) -> Generator:
    """Loads a trained generator.

    Args:
        folder: A run folder, or a folder with a generator's weights and card,
            such as those in `pretrained/`.
        precision: "float32" or "mixed_bfloat16"; by default the precision of
            the training.

    Raises:
        FileNotFoundError: If the folder is not such a folder or has no weights.
        ValueError: If one of its files is damaged.
    """
    return Run(folder).generator(precision)


def _number(entry: str) -> int:
    """The number of a folder that `Run.new` made; 0 of any other."""
    match = re.match(r"(\d{5,})(-|$)", entry)
    return int(match.group(1)) if match else 0


def write_text(path: str, text: str) -> None:
    """Writes a file whole or not at all, to any path TensorFlow knows."""
    part = path + ".part"
    with tf.io.gfile.GFile(part, "w") as file:
        file.write(text)
    tf.io.gfile.rename(part, path, overwrite=True)


def read_object(path: str) -> dict:
    """Reads a JSON object.

    Raises:
        ValueError: If the file holds anything else.
    """
    with tf.io.gfile.GFile(path, "rb") as file:
        data = file.read()
    try:
        value = json.loads(data)
        if not isinstance(value, dict):
            raise ValueError(f"it holds {type(value).__name__}")
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} must hold a JSON object: it is damaged ({error})."
        ) from error
    return value


def load_networks(run: Run, networks: dict[str, keras.Model]) -> int:
    """Gives networks the weights that a run folder has of them.

    Args:
        run: The run folder.
        networks: Built networks by their names in `Algorithm.networks`. All
            but the generator stay as they are, with a warning, where the
            folder holds a generator without its training.

    Returns:
        Training steps behind the weights.

    Raises:
        FileNotFoundError: If the folder has no weights.
        ValueError: If they are another network's or cannot be read.
    """
    if not run.has_checkpoint() and run.has_weights():
        others = sorted(set(networks) - {"generator"})
        if others:
            logging.warning(
                "%s holds only a generator, so these networks are "
                "initialised anew: %s.",
                run.folder,
                ", ".join(others),
            )
        try:
            networks["generator"].load_weights(run.path(WEIGHTS))
        except DAMAGED as error:
            raise ValueError(
                f"`{WEIGHTS}` in {run.folder!r} does not fit the generator: "
                f"{str(error).splitlines()[0]}"
            ) from error
        step = read_object(run.path(CARD)).get("step", 0)
        if type(step) is not int or step < 0:
            raise ValueError(
                f"{run.path(CARD)}: `step` must be a whole number of at least "
                f"0. Received: step={step!r}"
            )
        return step
    path = run.checkpoints.restore_latest(
        tf.train.Checkpoint(
            **{name: variables(network) for name, network in networks.items()}
        ),
        partial=True,
    )
    if path is None:
        raise FileNotFoundError(
            "The run folder has no checkpoint: train first. "
            f"Received: {run.folder!r}"
        )
    return step_of(path)
