"""A small fixed evaluation during training, and the best checkpoint."""

import json

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.config import Config
from sdgan_tf.evaluation.comparing import pair_kernel_distance
from sdgan_tf.evaluation.diversity import diversity
from sdgan_tf.evaluation.measuring import (
    measure_generated,
    measure_photographs,
)
from sdgan_tf.evaluation.photographs import (
    Photographs,
    check_splits_are_disjoint,
)
from sdgan_tf.evaluation.verification import Verification
from sdgan_tf.evaluation.verifiers import open_verifier
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run, write_text
from sdgan_tf.training.state import TrainingState

CARD = "best.json"


class Scoring:
    """Measures the generator on the same pairs through the run.

    The score is the kernel distance of generated matched pairs to pairs of the
    split valid, in the verifier's embedding; the lowest is the best. It worsens
    when pictures are bad, when they are all alike, and when the two of a pair
    agree too little or too much.

    Args:
        config: Its `evaluate_pairs`, `verifier` and seed are used.
        data: The data set; its test split is not looked at.
        algorithm: Whose generator is measured.
        run: Its folder `best` keeps the best checkpoint and is a run folder
            itself.

    Raises:
        FileNotFoundError: If the verifier is not there.
        ValueError: If the split valid has no pairs, or the verifier is of
            other data.
    """

    def __init__(
        self, config: Config, data: DataSet, algorithm: Algorithm, run: Run
    ):
        check_splits_are_disjoint(data)
        self.num_pairs = config.training.evaluate_pairs
        self.seed = config.experiment.seed
        self.algorithm = algorithm
        self.run, self.best = run, Run(run.path("best"))
        self.verifier = open_verifier(config.evaluation.verifier, data)
        photographs = Photographs.open(data, "valid")
        self.real = measure_photographs(
            photographs,
            photographs.pairs(self.num_pairs, self.seed),
            self.verifier,
        )

    def measure(self, step: int) -> dict[str, float]:
        """The scalars of one step; `evaluate/pair_kernel` is the score."""
        generator = Generator(
            self.algorithm.sampler,
            self.algorithm.sampled,
            self.algorithm.pixels,
            step,
        )
        measured = measure_generated(
            generator, self.verifier, self.num_pairs, self.seed
        )
        matched, terms = measured.matched, measured.terms
        curve = Verification(measured.distances, matched).curve()
        values = {
            "pair_kernel": pair_kernel_distance(measured, self.real),
            "auc": curve.auc(),
            "best_accuracy": curve.best_accuracy(),
            "id_div": diversity(terms[matched], None),
            "all_div": diversity(terms[~matched], None),
        }
        return {
            f"evaluate/{name}": float(np.ravel(value)[0])
            for name, value in values.items()
        }

    def keep_if_best(
        self, step: int, scalars: dict[str, float], state: TrainingState
    ) -> None:
        """Writes a checkpoint into `best` if no score there is as low."""
        if scalars["evaluate/pair_kernel"] >= self._best_score():
            return
        self.best.write_experiment(state.experiment)
        self.run.copy_identities(self.best)
        state.write_only(self.best)
        line = json.dumps({"step": step, **scalars})
        write_text(self.best.path(CARD), line + "\n")

    def _best_score(self) -> float:
        path = self.best.path(CARD)
        if not tf.io.gfile.exists(path):
            return float("inf")
        with tf.io.gfile.GFile(path) as file:
            return json.loads(file.read())["evaluate/pair_kernel"]
