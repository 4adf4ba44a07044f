"""The folder of `--format=web`: page, model and runtime, for any web server.

index.html style.css *.js   the page, as it is in `site/`
model.onnx                  codes to images
model.json                  the model's card: codes, pixels, sizes of files
ort/                        onnxruntime-web
"""

import json
import os
import pathlib

import numpy as np
import tensorflow as tf

from sdgan_tf.latents import LatentSpace
from sdgan_tf.runs import TrainedGenerator

SITE = pathlib.Path(__file__).parent / "site"
# Of a model that knows its subjects one by one, so many are on the page.
MAX_IDENTITIES = 1000
MODEL, CARD, RUNTIME = "model.onnx", "model.json", "ort"


def card(generator: TrainedGenerator, model: str, sizes: dict) -> dict:
    """What the page must know of a model.

    Args:
        generator: Who draws.
        model: The name to show.
        sizes: Bytes of what is loaded, by path: the page shows progress.
    """
    return {
        "model": model,
        "step": generator.step,
        "d_i": generator.latents.d_i,
        "d_o": generator.latents.d_o,
        "identities": _identities(generator.latents),
        "scale": generator.pixels.scale,
        "nearest": generator.pixels.nearest,
        "bytes": sizes,
    }


def _identities(latents: LatentSpace) -> list[list[float]] | None:
    """Codes of the subjects that a model knows; None if it draws new ones."""
    if latents.draws_new_identities:
        return None
    count = min(latents.num_identities, MAX_IDENTITIES)
    return np.round(latents.look_up(tf.range(count)).numpy(), 4).tolist()


def write_page(
    generator: TrainedGenerator,
    model: str,
    runtime: dict[str, bytes],
    folder: str,
) -> None:
    """Adds to a folder with `model.onnx` all that shows it in a browser.

    Args:
        generator: What was exported.
        model: The name to show.
        runtime: onnxruntime-web's files by name (`runtime_files`).
        folder: It has `model.onnx`.
    """
    files = {f"{RUNTIME}/{name}": data for name, data in runtime.items()}
    sizes = {n: len(data) for n, data in files.items() if n.endswith(".wasm")}
    sizes[MODEL] = tf.io.gfile.stat(os.path.join(folder, MODEL)).length
    files[CARD] = json.dumps(card(generator, model, sizes), indent=2).encode()
    files |= {path.name: path.read_bytes() for path in SITE.iterdir()}
    tf.io.gfile.makedirs(os.path.join(folder, RUNTIME))
    for name, data in files.items():
        with tf.io.gfile.GFile(os.path.join(folder, name), "wb") as file:
            file.write(data)
