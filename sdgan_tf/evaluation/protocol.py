"""`--mode=evaluate`: verification and diversity of pairs, as the paper does.

10,000 pairs, half of them matched. tau maximises the accuracy on as many real
validation pairs and is kept for real and generated test pairs.
"""

import functools
import json
import logging
import time

import numpy as np
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
    measure_parts,
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
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run

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
    generator: Generator,
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
    result |= measure_parts(generator, reader, seed)
    num_matched = int(measured.matched.sum())
    result["distinct_matched_pairs"] = num_matched
    if measured.identities is None:
        # Each matched pair is of one identity, each unmatched of two.
        result["num_identities"] = 2 * options.num_pairs - num_matched
    else:
        result["num_identities"] = len(np.unique(measured.identities))
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


def check_sizes(generator: Generator, data: DataSet) -> None:
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


class Protocol:
    """What all that is measured on one data set is measured by.

    Args:
        config: Its data set, verifier, numbers and seed.

    Raises:
        FileNotFoundError: If there is no data set or verifier.
        ValueError: If the data set is not named, or the verifier is of
            another.
    """

    def __init__(self, config: Config):
        if not config.data_dir:
            raise ValueError("--data_dir is missing: a built data set.")
        self.started = time.monotonic()
        self.options, self.seed = config.evaluation, config.experiment.seed
        self.data = DataSet.open(config.data_dir)
        check_splits_are_disjoint(self.data)
        self.verifier = open_verifier(self.options.verifier, self.data)
        self.cached = CachedVerifier(self.verifier)

    @functools.cached_property
    def threshold(self) -> Threshold:
        """tau, of the split valid."""
        found = choose_threshold(
            self.data, self.cached, self.options.num_pairs, self.seed
        )
        print(f"tau {found.tau:.4f} from {found.source}", flush=True)
        return found

    @functools.cached_property
    def reader(self) -> Reader | None:
        """Of the known factors, if there are any."""
        return Reader.train(self.data, self.options.factor_steps, self.seed)

    @functools.cached_property
    def real(self) -> RealPairs:
        """The photographs of the split test."""
        return evaluate_photographs(self.data, self.cached, *self._judges())

    def _judges(self) -> tuple:
        threshold = self.threshold  # First what tells of too few photographs.
        return self.reader, threshold, self.options, self.seed

    def photographs(self) -> dict:
        """The line of the photographs."""
        return self._line("real", self.real.result)

    def run(self, run: Run) -> dict:
        """The line of a run; its `metrics.jsonl` keeps it.

        Raises:
            FileNotFoundError: If it has no checkpoint.
            ValueError: If its pictures are of another size.
        """
        experiment, generator = run.experiment(), run.generator()
        check_sizes(generator, self.data)
        generated = evaluate_generator(
            generator, self.verifier, *self._judges()
        )
        measures = generated.result
        measures |= compare_with_photographs(
            generated.measured, self.data, self.cached, self.seed
        )
        measures["pair_kernel"] = pair_kernel_distance(
            generated.measured, self.real.measured
        )
        if experiment.k == 1 and generator.latents.draws_new_identities:
            measures |= floor(
                generated.measured, self.threshold.tau, self.options, self.seed
            )
        # It bounds what can be seen in generated pictures.
        measures["real_auc"] = self.real.result["auc"]
        measures["real_auc_interval"] = self.real.result.get("auc_interval")
        result = self._line(
            "generated",
            measures,
            memory_mb=memory_mb(experiment),
            step=generator.step,
            fingerprint=experiment.fingerprint(),
            run_dir=run.folder,
        )
        write_metrics(run, result)
        if self.options.report:
            path = run.path(f"report-{generator.step:08d}.html")
            write_report(
                path, result, self.real, generated, self.cached, self.seed
            )
            print(f"Report: {path}", flush=True)
        return result

    def _line(self, source: str, measures: dict, **of_run) -> dict:
        """What was measured with all that it depends on."""
        num_pairs = self.options.num_pairs
        num_matched = num_pairs // 2
        nobody = dict.fromkeys(("memory_mb", "step", "fingerprint", "run_dir"))
        seconds, self.started = (
            time.monotonic() - self.started,
            time.monotonic(),
        )
        return {
            "metric": metric_name(num_pairs),
            "source": source,
            **measures,
            "tau": self.threshold.tau,
            "tau_from": self.threshold.source,
            **nobody,
            "num_pairs": num_pairs,
            "num_matched_pairs": num_matched,
            "num_unmatched_pairs": num_pairs - num_matched,
            **of_run,
            "data_build_id": self.data.build_id,
            "verifier": self.verifier.name,
            "verifier_hash": self.verifier.file_hash,
            "seed": self.seed,
            "seconds": round(seconds, 1),
        }


def evaluate(config: Config) -> None:
    """`--mode=evaluate`: prints what `measure` finds as one JSON line, last."""
    print(json.dumps(measure(config)))


def measure(config: Config) -> dict:
    """Measures a run, or photographs; the run's `metrics.jsonl` keeps it.

    Raises:
        FileNotFoundError: If there is no checkpoint, data set or verifier.
        ValueError: If generator, data set and verifier do not fit together.
    """
    check_flags(config)
    if config.evaluation.evaluate_real:
        result = Protocol(config).photographs()
        if config.run_dir:
            write_metrics(Run(config.run_dir), result)
        return result
    run = Run(config.run_dir)
    # First what is wrong at once, then what takes minutes.
    if config.data_dir:
        check_sizes(run.generator(), DataSet.open(config.data_dir))
    return Protocol(config).run(run)
