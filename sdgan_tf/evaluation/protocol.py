"""Verification and diversity of pairs, as the paper measures them.

10,000 pairs, half of them matched. tau maximises the accuracy on as many real
validation pairs and is kept for real and generated test pairs.
"""

import functools
import logging
import time

import numpy as np

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import data_sufficiency, uniqueness_and_novelty
from sdgan_tf.evaluation.comparing import (
    compare_with_photographs,
    pair_kernel_distance,
)
from sdgan_tf.evaluation.consistency import (
    Reader,
    generated_grid,
    measure_grid,
    measure_parts,
    photograph_grid,
)
from sdgan_tf.evaluation.downstream import Downstream
from sdgan_tf.evaluation.gallery import Gallery, NearestIdentities
from sdgan_tf.evaluation.kept_embeddings import KeptEmbeddings
from sdgan_tf.evaluation.measured_pairs import (
    Measured,
    independent_pairs,
    measure_generated,
    measure_photographs,
)
from sdgan_tf.evaluation.metrics_file import (
    metric_name,
    of_run,
    set_metric_name,
)
from sdgan_tf.evaluation.photograph_pairs import (
    Photographs,
    check_splits_are_disjoint,
)
from sdgan_tf.evaluation.subjects import check_faces
from sdgan_tf.evaluation.summary import (
    GeneratedPairs,
    RealPairs,
    Threshold,
    choose_threshold,
    summarise,
)
from sdgan_tf.evaluation.verifiers import (
    FACENET,
    CachedVerifier,
    Verifier,
    open_verifier,
)
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run

# Metrics of a vanilla model that are also measured with independent z.
FLOOR = ("auc", "accuracy", "best_accuracy", "eer")
# Measures of photographs that stand beside those of generated pictures.
REFERENCES = ("auc", "uniqueness", "novelty")


def check_sizes(generator: Generator, data: DataSet) -> None:
    """Raises ValueError if generator and data differ in image size."""
    size = generator.network.image_size
    if size != data.image_size:
        raise ValueError(
            "Generator and data set must have one image size: build the data "
            f"set with image_size={size}. Received: {size} and "
            f"{data.image_size} ({data.folder!r})"
        )


class Protocol:
    """Measures generators and photographs on one data set, by one measure.

    Args:
        data: The data set.
        verifier: "facenet", the folder of a trained verifier, or a `Verifier`.
        num_pairs: Number of pairs, half of them matched.
        seed: Seed of the pairs and of everything else that is random.
        bootstrap_samples: Bootstrap resamples for each interval.
        factor_steps: Training steps of the model that predicts the data set's
            known factors; 0 skips them.
        novelty: Whether the nearest training identities are looked for.
        keep_embeddings: Whether embeddings are kept beside the data set.
        downstream: Whether verifiers are trained on generated identities, on
            photographs and on both.
        verifier_steps: Training steps of each of these verifiers.
        verifier_width: Channels of their first stage.

    Raises:
        FileNotFoundError: If there is no verifier.
        ValueError: If the verifier is of another data set or knows faces
            only and these are none, or an identity lies in two splits.
    """

    def __init__(
        self,
        data: DataSet,
        verifier: str | Verifier = FACENET,
        num_pairs: int = 10_000,
        *,
        seed: int = 0,
        bootstrap_samples: int = 1000,
        factor_steps: int = 3000,
        novelty: bool = True,
        keep_embeddings: bool = True,
        downstream: bool = False,
        verifier_steps: int = 2000,
        verifier_width: int = 32,
    ):
        self.started = time.monotonic()
        self.data, self.num_pairs, self.seed = data, num_pairs, seed
        self.bootstrap_samples = bootstrap_samples
        self.factor_steps = factor_steps
        self.novelty = novelty
        check_splits_are_disjoint(data)
        if isinstance(verifier, str):
            verifier = open_verifier(verifier, data)
        check_faces(data, verifier)
        self.verifier = verifier
        kept = None
        if keep_embeddings:
            kept = KeptEmbeddings(
                data,
                f"{verifier.name}-{verifier.precision}",
                verifier.file_hash,
                verifier.size,
            )
        self.cached = CachedVerifier(verifier, kept)
        self.downstream = None
        if downstream:
            self.downstream = Downstream(
                data,
                num_pairs,
                verifier_steps,
                verifier_width,
                seed,
                bootstrap_samples,
            )

    @functools.cached_property
    def threshold(self) -> Threshold:
        """tau, of the split valid."""
        return choose_threshold(
            self.data, self.cached, self.num_pairs, self.seed
        )

    @functools.cached_property
    def reader(self) -> Reader | None:
        """Of the known factors, if there are any."""
        return Reader.train(self.data, self.factor_steps, self.seed)

    @functools.cached_property
    def gallery(self) -> Gallery:
        """The training identities."""
        return Gallery.open(self.data, self.verifier)

    @functools.cached_property
    def real(self) -> RealPairs:
        """The photographs of the test split."""
        tau = self.threshold.tau  # First what tells of too few photographs.
        photographs = Photographs.open(self.data, "test")
        pairs = photographs.pairs(self.num_pairs, self.seed)
        measured = measure_photographs(photographs, pairs, self.cached)
        result = self._summary(measured, tau)
        if self.reader:
            grid = photograph_grid(self.data, self.reader.model.factors)
            if grid is not None:
                result |= measure_grid(grid, self.cached, self.reader)
        found, nearest = self._identities(measured, tau)
        result |= found
        result["distinct_matched_pairs"] = pairs.distinct_matched
        result["num_identities"] = pairs.num_identities
        result["num_matched_pairs"] = int(pairs.matched.sum())
        result |= data_sufficiency.assess(result, photographs.possible_matched)
        if "warning" in result:
            logging.warning("%s", result["warning"])
        return RealPairs(photographs, pairs, measured, result, nearest)

    def photographs(self) -> dict:
        """The line of the photographs."""
        result = self.real.result
        if self.downstream:
            result = result | self.downstream.photographs()
        return self._line("real", result)

    def generated(
        self, generator: Generator, run: Run | None = None
    ) -> GeneratedPairs:
        """Pairs of a generator, and their line as its result.

        Args:
            generator: It generates pictures of the data set's size.
            run: The folder that it is from, if it is from one.

        Raises:
            ValueError: If its pictures are of another size, or not finite.
        """
        check_sizes(generator, self.data)
        tau = self.threshold.tau  # First what tells of too few photographs.
        measured = measure_generated(
            generator, self.cached, self.num_pairs, self.seed
        )
        result = self._summary(measured, tau)
        result |= self._codes(generator)
        found, nearest = self._identities(measured, tau)
        result |= found
        num_matched = int(measured.matched.sum())
        result["distinct_matched_pairs"] = num_matched
        if measured.identities is None:
            # Each matched pair is of one identity, each unmatched of two.
            result["num_identities"] = 2 * self.num_pairs - num_matched
        else:
            result["num_identities"] = len(np.unique(measured.identities))
        result |= compare_with_photographs(
            measured, self.data, self.cached, self.seed
        )
        result["set_metric"] = set_metric_name(
            self.verifier,
            2 * int(np.sum(~measured.matched)),
            result["compared_photographs"],
        )
        real = self.real
        result |= data_sufficiency.assess_generated(real.result)
        result["pair_kernel"] = pair_kernel_distance(measured, real.measured)
        if nearest and real.nearest:
            result |= uniqueness_and_novelty.calibrated_novelty(
                nearest.distances,
                real.nearest.distances,
                self.bootstrap_samples,
                self.seed,
            )
        if self.downstream:
            result |= self.downstream.generated(generator)
        vanilla = run and run.experiment().k == 1
        if vanilla and generator.latents.samples_new_identities:
            result |= self._floor(measured, tau)
        # They bound what can be seen in generated pictures.
        for name in (*REFERENCES, *(f"{n}_interval" for n in REFERENCES)):
            if name in real.result:
                result[f"real_{name}"] = real.result[name]
        line = self._line(
            "generated",
            result,
            step=generator.step,
            **(of_run(run) if run else {}),
        )
        return GeneratedPairs(generator, measured, line, nearest)

    def _identities(
        self, measured: Measured, tau: float
    ) -> tuple[dict, NearestIdentities | None]:
        """Counts the identities of pairs that are distinct, and new."""
        embeddings = measured.embeddings[measured.one_of_each()]
        result = uniqueness_and_novelty.uniqueness(
            embeddings, tau, self.bootstrap_samples, self.seed
        )
        if not self.novelty:
            return result, None
        nearest = self.gallery.nearest(embeddings)
        return result | uniqueness_and_novelty.novelty(
            nearest.distances, tau
        ), nearest

    def _summary(self, measured: Measured, tau: float) -> dict:
        return summarise(measured, tau, self.bootstrap_samples, self.seed)

    def _codes(self, generator: Generator) -> dict:
        """Measures what each code decides, on grids of pictures."""
        grid = generated_grid(generator, self.seed)
        return measure_grid(grid, self.cached, self.reader) | measure_parts(
            generator, self.reader, self.seed
        )

    def _floor(self, measured: Measured, tau: float) -> dict:
        """Measures a vanilla model a second time, with independent z.

        Its first ones, where z_i is shared by name only, are the control.
        """
        return {
            f"independent_{name}": value
            for name, value in self._summary(
                independent_pairs(measured), tau
            ).items()
            if name.removesuffix("_interval") in FLOOR
        }

    def _line(self, source: str, measures: dict, **of_run) -> dict:
        """Joins measures with all that they depend on."""
        self.cached.keep()
        num_matched = self.num_pairs // 2
        unknown = dict.fromkeys(("memory_mb", "step", "fingerprint", "run_dir"))
        seconds, self.started = (
            time.monotonic() - self.started,
            time.monotonic(),
        )
        return {
            "metric": metric_name(self.num_pairs),
            "source": source,
            **measures,
            "tau": self.threshold.tau,
            "tau_from": self.threshold.source,
            **unknown,
            "num_pairs": self.num_pairs,
            "num_matched_pairs": num_matched,
            "num_unmatched_pairs": self.num_pairs - num_matched,
            **of_run,
            "data_build_id": self.data.build_id,
            "verifier": self.verifier.name,
            "verifier_hash": self.verifier.file_hash,
            "verifier_precision": self.verifier.precision,
            "seed": self.seed,
            "seconds": round(seconds, 1),
        }
