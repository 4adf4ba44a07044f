"""`--mode=evaluate`: verification and diversity of pairs, as the paper does.

10,000 pairs, half of them matched. tau maximises the accuracy on as many real
validation pairs and is kept for real and generated test pairs.
"""

import dataclasses
import json
import logging
import time

import numpy as np
import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.algorithms.base import count_parameters
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Config, Experiment
from sdgan_tf.evaluation import distributions, verification
from sdgan_tf.evaluation.diversity import diversity
from sdgan_tf.evaluation.measuring import (
    Measured,
    embed_sample,
    measure_generated,
    measure_photographs,
)
from sdgan_tf.evaluation.photographs import (
    Photographs,
    check_splits_are_disjoint,
)
from sdgan_tf.evaluation.verification import Verification
from sdgan_tf.evaluation.verifiers import (
    CachedVerifier,
    Verifier,
    open_verifier,
)
from sdgan_tf.runs import Run, TrainedGenerator

METRICS = "metrics.jsonl"
MAX_COMPARED = 2000  # Photographs of a split that pictures are compared with.


def memory_mb(experiment: Experiment) -> float:
    """Trainable parameters of all networks at 4 bytes, in 10^6 bytes."""
    networks = build_algorithm(experiment).networks.values()
    return 4 * sum(map(count_parameters, networks)) / 1e6


@dataclasses.dataclass(frozen=True)
class Threshold:
    """tau and where it came from."""

    tau: float
    source: str


def choose_threshold(
    data: DataSet, verifier: Verifier, num_pairs: int, seed: int
) -> Threshold:
    """The threshold of the best accuracy on real validation pairs."""
    photographs = Photographs.open(data, "valid")
    pairs = photographs.pairs(num_pairs, seed)
    measured = measure_photographs(photographs, pairs, verifier)
    curve = Verification(measured.distances, measured.matched).curve()
    return Threshold(
        curve.best_threshold(),
        f"{num_pairs} pairs of the split valid, {pairs.distinct_matched} "
        f"distinct matched, {pairs.num_identities} identities",
    )


def summarise(
    measured: Measured, tau: float, samples: int, seed: int
) -> dict[str, float | list[float]]:
    """The measures, and beside each its 95 % bootstrap interval.

    tau is taken as given: the intervals do not hold its uncertainty.
    """
    matched, terms = measured.matched, measured.terms
    pairs = Verification(measured.distances, matched)

    def measures(weights):
        curve = pairs.curve(weights)
        parts = (None, None)
        if weights is not None:
            parts = weights[:, matched], weights[:, ~matched]
        return {
            "auc": curve.auc(),
            "accuracy": curve.accuracy(tau),
            "far": curve.false_accept_rate(tau),
            "best_accuracy": curve.best_accuracy(),
            "id_div": diversity(terms[matched], parts[0]),
            "all_div": diversity(terms[~matched], parts[1]),
        }

    rng = np.random.default_rng(seed)
    drawn = []
    for start in range(0, samples, verification.SAMPLES_AT_ONCE):
        n = min(verification.SAMPLES_AT_ONCE, samples - start)
        if measured.identities is None:
            weights = verification.resample_pairs(rng, matched, n)
        else:
            weights = verification.resample_identities(
                rng, measured.identities, n
            )
        # With very few identities a sample may hold one class only.
        both = weights[:, matched].any(axis=1) & weights[:, ~matched].any(
            axis=1
        )
        drawn.append(measures(weights[both]))
    result = {}
    for name, value in measures(None).items():
        result[name] = float(np.ravel(value)[0])
        resampled = np.concatenate([part[name] for part in drawn])
        if len(resampled):
            result[f"{name}_interval"] = np.percentile(
                resampled, verification.INTERVAL
            ).tolist()
    return result


def evaluate_photographs(
    data: DataSet, verifier: Verifier, threshold: Threshold, options, seed: int
) -> dict:
    """Measures real test pairs."""
    photographs = Photographs.open(data, "test")
    pairs = photographs.pairs(options.num_pairs, seed)
    measured = measure_photographs(photographs, pairs, verifier)
    result = summarise(measured, threshold.tau, options.bootstrap_samples, seed)
    result["distinct_matched_pairs"] = pairs.distinct_matched
    result["num_identities"] = pairs.num_identities
    if pairs.distinct_matched < pairs.matched.sum():
        result["warning"] = (
            f"the split test has {photographs.possible_matched} distinct "
            f"matched pairs of {pairs.num_identities} identities, so pairs "
            "repeat; intervals resample identities"
        )
        logging.warning("%s", result["warning"])
    return result


def evaluate_generator(
    generator: TrainedGenerator,
    verifier: Verifier,
    threshold: Threshold,
    options,
    seed: int,
) -> tuple[dict, Measured]:
    """Measures generated pairs."""
    measured = measure_generated(generator, verifier, options.num_pairs, seed)
    result = summarise(measured, threshold.tau, options.bootstrap_samples, seed)
    num_matched = int(measured.matched.sum())
    result["distinct_matched_pairs"] = num_matched
    # Each matched pair is of one identity, each unmatched of two; none twice.
    result["num_identities"] = 2 * options.num_pairs - num_matched
    return result, measured


def compare_with_photographs(
    measured: Measured, data: DataSet, verifier: Verifier, seed: int
) -> dict:
    """Generated pictures as a set against real test and training ones.

    As many training photographs are used as test ones: see `leakage`.
    """
    training, test = (Photographs.open(data, s) for s in ("train", "test"))
    count = min(
        int(training.counts.sum()), int(test.counts.sum()), MAX_COMPARED
    )
    result = {"compared_photographs": count}
    if count < 2:
        return result
    training, test = (
        embed_sample(photographs, count, seed, verifier)
        for photographs in (training, test)
    )
    # The pictures of unmatched pairs are independent of each other.
    generated = measured.embeddings[~measured.matched].reshape(
        -1, test.shape[1]
    )
    return result | {
        "frechet": distributions.frechet_distance(generated, test),
        "kernel": distributions.kernel_distance(generated, test),
        "leakage": distributions.leakage(generated, training, test),
    }


def check_sizes(generator: TrainedGenerator, data: DataSet) -> None:
    """Raises ValueError if generator and data differ in image size."""
    size = generator.network.image_size
    if size != data.image_size:
        raise ValueError(
            "Generator and data set must have one image size: build the data "
            f"set with --image_size={size}. Received: {size} and "
            f"{data.image_size} ({data.folder!r})"
        )


def write_metrics(run: Run, result: dict) -> None:
    """Appends a result to `metrics.jsonl` and to TensorBoard."""
    with tf.io.gfile.GFile(run.path(METRICS), "a") as file:
        file.write(json.dumps(result) + "\n")
    writer = tf.summary.create_file_writer(run.path("tensorboard"))
    prefix = f"{result['metric']}_{result['source']}"
    with writer.as_default():
        for name, value in result.items():
            if isinstance(value, float):
                tf.summary.scalar(
                    f"{prefix}/{name}", value, step=result["step"] or 0
                )
    writer.close()


def metric_name(num_pairs: int, what: str = "verification") -> str:
    """`verification10k`: the name says what was done."""
    thousands, rest = divmod(num_pairs, 1000)
    return f"{what}{num_pairs if rest else f'{thousands}k'}"


def evaluate(config: Config) -> None:
    """Prints one JSON line last; a run folder keeps it in `metrics.jsonl`.

    Raises:
        FileNotFoundError: If there is no checkpoint, data set or verifier.
        ValueError: If generator, data set and verifier do not fit together.
    """
    started = time.monotonic()
    options, seed = config.evaluation, config.experiment.seed
    if not config.data_dir:
        raise ValueError("--data_dir is missing: a built data set.")
    if not (config.run_dir or options.evaluate_real):
        raise ValueError(
            "--run_dir is missing: the folder of a trained run. "
            "(--evaluate_real measures the photographs alone.)"
        )
    run = Run(config.run_dir) if config.run_dir else None
    data = DataSet.open(config.data_dir)
    check_splits_are_disjoint(data)
    generator = experiment = None
    if not options.evaluate_real:
        experiment = run.experiment()
        generator = run.generator()
        check_sizes(generator, data)
    verifier = open_verifier(options.verifier, data)
    cached = CachedVerifier(verifier)
    threshold = choose_threshold(data, cached, options.num_pairs, seed)
    print(f"tau {threshold.tau:.4f} from {threshold.source}", flush=True)
    real = evaluate_photographs(data, cached, threshold, options, seed)
    if options.evaluate_real:
        source, measures = "real", real
    else:
        source = "generated"
        measures, measured = evaluate_generator(
            generator, verifier, threshold, options, seed
        )
        measures |= compare_with_photographs(measured, data, cached, seed)
        # It bounds what can be seen in generated pictures.
        measures["real_auc"] = real["auc"]
        measures["real_auc_interval"] = real.get("auc_interval")
    num_matched = options.num_pairs // 2
    result = {
        "metric": metric_name(options.num_pairs),
        "source": source,
        **measures,
        "tau": threshold.tau,
        "tau_from": threshold.source,
        "memory_mb": memory_mb(experiment) if experiment else None,
        "num_pairs": options.num_pairs,
        "num_matched_pairs": num_matched,
        "num_unmatched_pairs": options.num_pairs - num_matched,
        "step": generator.step if generator else None,
        "fingerprint": experiment.fingerprint() if experiment else None,
        "run_dir": config.run_dir or None,
        "data_build_id": data.build_id,
        "verifier": verifier.name,
        "verifier_hash": verifier.file_hash,
        "seed": seed,
        "seconds": round(time.monotonic() - started, 1),
    }
    if run:
        write_metrics(run, result)
    print(json.dumps(result))
