"""How near each convolution of the SD-DCGAN comes to a matrix product.

    python -m benchmarks.convolutions --precision=float32

Prints a table in Markdown: the generator's transposed convolutions, which are
the discriminator's convolutions backwards, and the discriminator's collating
convolution, each alone, as shares of the peak of a matrix product of the same
type, by TensorFlow and in the forms of `sdgan_tf/models/convolutions.py`.
32 images are a batch of 16 pairs; 32 pairs are a real and a fake one.
"""

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


def noise(dtype: str, *shape: int):
    return tf.cast(tf.random.normal(shape), dtype)


def generator_layer(side: int, inwards: int, outwards: int, dtype: str) -> dict:
    """Seconds of one transposed convolution and of its two gradients."""
    x = noise(dtype, IMAGES, side, side, inwards)
    y = noise(dtype, IMAGES, 2 * side, 2 * side, outwards)
    kernel = noise(dtype, KERNEL, KERNEL, outwards, inwards)
    times = {
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
        "to its kernel by patches": seconds(
            lambda: convolutions.kernel_gradient(y, x, kernel)
        ),
    }
    if outwards <= convolutions.PHASE_CHANNELS:
        times["forwards by phases"] = seconds(
            lambda: convolutions.convolution_of_phases(
                x, kernel, noise(dtype, outwards)
            )
        )
    return times


def collating_layer(inwards: int, outwards: int, dtype: str) -> dict:
    """Seconds of the 3x3 convolution from 4x4 to 2x2, likewise."""
    x = noise(dtype, IMAGES, 4, 4, inwards)
    y = noise(dtype, IMAGES, 2, 2, outwards)
    kernel = noise(dtype, 3, 3, inwards, outwards)
    return {
        "forwards": seconds(lambda: tf.nn.conv2d(x, kernel, 2, "SAME")),
        "forwards by patches": seconds(
            lambda: convolutions.convolution(x, kernel)
        ),
        "to its input": seconds(
            lambda: tf.nn.conv2d_transpose(y, kernel, x.shape, 2, "SAME")
        ),
        "to its kernel": seconds(
            lambda: tf.raw_ops.Conv2DBackpropFilter(
                input=x,
                filter_sizes=kernel.shape,
                out_backprop=y,
                strides=[1, 2, 2, 1],
                padding="SAME",
            )
        ),
        "to its kernel by patches": seconds(
            lambda: convolutions.kernel_gradient(x, y, kernel)
        ),
    }


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    dtype = PRECISION.value
    peak = peak_gflops(dtype)
    print(f"{dtype}, peak {peak:.0f} GFLOP/s")
    columns = [
        "forwards",
        "forwards by patches",
        "forwards by phases",
        "to its input",
        "to its kernel",
        "to its kernel by patches",
    ]
    print(f"| channels, side | {' | '.join(columns)} |")
    print("|---" * (len(columns) + 1) + "|")

    def show(name, gflop, times):
        cells = [
            f"{gflop / times[c] / peak:.2f} ({1e3 * times[c]:.1f} ms)"
            if c in times
            else ""
            for c in columns
        ]
        print(f"| {name} | {' | '.join(cells)} |")

    widths = [*stage_widths(64, 64)[::-1], 3]
    for stage, (inwards, outwards) in enumerate(
        zip(widths, widths[1:], strict=False)
    ):
        side = 4 * 2**stage
        show(
            f"{inwards} at {side} to {outwards} at {2 * side}",
            2e-9 * KERNEL**2 * inwards * outwards * IMAGES * side**2,
            generator_layer(side, inwards, outwards, dtype),
        )
    show(
        f"{2 * widths[0]} at 4 to {widths[0]} at 2",
        2e-9 * 3**2 * 2 * widths[0] * widths[0] * IMAGES * 2**2,
        collating_layer(2 * widths[0], widths[0], dtype),
    )


if __name__ == "__main__":
    app.run(main)
