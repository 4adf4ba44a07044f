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
    )
    threshold = protocol.threshold
    print(f"tau {threshold.tau:.4f} from {threshold.source}", flush=True)
    return protocol
