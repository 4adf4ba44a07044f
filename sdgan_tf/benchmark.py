"""`--mode=bench`: how near a step comes to what the machine can do."""

import json
import resource
import sys
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from data_pipeline import pictures, records
from data_pipeline.pairs import IdentityTuples
from data_pipeline.records import DataSet
from sdgan_tf.algorithms.registry import (
    build_algorithm,
    count_identities,
    settle,
)
from sdgan_tf.config import Config, with_model_defaults
from sdgan_tf.explorer.drawing import Artist
from sdgan_tf.explorer.state import GridState
from sdgan_tf.exporting.saved_model import write_signatures
from sdgan_tf.exporting.signatures import ServedGenerator
from sdgan_tf.generators import Generator
from sdgan_tf.training.precision import resolve_precision
from sdgan_tf.training.steps import compile_steps
from sdgan_tf.training.strategy import make_workers

PEAK_SIDE = 4096
DATA_IDENTITIES, DATA_IMAGES = 512, 8
DATA_BATCHES = 1000
SERVING_BATCH = 64


def peak_gflops(dtype: str, repeats: int = 5) -> float:
    """The best of `repeats` square matrix products, in GFLOP/s."""
    matrix = tf.cast(tf.random.normal([PEAK_SIDE, PEAK_SIDE]), dtype)

    @tf.function
    def product(x):
        return tf.reduce_sum(tf.cast(tf.matmul(x, x)[:1], tf.float32))

    float(product(matrix))
    best = min(_timed(lambda: float(product(matrix))) for _ in range(repeats))
    return 2 * PEAK_SIDE**3 / best / 1e9


def _timed(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def peak_memory_gb() -> float:
    """The largest resident memory of this process so far, in 1e9 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes of 1024 bytes, macOS bytes.
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def write_noise(folder: str, image_size: int) -> DataSet:
    """Writes a data set of noise, encoded as `build_records` does."""
    rng = np.random.default_rng(0)
    path = records.shard_path(folder, "train", 0, 1)
    names = [str(n) for n in range(DATA_IDENTITIES)]
    with tf.io.TFRecordWriter(path) as writer:
        for name in names:
            for observation in range(DATA_IMAGES):
                pixels = rng.integers(
                    0, 256, [image_size, image_size, 3], dtype=np.uint8
                )
                png = pictures.to_png(Image.fromarray(pixels))
                writer.write(records.example(png, name, str(observation), {}))
    records.write_index(
        records.index_path(path), names, [DATA_IMAGES] * len(names)
    )
    return DataSet(folder, image_size, 1, "noise", ())


def data_rate(
    tuples: IdentityTuples, batch_size: int, cache_bytes: float
) -> float:
    """Tuples a second, read as training does but without its step."""
    iterator = iter(tuples.batches(batch_size, cache_bytes=cache_bytes))

    @tf.function
    def read(n):
        for _ in tf.range(n):
            next(iterator)

    read(tf.constant(1))
    seconds = _timed(lambda: read(tf.constant(DATA_BATCHES)))
    return DATA_BATCHES * batch_size / seconds


def serving_rate(generator: Generator, repeats: int = 10) -> dict:
    """What a SavedModel of the generator does, and the model it came from.

    The two take turns, so that a load from elsewhere meets both.

    Args:
        generator: What is exported.
        repeats: Timed calls; the fastest counts.

    Returns:
        Images a second and the share of the compiled model's time, in batches
        of `SERVING_BATCH`, and milliseconds of a single image.
    """
    signature = ServedGenerator(generator).signatures()
    name = "serving_default"
    with tempfile.TemporaryDirectory() as folder:
        write_signatures({name: signature[name]}, folder)
        # Held by name: a function of a SavedModel that is gone is gone too.
        saved_model = tf.saved_model.load(folder)
    served = saved_model.signatures[name]
    network = tf.function(lambda z: generator.network(z, training=False))
    z_i, z_o = generator.latents.codes(0, SERVING_BATCH, SERVING_BATCH)
    z = tf.concat([z_i, z_o], axis=1)
    calls = (
        lambda: served(z_i=z_i, z_o=z_o)["images"].numpy(),
        lambda: network(z).numpy(),
        lambda: served(z_i=z_i[:1], z_o=z_o[:1])["images"].numpy(),
    )
    for call in calls:
        call()
    times = [[_timed(call) for call in calls] for _ in range(repeats)]
    of_saved_model, of_network, of_one = np.min(times, axis=0)
    return {
        "saved_model_images_per_second": SERVING_BATCH / of_saved_model,
        "saved_model_milliseconds_batch_1": 1e3 * of_one,
        "saved_model_time_share_of_keras": of_saved_model / of_network,
    }


def explorer_clicks(generator: Generator, repeats: int = 10) -> dict:
    """How long `--mode=explore` draws after a click, without the browser.

    Args:
        generator: What is explored, in the usual grid of 6 x 8.
        repeats: Timed clicks; the fastest counts.

    Returns:
        Milliseconds of a row's, a column's and of the whole grid's pictures.
    """
    artist, state = Artist(generator), GridState.fresh(0, 6, 8)
    known = artist.cells(state.cells(), {})
    clicked = {
        "row": state.resample("rows", 0),
        "column": state.resample("columns", 0),
        "grid": state.resample_unlocked(),
    }

    def click(name):
        artist.cells(clicked[name].cells(), known)

    return {
        f"explorer_{name}_milliseconds": 1e3
        * min(_timed(lambda name=name: click(name)) for _ in range(repeats))
        for name in clicked
    }


def bench(config: Config) -> None:
    """Prints one JSON line: the step, the peak, the data, the export."""
    experiment = count_identities(
        settle(
            with_model_defaults(config.experiment, config.named), config.named
        ),
        config.experiment.known_identities or DATA_IDENTITIES,
    )
    strategy = make_workers(config.training).strategy
    b, side = experiment.batch_size, experiment.image_size
    noise = tf.random.stateless_uniform(
        [b, experiment.k, side, side, 3], [0, 0], 0, 256, tf.int32
    )
    batch = {
        "images": tf.cast(noise, tf.uint8),
        "row": tf.zeros([b], tf.int64),
    }
    experiment = resolve_precision(experiment, batch)
    keras.utils.set_random_seed(experiment.seed)
    with strategy.scope():
        algorithm = build_algorithm(experiment)
    step = tf.Variable(0, dtype=tf.int64)
    data = tf.data.Dataset.from_tensors(batch).repeat()
    iterator = iter(
        strategy.experimental_distribute_dataset(
            data.unbatch().batch(b, drop_remainder=True)
        )
    )
    train_steps = compile_steps(
        strategy,
        algorithm,
        experiment.seed,
        step,
        config.training.jit_compile,
    )

    def run(n):
        values = train_steps(iterator, tf.constant(n))
        return float(values["loss/generator"])

    run(1)
    seconds = min(
        _timed(lambda: run(1)) for _ in range(config.benchmark.bench_steps)
    )
    # Before the products and the data, which have their own.
    memory_gb = peak_memory_gb()
    precision = "bfloat16" if "bfloat16" in experiment.precision else "float32"
    peak = peak_gflops(precision)
    gflop = algorithm.step_flops(b) / 1e9
    with tempfile.TemporaryDirectory() as folder:
        tuples = IdentityTuples.open(
            write_noise(folder, side), "train", experiment.k, experiment.seed
        )
        memory = data_rate(tuples, b, cache_bytes=8e9)
        streaming = data_rate(tuples, b, cache_bytes=0)
    generator = Generator(
        algorithm.generator, algorithm.latents, algorithm.pixels, step=0
    )
    result = {
        "model": experiment.model,
        "precision": experiment.precision,
        "fingerprint": experiment.fingerprint(),
        "seconds_per_step": seconds,
        "pairs_per_second": b / seconds,
        "peak_memory_gb": memory_gb,
        "gflop_per_step": gflop,
        "peak_gflops": peak,
        "peak_share": gflop / seconds / peak,
        "data_pairs_per_second_memory": memory,
        "data_pairs_per_second_streaming": streaming,
        **serving_rate(generator),
        **explorer_clicks(generator),
    }
    print(json.dumps(result))
