"""Evaluates a generator, or the folder of one, in one call."""

import os

from data_pipeline.records import DataSet
from sdgan_tf.evaluation.protocol import Protocol, check_sizes
from sdgan_tf.evaluation.verifiers import FACENET, Verifier
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run


def evaluate(
    generator: Generator | str | os.PathLike,
    data_dir: str | os.PathLike,
    *,
    num_pairs: int = 10_000,
    verifier: str | Verifier = FACENET,
    seed: int = 0,
    bootstrap_samples: int = 1000,
    factor_steps: int = 3000,
    novelty: bool = True,
    keep_embeddings: bool = True,
    downstream: bool = False,
    verifier_steps: int = 2000,
    verifier_width: int = 32,
) -> dict:
    """Measures a generator against the photographs of a data set.

    Args:
        generator: A generator, or the folder of one: a run's, or one of
            `pretrained/`.
        data_dir: A built data set, of the generator's image size.
        num_pairs: Pairs that are measured, half of them matched.
        verifier: "facenet", the folder of a trained verifier, or a `Verifier`.
        seed: Of the pairs and of all else that is random.
        bootstrap_samples: Resamples behind each interval.
        factor_steps: Training steps of the model that reads the data set's
            known factors; 0 leaves them out.
        novelty: Whether the nearest training identities are looked for. Once
            for a data set, this embeds its training photographs: see
            `gallery`.
        keep_embeddings: Whether embeddings are kept beside the data set for
            later evaluations: see `kept_embeddings`.
        downstream: Whether verifiers are trained on generated identities, on
            photographs and on both: see `downstream`.
        verifier_steps: Training steps of each of these.
        verifier_width: Channels of their first stage.

    Returns:
        The measures by name, each with `NAME_interval` where it has one, and
        what they depend on. docs/evaluation.md defines them. What only a
        folder tells, such as `fingerprint`, is None for a bare generator, and
        a vanilla model's `independent_` figures need its folder.

    Raises:
        FileNotFoundError: If there is no generator, data set or verifier.
        ValueError: If they do not fit together, or a split has too few
            photographs.
    """
    data = DataSet.open(os.fspath(data_dir))
    run = None
    if isinstance(generator, (str, os.PathLike)):
        run = Run(os.fspath(generator))
        generator = run.generator()
    # First what is wrong at once, then what takes minutes.
    check_sizes(generator, data)
    protocol = Protocol(
        data,
        verifier,
        num_pairs,
        seed=seed,
        bootstrap_samples=bootstrap_samples,
        factor_steps=factor_steps,
        novelty=novelty,
        keep_embeddings=keep_embeddings,
        downstream=downstream,
        verifier_steps=verifier_steps,
        verifier_width=verifier_width,
    )
    return protocol.generated(generator, run).result
