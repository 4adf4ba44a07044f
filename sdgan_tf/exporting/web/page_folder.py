"""The folder of a page: page, model and runtime, for any web server.

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

from sdgan_tf.exporting.onnx import write_onnx
from sdgan_tf.exporting.web.runtime import runtime_files
from sdgan_tf.generators import Generator
from sdgan_tf.identity_embedding import IdentityEmbedding
from sdgan_tf.latents import LatentSpace

SITE = pathlib.Path(__file__).parent / "site"
# The most identities on the page of a model whose z_i are a table.
MAX_IDENTITIES = 1000
MODEL, CARD, RUNTIME = "model.onnx", "model.json", "ort"


def card(generator: Generator, model: str, sizes: dict) -> dict:
    """Describes a model to the page.

    Args:
        generator: What the page shows.
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
    """Codes of the table of identities; None if z_i is sampled."""
    if not isinstance(latents, IdentityEmbedding):
        return None
    count = min(latents.num_identities, MAX_IDENTITIES)
    codes: np.ndarray = np.round(latents.look_up(tf.range(count)).numpy(), 4)
    return codes.tolist()


def write_web(
    generator: Generator,
    name: str,
    folder: str,
    runtime_dir: str = "",
    data: str = "",
) -> None:
    """Writes a page that shows the generator, for any web server.

    Args:
        generator: What is shown.
        name: The model's name on the page.
        folder: Where the page goes.
        runtime_dir: Folder with onnxruntime-web; by default npm packs it.
        data: The data that it was trained on, for the model's metadata.

    Raises:
        FileNotFoundError: If `runtime_dir` lacks a file.
        ValueError: If tf2onnx or onnxruntime-web cannot be had.
    """
    runtime = runtime_files(runtime_dir)
    tf.io.gfile.makedirs(folder)
    write_onnx(generator, os.path.join(folder, MODEL), name, data)
    write_page(generator, name, runtime, folder)


def write_page(
    generator: Generator,
    model: str,
    runtime: dict[str, bytes],
    folder: str,
) -> None:
    """Adds the page and its runtime to a folder with `model.onnx`.

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
