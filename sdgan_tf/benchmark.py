"""How near a training step comes to what the machine can do."""

import os
import tempfile
import time
from collections.abc import Collection

import numpy as np
import tensorflow as tf
from PIL import Image

from data_pipeline import records
from data_pipeline.records import DataSet, pictures
from data_pipeline.tuples.identity_tuples import IdentityTuples
from data_pipeline.tuples.source import TupleSource
from sdgan_tf.allocator import peak_memory_gb
from sdgan_tf.config import Experiment
from sdgan_tf.explorer.drawing import Artist
from sdgan_tf.exporting.saved_model import write_signatures
from sdgan_tf.exporting.signatures import ServedGenerator
from sdgan_tf.generators import Generator
from sdgan_tf.runs import Run
from sdgan_tf.training.resuming import resolve
from sdgan_tf.training.setup import SetUp, set_up
from sdgan_tf.training.steps import compile_steps
from sdgan_tf.training.strategy import Workers

PEAK_SIDE = 4096
DATA_IDENTITIES, DATA_IMAGES = 512, 8
DATA_TOTAL = DATA_IDENTITIES * DATA_IMAGES
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


def write_noise(
    folder: str, image_size: int, num_identities: int, num_images: int
) -> DataSet:
    """Writes a data set of noise, encoded as `build_records` does.

    Args:
        folder: Where to; it is there.
        image_size: Side in pixels.
        num_identities: Identities in the split train.
        num_images: Images of each.
    """
    rng = np.random.default_rng(0)
    path = records.shard_path(folder, "train", 0, 1)
    names = [str(n) for n in range(num_identities)]
    with tf.io.TFRecordWriter(path) as writer:
        for name in names:
            for observation in range(num_images):
                pixels = rng.integers(
                    0, 256, [image_size, image_size, 3], dtype=np.uint8
                )
                png = pictures.to_png(Image.fromarray(pixels))
                writer.write(records.example(png, name, str(observation), {}))
    records.write_index(
        records.index_path(path), names, [num_images] * len(names)
    )
    return DataSet(folder, image_size, 1, "noise", ())


def data_rate(
    tuples: TupleSource, batch_size: int, cache_bytes: float
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
    """Times a SavedModel of the generator, and the model it came from.

    The two take turns, so that a load from elsewhere meets both.

    Args:
        generator: What is exported.
        repeats: Timed calls; the fastest counts.

    Returns:
        Images a second and the fraction of the compiled model's time, in
        batches of `SERVING_BATCH`, and milliseconds of a single image.
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
    """Times what the explorer draws after a click, without the browser.

    Args:
        generator: What is explored, in the usual grid of 6 x 8.
        repeats: Timed clicks; the fastest counts.

    Returns:
        Milliseconds of a row's, a column's and of the whole grid's pictures.
    """
    artist = Artist(generator)
    # The pictures that are new after a click in the usual grid.
    counts = {"row": 8, "column": 6, "grid": 48}
    key = tf.constant([0, 0])
    clicked = {
        name: generator.latents.tuples(key, count, 1)[:, 0]
        for name, count in counts.items()
    }
    return {
        f"explorer_{name}_milliseconds": 1e3
        * min(_timed(lambda z=z: artist.pictures(z)) for _ in range(repeats))
        for name, z in clicked.items()
    }


def step_seconds(setup: SetUp, repeats: int, jit_compile: bool) -> float:
    """Seconds of the fastest training step on a batch that is at hand."""
    strategy, experiment = setup.workers.strategy, setup.experiment
    b, side = experiment.batch_size, experiment.image_size
    noise = tf.random.stateless_uniform(
        [b, experiment.k, side, side, 3], [0, 0], 0, 256, tf.int32
    )
    batch = {
        "images": tf.cast(noise, tf.uint8),
        "row": tf.zeros([b], tf.int64),
    }
    data = tf.data.Dataset.from_tensors(batch).repeat().unbatch()
    iterator = iter(
        strategy.experimental_distribute_dataset(
            data.batch(b, drop_remainder=True)
        )
    )
    train_steps = compile_steps(
        strategy,
        setup.algorithm,
        experiment.seed,
        setup.state.step,
        jit_compile,
    )

    def step():
        float(train_steps(iterator, tf.constant(1))["loss/generator"])

    step()
    return min(_timed(step) for _ in range(repeats))


def bench(
    experiment: Experiment,
    workers: Workers,
    named: Collection[str] = (),
    repeats: int = 5,
    jit_compile: bool = False,
) -> dict:
    """Measures the step, the peak, the data, the export and the explorer.

    Args:
        experiment: What would be trained.
        workers: Who would train it.
        named: Fields of it that are asked for on purpose.
        repeats: Timed training steps; the fastest counts.
        jit_compile: Whether XLA compiles the step.
    """
    _, experiment = resolve("", experiment, named)
    identities = experiment.known_identities or DATA_IDENTITIES
    images = max(experiment.k, min(DATA_IMAGES, DATA_TOTAL // identities))
    with tempfile.TemporaryDirectory() as folder:
        data = write_noise(folder, experiment.image_size, identities, images)
        tuples = IdentityTuples.open(
            data, "train", experiment.k, experiment.seed
        )
        run = Run(os.path.join(folder, "run"))
        with set_up(experiment, workers, data, tuples, run) as setup:
            return _measure(setup, repeats, jit_compile)


def _measure(setup: SetUp, repeats: int, jit_compile: bool) -> dict:
    experiment, algorithm = setup.experiment, setup.algorithm
    b = experiment.batch_size
    seconds = step_seconds(setup, repeats, jit_compile)
    # Before the products and the data, which have their own.
    memory_gb = peak_memory_gb()
    precision = "bfloat16" if "bfloat16" in experiment.precision else "float32"
    peak = peak_gflops(precision)
    gflop = algorithm.step_flops(b) / 1e9
    generator = Generator(
        algorithm.generator, algorithm.latents, algorithm.pixels, step=0
    )
    return {
        "model": experiment.model,
        "precision": experiment.precision,
        "fingerprint": experiment.fingerprint(),
        "seconds_per_step": seconds,
        "pairs_per_second": b / seconds,
        "peak_memory_gb": memory_gb,
        "gflop_per_step": gflop,
        "peak_gflops": peak,
        "peak_share": gflop / seconds / peak,
        "data_pairs_per_second_memory": data_rate(setup.tuples, b, 8e9),
        "data_pairs_per_second_streaming": data_rate(setup.tuples, b, 0),
        **serving_rate(generator),
        **explorer_clicks(generator),
    }
