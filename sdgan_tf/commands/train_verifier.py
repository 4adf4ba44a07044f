"""The command `train_verifier`: a network that tells subjects apart."""

import json
import time

from sdgan_tf.commands.options import TrainVerifier
from sdgan_tf.evaluation.verifier_training import train_verifier
from sdgan_tf.evaluation.verifiers import FACENET


def run(options: TrainVerifier) -> None:
    """Prints the card of the verifier that was kept, last.

    Raises:
        ValueError: If an option is missing.
        FileExistsError: If `verifier` holds a verifier already.
    """
    started = time.monotonic()
    if not options.data_dir:
        raise ValueError("--data_dir is missing: a built data set.")
    if options.verifier == FACENET:
        raise ValueError("--verifier is missing: the folder to write to.")
    card = train_verifier(
        options.data_dir,
        options.verifier,
        verifier_steps=options.verifier_steps,
        verifier_width=options.verifier_width,
        num_pairs=options.num_pairs,
        seed=options.seed,
        cache_bytes=options.cache_gb * 1e9,
    )
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps(card | {"seconds": seconds}))
