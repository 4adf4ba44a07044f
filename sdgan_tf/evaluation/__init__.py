"""Measures a trained generator: who is in the picture, and how diverse.

from sdgan_tf.evaluation import evaluate

line = evaluate("runs/faces", "data/faces", num_pairs=1000)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdgan_tf.evaluation.evaluating import evaluate

__all__ = ["evaluate"]


def __getattr__(name: str):
    """Imports `evaluate`, and TensorFlow with it, when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sdgan_tf.evaluation import evaluating

    return getattr(evaluating, name)
