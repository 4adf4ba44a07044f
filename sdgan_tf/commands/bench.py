"""The command `bench`."""

from sdgan_tf.benchmark import bench
from sdgan_tf.commands import legacy
from sdgan_tf.commands.options import Options


def run(options: Options) -> None:
    bench(legacy.whole())
