"""The folder of the explorer's page, for any web server.

index.html style.css *.js   the page, as it is in `explorer/site/`
explorer.json               its generators and settings
ort/                        onnxruntime-web
generators/N/
  model.onnx                codes to images
  card.json                 codes, pixels, directions, data, figures, sizes
  identities.f32            codes of the identities, where the model has a table
"""

import json
import os
from collections.abc import Sequence

import tensorflow as tf

from sdgan_tf.explorer import site_files
from sdgan_tf.explorer.catalogue import Exhibit
from sdgan_tf.explorer.settings import Settings
from sdgan_tf.exporting.onnx import write_onnx
from sdgan_tf.exporting.web.runtime import WASM, runtime_files

MODEL, RUNTIME = "model.onnx", "ort"


def write_web(
    exhibits: Sequence[Exhibit],
    folder: str,
    runtime_dir: str = "",
    settings: Settings | None = None,
) -> None:
    """Writes a page that shows generators, for any web server.

    Args:
        exhibits: What is shown, in float32: onnxruntime has no convolutions in
            bfloat16.
        folder: Where the page goes.
        runtime_dir: Folder with onnxruntime-web; by default npm packs it.
        settings: Of the page; only those of the grid and of walks count.

    Raises:
        FileNotFoundError: If `runtime_dir` lacks a file.
        ValueError: If tf2onnx or onnxruntime-web cannot be had.
    """
    runtime = runtime_files(runtime_dir)
    for number, exhibit in enumerate(exhibits):
        own = os.path.join(folder, site_files.generator_folder(number))
        _write_generator(exhibit, own, len(runtime[WASM]))
    files = {f"{RUNTIME}/{name}": data for name, data in runtime.items()}
    files |= site_files.site_files()
    files[site_files.START] = site_files.start_file(
        "browser",
        [exhibit.name for exhibit in exhibits],
        (settings or Settings()).of_page(),
    )
    tf.io.gfile.makedirs(os.path.join(folder, RUNTIME))
    for name, data in files.items():
        _write(os.path.join(folder, name), data)


def _write_generator(exhibit: Exhibit, folder: str, runtime_size: int) -> None:
    """Writes one generator; the page shows how much of it is loaded."""
    tf.io.gfile.makedirs(folder)
    path = os.path.join(folder, MODEL)
    card = exhibit.card
    write_onnx(exhibit.generator, path, card["model"], card["data"])
    sizes = {"model": tf.io.gfile.stat(path).length, "runtime": runtime_size}
    text = json.dumps(card | {"bytes": sizes}, allow_nan=False)
    _write(os.path.join(folder, site_files.CARD), text.encode())
    if exhibit.table is not None:
        _write(os.path.join(folder, site_files.TABLE), exhibit.table)


def _write(path: str, data: bytes) -> None:
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(data)
