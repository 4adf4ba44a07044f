"""The measures of commands that compare generators with photographs."""

from data_pipeline.records import DataSet
from sdgan_tf.commands.options import Measures
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
