"""Results of evaluations: names, what a run adds, the file of them."""

import json

import tensorflow as tf

from sdgan_tf.algorithms.base import count_parameters
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation.verifiers import Verifier
from sdgan_tf.runs import Run

METRICS = "metrics.jsonl"


def metric_name(num_pairs: int, what: str = "verification") -> str:
    """`verification10k`: the name says what was done."""
    thousands, rest = divmod(num_pairs, 1000)
    return f"{what}{num_pairs if rest else f'{thousands}k'}"


def set_metric_name(verifier: Verifier, generated: int, real: int) -> str:
    """`facenet_bilinear160_n10000_m2000`: what distances of sets depend on.

    Args:
        verifier: Whose embeddings are compared; its resizing is named too.
        generated: Generated pictures.
        real: Photographs.
    """
    network = "_".join(filter(None, [verifier.name, verifier.resize]))
    return f"{network}_n{generated}_m{real}"


def memory_mb(experiment: Experiment) -> float:
    """Trainable parameters of all networks at 4 bytes, in 10^6 bytes."""
    networks = build_algorithm(experiment).networks.values()
    return 4 * sum(map(count_parameters, networks)) / 1e6


def of_run(run: Run) -> dict:
    """The part of a line that only a run's folder tells."""
    experiment = run.experiment()
    return {
        "memory_mb": memory_mb(experiment),
        "fingerprint": experiment.fingerprint(),
        "run_dir": run.folder,
    }


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
