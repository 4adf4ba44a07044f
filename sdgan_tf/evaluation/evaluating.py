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
        generator: A `Generator`, a run folder, or a folder of `pretrained/`.
        data_dir: Folder of a built data set with the generator's image size.
        num_pairs: Number of pairs, half of them matched.
        verifier: "facenet", the folder of a trained verifier, or a `Verifier`.
        seed: Seed of the pairs and of everything else that is random.
        bootstrap_samples: Bootstrap resamples for each interval.
        factor_steps: Training steps of the model that predicts the data set's
            known factors; 0 skips them.
        novelty: Whether to find the nearest training identities. The first
            evaluation of a data set embeds its training photographs for it;
            see `gallery`.
        keep_embeddings: Whether to cache embeddings beside the data set for
            later evaluations; see `kept_embeddings`.
        downstream: Whether to train verifiers on generated identities, on
            photographs and on both; see `downstream`.
        verifier_steps: Training steps of each of these verifiers.
        verifier_width: Channels of their first stage.

    Returns:
        The metrics by name, each with `NAME_interval` if it has one, and the
        options that they depend on. docs/evaluation.md defines them. If
        `generator` is a `Generator`, entries that come from a folder, such as
        `fingerprint`, are None. The `independent_` figures of a vanilla model
        need its folder.

    Raises:
        FileNotFoundError: If the generator, data set or verifier is missing.
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
