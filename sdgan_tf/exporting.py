"""`--mode=export`: a trained generator for servers and other runtimes.

RUN/export/
  MODEL/STEP/            a SavedModel for TensorFlow Serving
  models.config          tensorflow_model_server --model_config_file
  batching.config        ... --enable_batching --batching_parameters_file
  MODEL-STEP.onnx        codes to images, for onnxruntime
  MODEL-STEP/            weights, in a folder that is taken like a run
  MODEL-STEP-web/        a page that draws in the browser, by onnxruntime-web
"""

import logging
import os
import time

import keras
import numpy as np
import tensorflow as tf

from sdgan_tf.algorithms.base import Signature
from sdgan_tf.algorithms.registry import algorithm_class, build_algorithm
from sdgan_tf.checkpoints import PATTERN
from sdgan_tf.config import Config
from sdgan_tf.runs import Run, TrainedGenerator, load_networks
from sdgan_tf.web import page
from sdgan_tf.web.runtime import runtime_files

# What one request may ask for: 2 GB of feature maps at 64x64 and dim 64.
MAX_IMAGES = 4096
WARM_UP = ("assets.extra", "tf_serving_warmup_requests")
# Where the export's folder lies for the server, as the README mounts it.
SERVER_ROOT = "/models"
ONNX_OPSET = 17
MAX_BATCH_SIZE = 64
BATCHING = f"""\
# For an export by --signatures=batchable: a server that joins requests along
# their first dimension refuses scalars and would mix the grids of two clients.
max_batch_size {{ value: {MAX_BATCH_SIZE} }}
batch_timeout_micros {{ value: 2000 }}
max_enqueued_batches {{ value: 100 }}
""" + "".join(
    f"allowed_batch_sizes: {2**n}\n" for n in range(MAX_BATCH_SIZE.bit_length())
)


def limited(rows, columns=1):
    """A context for what must not start for more than `MAX_IMAGES` images."""
    count = tf.cast(rows, tf.int64) * tf.cast(columns, tf.int64)
    limit = tf.debugging.assert_less_equal(
        count,
        tf.constant(MAX_IMAGES, tf.int64),
        f"One request may ask for {MAX_IMAGES} images at most.",
    )
    return tf.control_dependencies([limit])


def finite(*codes):
    """A context for what must not start for codes that are not finite."""
    checks = [
        tf.debugging.Assert(
            tf.reduce_all(tf.math.is_finite(z)),
            ["Codes must be finite numbers."],
        )
        for z in codes
    ]
    return tf.control_dependencies(checks)


class ServedGenerator:
    """The functions of an export, in TensorFlow operations only.

    Args:
        generator: What is exported.
    """

    def __init__(self, generator: TrainedGenerator):
        self.network = generator.network
        self.latents = generator.latents
        self.pixels = generator.pixels

    def draw(self, z) -> tf.Tensor:
        """Images `[n, h, w, c]` of codes `[n, d_z]`, clipped to [-1, 1]."""
        return tf.clip_by_value(self.network(z, training=False), -1.0, 1.0)

    def images(self, z_i, z_o):
        """Codes `[n, d_i]`, `[n, d_o]` to `images` `[n, h, w, c]`."""
        with limited(tf.shape(z_i)[0]), finite(z_i, z_o):
            z = tf.concat([z_i, z_o], axis=1)
        return {"images": self.draw(z)}

    def png(self, z_i, z_o):
        """Codes to PNG files `[n]`.

        TensorFlow Serving's REST writes an output as base64 only if its name
        ends in `_bytes`.
        """
        pixels = self.pixels.to_pixels(self.images(z_i, z_o)["images"])
        return {"image_bytes": tf.io.encode_png(pixels)}

    def grid(self, z_i, z_o):
        """Each of `a` z_i with each of `b` z_o: `images` `[a, b, h, w, c]`."""
        a, b = tf.shape(z_i)[0], tf.shape(z_o)[0]
        with limited(a, b), finite(z_i, z_o):
            z = self.latents.grid(z_i, z_o)
        images = self.draw(z)
        return {"images": tf.reshape(images, [a, b, *images.shape[1:]])}

    def sample(self, seed, num_identities, num_observations):
        """The grid of `--mode=sample` by the same seed, with its codes."""
        with limited(num_identities, num_observations):
            z_i, z_o = self.latents.codes(
                seed, num_identities, num_observations
            )
        return {**self.grid(z_i, z_o), "z_i": z_i, "z_o": z_o}

    def interpolate(self, z_i, z_o, steps):
        """Straight lines between two codes, `[steps, steps, h, w, c]`.

        z_i changes from row to row and z_o from column to column.

        Source: paper, appendix: z_i and z_o are interpolated separately.
        """
        with limited(steps, steps), finite(z_i, z_o):
            first, second = tf.unstack(tf.concat([z_i, z_o], axis=1))
            z = self.latents.between(first, second, steps, steps)
        images = self.draw(z)
        return {"images": tf.reshape(images, [steps, steps, *images.shape[1:]])}

    def signatures(self) -> dict[str, Signature]:
        """All of the above by their names in the SavedModel."""

        def codes(n):
            return (
                tf.TensorSpec([n, self.latents.d_i], tf.float32, "z_i"),
                tf.TensorSpec([n, self.latents.d_o], tf.float32, "z_o"),
            )

        def count(name):
            return tf.TensorSpec([], tf.int32, name)

        return {
            "serving_default": Signature(self.images, codes(None), True),
            "png": Signature(self.png, codes(None), True),
            "grid": Signature(self.grid, codes(None)),
            "sample": Signature(
                self.sample,
                (
                    tf.TensorSpec([], tf.int64, "seed"),
                    count("num_identities"),
                    count("num_observations"),
                ),
            ),
            "interpolate": Signature(
                self.interpolate, (*codes(2), count("steps"))
            ),
        }


def run_signatures(run: Run, generator: TrainedGenerator) -> dict:
    """Signatures of a run's generator and of what was trained beside it.

    Args:
        run: The run folder.
        generator: Its generator.

    Returns:
        `Signature`s by name.
    """
    experiment = run.experiment()
    signatures = {
        **ServedGenerator(generator).signatures(),
        **algorithm_class(experiment).generator_signatures(
            generator.network, generator.latents
        ),
    }
    if run.has_checkpoint():
        algorithm = build_algorithm(experiment)
        load_networks(run, algorithm.networks)
        signatures |= algorithm.signatures()
    return signatures


def example(signature: Signature) -> dict[str, np.ndarray]:
    """The smallest inputs by name: zeros, one row; numbers are 2."""
    return {
        spec.name: np.full(
            [size or 1 for size in spec.shape],
            0 if spec.shape.rank else 2,
            spec.dtype.as_numpy_dtype,
        )
        for spec in signature.inputs
    }


def write_signatures(signatures: dict[str, Signature], folder: str) -> None:
    """Writes a SavedModel and nothing beside it."""
    archive = keras.export.ExportArchive()
    for key, signature in signatures.items():
        archive.add_endpoint(
            key, signature.function, input_signature=list(signature.inputs)
        )
    archive.write_out(folder, verbose=False)


def write_saved_model(
    signatures: dict[str, Signature], name: str, folder: str
) -> None:
    """Writes a SavedModel whose signatures run once when a server loads it.

    Args:
        signatures: What it answers.
        name: The model's name on the server.
        folder: A version's folder; one that is there is replaced, whole.

    Raises:
        ValueError: If the protocol buffers of TensorFlow Serving are missing.
    """
    predict_pb2, prediction_log_pb2 = _serving_protos()
    parent, version = os.path.split(folder)
    # A server takes each folder whose name is a number, complete or not.
    unfinished = os.path.join(parent, f"unfinished-{version}")
    if tf.io.gfile.exists(unfinished):
        tf.io.gfile.rmtree(unfinished)
    write_signatures(signatures, unfinished)
    warm_up = os.path.join(unfinished, *WARM_UP)
    tf.io.gfile.makedirs(os.path.dirname(warm_up))
    with tf.io.TFRecordWriter(warm_up) as writer:
        for key, signature in signatures.items():
            request = predict_pb2.PredictRequest()
            request.model_spec.name = name
            request.model_spec.signature_name = key
            for field, value in example(signature).items():
                request.inputs[field].CopyFrom(tf.make_tensor_proto(value))
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())

    if tf.io.gfile.exists(folder):
        tf.io.gfile.rmtree(folder)
    tf.io.gfile.rename(unfinished, folder)


def _serving_protos():
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError as error:
        raise ValueError(
            "--format=saved_model needs tensorflow-serving-api: "
            f"pip install -r requirements-serving.txt ({error})"
        ) from error
    return predict_pb2, prediction_log_pb2


def _folders(folder: str) -> list[str]:
    """Names of the folders in a folder, sorted; whatever it is called."""
    names = (name.rstrip("/") for name in tf.io.gfile.listdir(folder))
    return sorted(
        name for name in names if tf.io.gfile.isdir(os.path.join(folder, name))
    )


def _versions(folder: str, model: str) -> list[str]:
    """The versions of a model that a server would load."""
    return [
        version
        for version in _folders(os.path.join(folder, model))
        if version[0].isdigit()
        and tf.io.gfile.exists(
            os.path.join(folder, model, version, "saved_model.pb")
        )
    ]


def write_server_files(folder: str) -> None:
    """Writes `models.config`, of all models in `folder`, and batching's."""
    names = [name for name in _folders(folder) if _versions(folder, name)]
    models = "".join(
        f'  config {{\n    name: "{name}"\n'
        f'    base_path: "{SERVER_ROOT}/{name}"\n'
        '    model_platform: "tensorflow"\n  }\n'
        for name in names
    )
    for file_name, text in (
        ("models.config", f"model_config_list {{\n{models}}}\n"),
        ("batching.config", BATCHING),
    ):
        with tf.io.gfile.GFile(os.path.join(folder, file_name), "w") as file:
            file.write(text)


def write_onnx(generator: TrainedGenerator, path: str) -> None:
    """Writes `serving_default` as an ONNX model.

    Raises:
        ValueError: If tf2onnx is missing.
    """
    try:
        import tf2onnx
    except ImportError as error:
        raise ValueError(
            "An ONNX model needs tf2onnx: "
            f"pip install -r requirements-serving.txt ({error})"
        ) from error
    signature = ServedGenerator(generator).signatures()["serving_default"]
    model, _ = tf2onnx.convert.from_function(
        tf.function(signature.function, autograph=False),
        input_signature=signature.inputs,
        opset=ONNX_OPSET,
    )
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(model.SerializeToString())


def write_web(
    generator: TrainedGenerator, name: str, folder: str, runtime_dir: str = ""
) -> None:
    """Writes a page that shows the generator, for any web server.

    Args:
        generator: What is shown.
        name: The model's name on the page.
        folder: Where the page goes.
        runtime_dir: Folder with onnxruntime-web; by default npm packs it.

    Raises:
        FileNotFoundError: If `runtime_dir` lacks a file.
        ValueError: If tf2onnx or onnxruntime-web cannot be had.
    """
    runtime = runtime_files(runtime_dir)
    tf.io.gfile.makedirs(folder)
    write_onnx(generator, os.path.join(folder, page.MODEL))
    page.write_page(generator, name, runtime, folder)


def export(config: Config) -> None:
    """Writes what `--format` asks for; prints where it is.

    Raises:
        ValueError: If --run_dir or an optional package is missing.
        FileNotFoundError: If the run folder has no generator.
    """
    if not config.run_dir:
        raise ValueError("--run_dir is missing: the folder of a trained run.")
    # TensorFlow tells of each file that it writes.
    tf.get_logger().setLevel(logging.WARNING)
    started = time.perf_counter()
    run = Run(config.run_dir)
    # onnxruntime has no convolutions in bfloat16.
    by_onnx = config.exporting.format in ("onnx", "web")
    generator = run.generator("float32" if by_onnx else None)
    name, step = run.experiment().model, generator.step
    folder = config.sampling.output_dir or run.path("export")
    tf.io.gfile.makedirs(folder)
    path = os.path.join(folder, f"{name}-{step}")
    what = config.exporting.format
    if config.exporting.format == "onnx":
        path += ".onnx"
        write_onnx(generator, path)
    elif config.exporting.format == "web":
        path += "-web"
        write_web(generator, name, path, config.exporting.onnxruntime_web_dir)
    elif config.exporting.format == "weights":
        exported = Run(path)
        exported.write_generator(
            generator.network, run.experiment(), generator.step
        )
        run.copy_identities(exported)
    else:
        path = os.path.join(folder, name, str(step))
        signatures = run_signatures(run, generator)
        if config.exporting.signatures == "batchable":
            signatures = {n: s for n, s in signatures.items() if s.batchable}
        write_saved_model(signatures, name, path)
        write_server_files(folder)
        what += f" ({', '.join(signatures)})"
    seconds = time.perf_counter() - started
    print(f"{what} of step {step} in {seconds:.1f} s: {path}")
    if what.startswith("saved_model") and PATTERN.search(path):
        print(
            "TensorFlow loads no SavedModel from a path with *, ?, [, ] or "
            "\\ in it: mount or copy the folder under another name."
        )
