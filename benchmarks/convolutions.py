"""Compares each convolution of SD-DCGAN with a matrix product.

    python -m benchmarks.convolutions --precision=float32

Prints a table in Markdown with a row for each convolution of the discriminator,
whose transposes are the generator's layers, and for the collating convolution.
Each is measured alone, as TensorFlow computes it and in the forms of
`sdgan_tf/models/convolutions.py`, as a fraction of the peak of a matrix product
of the same type. 32 images are a batch of 16 pairs, and 32 pairs are a real and
a fake batch.
"""

import itertools
import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import tensorflow as tf
from absl import app, flags

from sdgan_tf.benchmark import peak_gflops
from sdgan_tf.models import convolutions
from sdgan_tf.models.dcgan import stage_widths

PRECISION = flags.DEFINE_enum(
    "precision", "float32", ["float32", "bfloat16"], "Type of all tensors."
)
IMAGES, REPEATS = 32, 10
COLUMNS = [
    "convolution",
    "convolution by patches",
    "transposed",
    "transposed by phases",
    "kernel gradient",
    "kernel gradient by patches",
]


def seconds(call) -> float:
    """The fastest of several calls of a compiled function."""
    compiled = tf.function(lambda: tf.reduce_sum(call()[:1]))
    compiled()
    best = float("inf")
    for _ in range(REPEATS):
        started = time.perf_counter()
        compiled().numpy()
        best = min(best, time.perf_counter() - started)
    return best


def noise(dtype: str, *shape: int):
    return tf.cast(tf.random.normal(shape), dtype)


def layer(size: int, large: int, small: int, side: int, dtype: str) -> dict:
    """Seconds of a stride-2 convolution, its transpose and kernel gradient.

    Args:
        size: Side of the kernel.
        large: Channels of the maps of twice the side.
        small: Channels of the maps of `side`.
        side: Side of the small maps.
        dtype: Type of all tensors.
    """
    x = noise(dtype, IMAGES, 2 * side, 2 * side, large)
    y = noise(dtype, IMAGES, side, side, small)
    kernel = noise(dtype, size, size, large, small)
    calls = {
        "convolution": lambda: tf.nn.conv2d(x, kernel, 2, "SAME"),
        "transposed": lambda: tf.nn.conv2d_transpose(
            y, kernel, x.shape, 2, "SAME"
        ),
        "kernel gradient": lambda: tf.raw_ops.Conv2DBackpropFilter(
            input=x,
            filter_sizes=kernel.shape,
            out_backprop=y,
            strides=[1, 2, 2, 1],
            padding="SAME",
        ),
        "kernel gradient by patches": lambda: convolutions.kernel_gradient(
            x, y, kernel
        ),
    }
    if side**2 <= convolutions.LAYER_POSITIONS:
        calls["convolution by patches"] = lambda: convolutions.convolution(
            x, kernel
        )
    if large <= convolutions.PHASE_CHANNELS:
        bias = noise(dtype, large)
        calls["transposed by phases"] = lambda: (
            convolutions.convolution_of_phases(y, kernel, bias)
        )
    return {name: seconds(call) for name, call in calls.items()}


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    dtype = PRECISION.value
    peak = peak_gflops(dtype)
    print(f"{dtype}, peak {peak:.0f} GFLOP/s")
    print(f"| channels, side | {' | '.join(COLUMNS)} |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    widths = [3, *stage_widths(64, 64)]
    layers = [
        (5, large, small, 32 >> stage)
        for stage, (large, small) in enumerate(itertools.pairwise(widths))
    ]
    # The collating layer, of the maps of two images.
    layers.append((3, 2 * widths[-1], widths[-1], 2))
    for size, large, small, side in layers:
        gflop = 2e-9 * size**2 * large * small * IMAGES * side**2
        times = layer(size, large, small, side, dtype)
        cells = [f"{large} at {2 * side}, {small} at {side}"]
        for column in COLUMNS:
            taken = times.get(column)
            cells.append(
                f"{gflop / taken / peak:.2f} ({1e3 * taken:.1f} ms)"
                if taken
                else ""
            )
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    app.run(main)
