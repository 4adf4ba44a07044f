"""SavedModels for TensorFlow Serving, and the files that its server reads."""

import os

import keras
import tensorflow as tf

from sdgan_tf.algorithms.served_functions import Signature
from sdgan_tf.exporting.signatures import example

WARM_UP = ("assets.extra", "tf_serving_warmup_requests")
# Where the export's folder lies for the server, as docs/serving.md mounts it.
SERVER_ROOT = "/models"
MAX_BATCH_SIZE = 64
BATCHING = f"""\
# For an export of the batchable signatures: a server that joins requests along
# their first dimension refuses scalars and would mix the grids of two clients.
max_batch_size {{ value: {MAX_BATCH_SIZE} }}
batch_timeout_micros {{ value: 2000 }}
max_enqueued_batches {{ value: 100 }}
""" + "".join(
    f"allowed_batch_sizes: {2**n}\n" for n in range(MAX_BATCH_SIZE.bit_length())
)


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
        signatures: Its functions by name.
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


def _serving_protos() -> tuple:
    try:
        from tensorflow_serving.apis import predict_pb2, prediction_log_pb2
    except ImportError as error:
        raise ValueError(
            "A SavedModel needs tensorflow-serving-api: "
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
