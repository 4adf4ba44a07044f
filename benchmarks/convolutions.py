"""How near each convolution of the SD-DCGAN comes to a matrix product.

    python -m benchmarks.convolutions --precision=float32

Prints a table in Markdown: the generator's transposed convolutions, which are
the discriminator's convolutions backwards, each alone, as shares of the peak
of a matrix product of the same type. 32 images are a batch of 16 pairs.
"""

import os
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import tensorflow as tf
from absl import app, flags

from sdgan_tf.benchmark import peak_gflops
from sdgan_tf.models.dcgan import stage_widths

PRECISION = flags.DEFINE_enum(
    "precision", "float32", ["float32", "bfloat16"], "Type of all tensors."
)
IMAGES, KERNEL, REPEATS = 32, 5, 10


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


def layer(side: int, inwards: int, outwards: int, dtype: str) -> dict:
    """Seconds of one transposed convolution and of its two gradients."""

    def noise(*shape):
        return tf.cast(tf.random.normal(shape), dtype)

    x = noise(IMAGES, side, side, inwards)
    y = noise(IMAGES, 2 * side, 2 * side, outwards)
    kernel = noise(KERNEL, KERNEL, outwards, inwards)
    return {
        "forwards": seconds(
            lambda: tf.nn.conv2d_transpose(x, kernel, y.shape, 2, "SAME")
        ),
        "to its input": seconds(lambda: tf.nn.conv2d(y, kernel, 2, "SAME")),
        "to its kernel": seconds(
            lambda: tf.raw_ops.Conv2DBackpropFilter(
                input=y,
                filter_sizes=kernel.shape,
                out_backprop=x,
                strides=[1, 2, 2, 1],
                padding="SAME",
            )
        ),
    }


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    peak = peak_gflops(PRECISION.value)
    print(f"{PRECISION.value}, peak {peak:.0f} GFLOP/s")
    print("| channels, side | forwards | to its input | to its kernel |")
    print("|---|---|---|---|")
    widths = [*stage_widths(64, 64)[::-1], 3]
    for stage, (inwards, outwards) in enumerate(
        zip(widths, widths[1:], strict=False)
    ):
        side = 4 * 2**stage
        gflop = 2e-9 * KERNEL**2 * inwards * outwards * IMAGES * side**2
        times = layer(side, inwards, outwards, PRECISION.value)
        cells = [
            f"{gflop / taken / peak:.2f} ({1e3 * taken:.1f} ms)"
            for taken in times.values()
        ]
        name = f"{inwards} at {side} to {outwards} at {2 * side}"
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    app.run(main)
