"""A small fixed evaluation during training, and the best checkpoint."""

import json

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.algorithms.base import Algorithm
from sdgan_tf.evaluation.comparing import pair_kernel_distance
from sdgan_tf.evaluation.diversity import diversity
from sdgan_tf.evaluation.measured_pairs import (
    measure_generated,
    measure_photographs,
)
from sdgan_tf.evaluation.photograph_pairs import (
    Photographs,
    check_splits_are_disjoint,
)
from sdgan_tf.evaluation.verification import Verification
from sdgan_tf.evaluation.verifiers import open_verifier
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run, write_text
from sdgan_tf.training.training_state import TrainingState

CARD = "best.json"
# The measures by name, and whether the lowest is the best.
LOWEST_IS_BEST = {
    "pair_kernel": True,
    "auc": False,
    "best_accuracy": False,
    "id_div": False,
    "all_div": False,
}


class Scoring:
    """Measures the generator on the same pairs through the run.

    By default the best checkpoint is that of the lowest `pair_kernel`, the
    kernel distance of generated matched pairs to pairs of the split valid, in
    the verifier's embedding. It worsens when pictures are bad, when they are
    all alike, and when the two of a pair agree too little or too much.

    Args:
        algorithm: Whose generator is measured.
        data: The data set; its test split is not looked at.
        run: Its folder `best` keeps the best checkpoint and is a run folder
            itself.
        verifier: "facenet", or the folder of a trained verifier.
        num_pairs: Pairs that are measured, half of them matched.
        seed: Seed of the pairs.
        keep_best_by: The measure by which a checkpoint is the best, one of
            `LOWEST_IS_BEST`.

    Raises:
        FileNotFoundError: If the verifier is not there.
        ValueError: If the split valid has no pairs, the verifier is of other
            data, or there is no such measure.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        data: DataSet,
        run: Run,
        verifier: str,
        num_pairs: int,
        seed: int,
        keep_best_by: str = "pair_kernel",
    ):
        if keep_best_by not in LOWEST_IS_BEST:
            raise ValueError(
                f"`keep_best_by` must be one of {sorted(LOWEST_IS_BEST)}. "
                f"Received: keep_best_by={keep_best_by!r}"
            )
        check_splits_are_disjoint(data)
        self.algorithm = algorithm
        self.run, self.best = run, Run(run.path("best"))
        self.num_pairs, self.seed = num_pairs, seed
        self.score = f"evaluate/{keep_best_by}"
        self.sign = 1 if LOWEST_IS_BEST[keep_best_by] else -1
        self.verifier = open_verifier(verifier, data)
        photographs = Photographs.open(data, "valid")
        self.real = measure_photographs(
            photographs,
            photographs.pairs(self.num_pairs, self.seed),
            self.verifier,
        )

    def measure(self, step: int) -> dict[str, float]:
        """Measures all of `LOWEST_IS_BEST`, as scalars `evaluate/NAME`."""
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
        """Writes a checkpoint into `best` if it is better than that there."""
        if not self.sign * scalars[self.score] < self._loss_of_best():
            return
        self.best.write_experiment(state.experiment)
        self.run.copy_identities(self.best)
        state.write_only(self.best)
        line = json.dumps({"step": step, **scalars})
        write_text(self.best.path(CARD), line + "\n")

    def _loss_of_best(self) -> float:
        """The best score so far, of which less is better."""
        path = self.best.path(CARD)
        if not tf.io.gfile.exists(path):
            return float("inf")
        with tf.io.gfile.GFile(path) as file:
            return self.sign * json.loads(file.read())[self.score]
