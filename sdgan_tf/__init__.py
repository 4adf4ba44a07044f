"""SD-GAN: generative models with an identity code and an observation code.

    import sdgan_tf

    generator = sdgan_tf.load("pretrained/portraits_sd_dcgan")
    images = generator.sample(identities=6, observations=8, seed=3)
    generator.save_grid("grid.png", images)

The names in `__all__` are the public API (docs/python.md). Each is imported
when it is first used, so `import sdgan_tf` alone does not import TensorFlow.

Source: Donahue, Lipton, Balsubramani, McAuley, "Semantically Decomposing the
Latent Spaces of Generative Adversarial Networks", ICLR 2018, arXiv 1705.07904.
"""

import importlib
from typing import TYPE_CHECKING

from sdgan_tf import environment

if TYPE_CHECKING:
    from sdgan_tf.algorithms.registry import build_algorithm
    from sdgan_tf.config import Experiment
    from sdgan_tf.evaluation import evaluate
    from sdgan_tf.generators import Estimate, Generator
    from sdgan_tf.runs import load
    from sdgan_tf.training.trainer import Trainer

__version__ = "0.9.0"

__all__ = [
    "Estimate",
    "Experiment",
    "Generator",
    "Trainer",
    "build_algorithm",
    "evaluate",
    "load",
]

_MODULES = {
    "Estimate": "generators",
    "Experiment": "config",
    "Generator": "generators",
    "Trainer": "training.trainer",
    "build_algorithm": "algorithms.registry",
    "evaluate": "evaluation",
    "load": "runs",
}


def __getattr__(name: str) -> object:
    """Imports a public name when it is first used; see PEP 562."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _MODULES[name] != "config":
        environment.prepare()
    module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
