"""`--mode=evaluate`: verification and diversity of pairs, as the paper does.

10,000 pairs, half of them matched. tau maximises the accuracy on as many real
validation pairs and is kept for real and generated test pairs.
"""

import json
import logging
import time

import tensorflow as tf

from data_pipeline.records import DataSet
from sdgan_tf.algorithms.base import count_parameters
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Config, Experiment
from sdgan_tf.evaluation.comparing import (
    compare_with_photographs,
    pair_kernel_distance,
)
from sdgan_tf.evaluation.consistency import (
    Reader,
    generated_grid,
    measure_grid,
    photograph_grid,
)
from sdgan_tf.evaluation.measuring import (
    Measured,
    independent_pairs,
    measure_generated,
    measure_photographs,
)
from sdgan_tf.evaluation.photographs import (
    Photographs,
    check_splits_are_disjoint,
)
from sdgan_tf.evaluation.report import write_report
from sdgan_tf.evaluation.summary import (
    GeneratedPairs,
    RealPairs,
    Threshold,
    choose_threshold,
    summarise,
)
from sdgan_tf.evaluation.verifiers import (
    CachedVerifier,
    Verifier,
    open_verifier,
)
from sdgan_tf.runs import Run, TrainedGenerator

METRICS = "metrics.jsonl"


def memory_mb(experiment: Experiment) -> float:
    """Trainable parameters of all networks at 4 bytes, in 10^6 bytes."""
    networks = build_algorithm(experiment).networks.values()
    return 4 * sum(map(count_parameters, networks)) / 1e6


def evaluate_photographs(
    data: DataSet,
    verifier: Verifier,
    reader: Reader | None,
    threshold: Threshold,
    options,
    seed: int,
) -> RealPairs:
    """Measures real test pairs."""
    photographs = Photographs.open(data, "test")
    pairs = photographs.pairs(options.num_pairs, seed)
    measured = measure_photographs(photographs, pairs, verifier)
    result = summarise(measured, threshold.tau, options.bootstrap_samples, seed)
    if reader:
        grid = photograph_grid(data, reader.model.factors)
        if grid is not None:
            result |= measure_grid(grid, verifier, reader)
    result["distinct_matched_pairs"] = pairs.distinct_matched
    result["num_identities"] = pairs.num_identities
    if pairs.distinct_matched < pairs.matched.sum():
        result["warning"] = (
            f"the split test has {photographs.possible_matched} distinct "
            f"matched pairs of {pairs.num_identities} identities, so pairs "
            "repeat; intervals resample identities"
        )
        logging.warning("%s", result["warning"])
    return RealPairs(photographs, pairs, measured, result)


def evaluate_generator(
    generator: TrainedGenerator,
    verifier: Verifier,
    reader: Reader | None,
    threshold: Threshold,
    options,
    seed: int,
) -> GeneratedPairs:
    """Measures generated pairs, and a grid of generated pictures."""
    measured = measure_generated(generator, verifier, options.num_pairs, seed)
    result = summarise(measured, threshold.tau, options.bootstrap_samples, seed)
    result |= measure_grid(generated_grid(generator, seed), verifier, reader)
    num_matched = int(measured.matched.sum())
    result["distinct_matched_pairs"] = num_matched
    # Each matched pair is of one identity, each unmatched of two; none twice.
    result["num_identities"] = 2 * options.num_pairs - num_matched
    return GeneratedPairs(generator, measured, result)


def floor(measured: Measured, tau: float, options, seed: int) -> dict:
    """A vanilla model's second figures, with all of z drawn afresh.

    Its first ones, where z_i is shared by name only, are the control.
    """
    found = summarise(
        independent_pairs(measured), tau, options.bootstrap_samples, seed
    )
    return {
        f"independent_{name}": value
        for name, value in found.items()
        if "div" not in name and "far" not in name
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


def check_flags(config: Config) -> None:
    """Raises ValueError if `evaluate` lacks something."""
    options = config.evaluation
    if not config.data_dir:
        raise ValueError("--data_dir is missing: a built data set.")
    if not (config.run_dir or options.evaluate_real):
        raise ValueError(
            "--run_dir is missing: the folder of a trained run. "
            "(--evaluate_real measures the photographs alone.)"
        )
    if options.report and options.evaluate_real:
        raise ValueError(
            "--report shows a generator beside the photographs: leave "
            "--evaluate_real out."
        )


def evaluate(config: Config) -> None:
    """`--mode=evaluate`: prints what `measure` finds as one JSON line, last."""
    print(json.dumps(measure(config)))


def measure(config: Config) -> dict:
    """Measures a run, or photographs; the run's `metrics.jsonl` keeps it.

    Raises:
        FileNotFoundError: If there is no checkpoint, data set or verifier.
        ValueError: If generator, data set and verifier do not fit together.
    """
    started = time.monotonic()
    check_flags(config)
    options, seed = config.evaluation, config.experiment.seed
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
    reader = Reader.train(data, options.factor_steps, seed)
    judges = reader, threshold, options, seed
    real = evaluate_photographs(data, cached, *judges)
    generated = None
    if options.evaluate_real:
        source, measures = "real", real.result
    else:
        generated = evaluate_generator(generator, verifier, *judges)
        source, measures = "generated", generated.result
        measures |= compare_with_photographs(
            generated.measured, data, cached, seed
        )
        measures["pair_kernel"] = pair_kernel_distance(
            generated.measured, real.measured
        )
        if experiment.k == 1:
            measures |= floor(generated.measured, threshold.tau, options, seed)
        # It bounds what can be seen in generated pictures.
        measures["real_auc"] = real.result["auc"]
        measures["real_auc_interval"] = real.result.get("auc_interval")
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
    if options.report:
        path = run.path(f"report-{generator.step:08d}.html")
        write_report(path, result, real, generated, cached, seed)
        print(f"Report: {path}", flush=True)
    return result
