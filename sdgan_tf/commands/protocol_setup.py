"""The measures of commands that compare generators with photographs."""

import numpy as np

from data_pipeline.records import SPLITS, DataSet
from sdgan_tf.commands.shared_options import Measures
from sdgan_tf.evaluation.data_sufficiency import (
    PAIRS,
    find_needs,
    fractions_for,
)
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.protocol import Protocol


def open_protocol(options: Measures, data: DataSet) -> Protocol:
    """Prepares the measures that the user asks for; prints their threshold."""
    protocol = Protocol(
        data,
        options.verifier,
        options.num_pairs,
        seed=options.seed,
        bootstrap_samples=options.bootstrap_samples,
        factor_steps=options.factor_steps,
        novelty=options.novelty,
        keep_embeddings=options.keep_embeddings,
        downstream=options.downstream,
        verifier_steps=options.verifier_steps,
        verifier_width=options.verifier_width,
    )
    cached = protocol.cached
    if cached.kept:
        print(
            f"Embeddings: {len(cached):,} known, "
            f"{cached.kept.num_bytes / 1e6:.1f} MB in {cached.kept.folder}",
            flush=True,
        )
    threshold = protocol.threshold
    print(f"tau {threshold.tau:.4f} from {threshold.source}", flush=True)
    return protocol


def say_needs(options: Measures, data: DataSet) -> None:
    """Prints which figures are left out, and how to get them."""
    usable = {
        split: int(np.sum(Photographs.open(data, split).counts >= 2))
        for split in SPLITS
    }
    total = sum(usable.values())
    for need in find_needs(usable["test"], options.num_pairs, options.novelty):
        text = f"No {need.figure}: it needs {need.least:,} {need.what}, "
        if need.what == PAIRS:
            print(f"{text}--num_pairs={need.least}")
            continue
        text += f"and there are {need.there:,}"
        fractions = fractions_for(need.least, total)
        if fractions:
            parts = ",".join(f"{part:g}" for part in fractions)
            print(f"{text}: build_records --split_fractions={parts}")
        else:
            print(f"{text}, of {total:,} in the whole data set")
