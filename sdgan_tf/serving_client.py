"""Asks a server for pictures of an exported generator, and writes them.

    python -m sdgan_tf.serving_client --address=localhost:8500 \
        --signature=sample --output_dir=served
    python -m sdgan_tf.serving_client --address=http://localhost:8501 \
        --signature=png --codes=samples.npz --output_dir=served

An address with http:// or https:// is asked by REST, others by gRPC. It needs
requirements-serving.txt.
"""

import base64
import contextlib
import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from absl import app, flags
from PIL import Image
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from data_pipeline import startup
from data_pipeline.local_paths import local_path
from sdgan_tf.algorithms.registry import SYSTEMS, algorithm_class
from sdgan_tf.codes import read_codes
from sdgan_tf.config import Experiment
from sdgan_tf.images import contact_sheet, encode_png
from sdgan_tf.latents import LatentSpace
from sdgan_tf.pixels import PixelMapping

# Requests whose tensors have a row for each picture: REST's row form.
ROW_SIGNATURES = ("serving_default", "png", "reconstruct")
SIGNATURES = (*ROW_SIGNATURES, "grid", "sample", "interpolate")


class GRPCServer:
    """A server that speaks TensorFlow Serving's gRPC.

    Args:
        address: `host:port`.
        name: The model's name there.
        timeout_seconds: Longest wait for an answer.
    """

    def __init__(self, address: str, name: str, timeout_seconds: float):
        self.address, self.name = address, name
        self.timeout_seconds = timeout_seconds
        # 64 images of 64x64 pass gRPC's limit of 4 MB.
        unlimited = [("grpc.max_receive_message_length", -1)]
        self.stub = prediction_service_pb2_grpc.PredictionServiceStub(
            grpc.insecure_channel(address, unlimited)
        )

    def predict(self, signature: str, inputs: dict) -> dict[str, np.ndarray]:
        """Outputs of a signature by name.

        Raises:
            OSError: If there is no answer but an error.
        """
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.name
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        response = self._call(self.stub.Predict, request)
        return {n: tf.make_ndarray(v) for n, v in response.outputs.items()}

    def code_sizes(self) -> tuple[int, int]:
        """d_i and d_o of the model."""
        request = get_model_metadata_pb2.GetModelMetadataRequest()
        request.model_spec.name = self.name
        request.metadata_field.append("signature_def")
        response = self._call(self.stub.GetModelMetadata, request)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(signatures)
        inputs = signatures.signature_def["serving_default"].inputs
        return tuple(
            inputs[name].tensor_shape.dim[1].size for name in ("z_i", "z_o")
        )

    def _call(self, method, request):
        try:
            return method(request, timeout=self.timeout_seconds)
        except grpc.RpcError as error:
            raise OSError(
                f"{self.address} answers {error.code().name}: {error.details()}"
            ) from error


class RESTServer:
    """A server that speaks TensorFlow Serving's REST.

    Args:
        address: `http://host:port`.
        name: The model's name there.
        timeout_seconds: Longest wait for an answer.
    """

    def __init__(self, address: str, name: str, timeout_seconds: float):
        self.url = f"{address.rstrip('/')}/v1/models/{name}"
        self.timeout_seconds = timeout_seconds

    def predict(self, signature: str, inputs: dict) -> dict[str, np.ndarray]:
        """Outputs of a signature by name; PNG files are bytes.

        Raises:
            OSError: If there is no answer but an error.
        """
        columns = {n: np.asarray(v).tolist() for n, v in inputs.items()}
        body: dict[str, Any] = {"signature_name": signature}
        if signature in ROW_SIGNATURES:
            body["instances"] = [
                dict(zip(columns, row, strict=True))
                for row in zip(*columns.values(), strict=True)
            ]
            rows = self._call(":predict", body)["predictions"]
            if isinstance(rows[0], dict) and "b64" not in rows[0]:
                outputs = {n: [row[n] for row in rows] for n in rows[0]}
            else:
                outputs = rows
        else:
            body["inputs"] = columns
            outputs = self._call(":predict", body)["outputs"]
        if not isinstance(outputs, dict):
            # A single output comes without its name.
            name = "image_bytes" if signature == "png" else "images"
            outputs = {name: outputs}
        return {name: _array(value) for name, value in outputs.items()}

    def code_sizes(self) -> tuple[int, int]:
        """d_i and d_o of the model."""
        metadata = self._call("/metadata")["metadata"]["signature_def"]
        inputs = metadata["signature_def"]["serving_default"]["inputs"]
        d_i, d_o = (
            int(inputs[name]["tensor_shape"]["dim"][1]["size"])
            for name in ("z_i", "z_o")
        )
        return d_i, d_o

    def _call(self, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(
                request, timeout=self.timeout_seconds
            ) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            # A body that is not this protocol's is shown as it is.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                text = json.loads(text)["error"]
            raise OSError(f"{self.url} answers {error.code}: {text}") from error
        except urllib.error.URLError as error:
            raise OSError(
                f"{self.url} does not answer: {error.reason}"
            ) from error


def _array(value) -> np.ndarray:
    if isinstance(value[0], dict):
        files = [base64.b64decode(item["b64"]) for item in value]
        return np.array(files, dtype=object)
    return np.array(value, "float32")


def read_tuple(paths: list[str], pixels: PixelMapping) -> np.ndarray:
    """Pictures of one size as one image tuple `[1, k, h, w, 3]`.

    Raises:
        OSError: If one cannot be read.
        ValueError: If their sizes differ.
    """
    pictures = [np.asarray(Image.open(p).convert("RGB")) for p in paths]
    if len({picture.shape for picture in pictures}) != 1:
        raise ValueError(
            "`pictures` must be files of one size. "
            f"Received: {[picture.shape for picture in pictures]}"
        )
    return pixels.to_float(np.stack(pictures)[None]).numpy()


def make_inputs(server, flag, pixels: PixelMapping) -> dict:
    """A request's tensors by name, as the flags say."""
    if flag.signature == "sample":
        return {
            "seed": np.int64(flag.seed),
            "num_identities": np.int32(flag.num_identities),
            "num_observations": np.int32(flag.num_observations),
        }
    if flag.signature == "reconstruct":
        paths = [local_path("pictures", path) for path in flag.pictures]
        return {"pair": read_tuple(paths, pixels)}
    if flag.codes:
        z_i, z_o = read_codes(local_path("codes", flag.codes), None)
    else:
        latents = LatentSpace(*server.code_sizes())
        a, b = flag.num_identities, flag.num_observations
        if flag.signature == "interpolate":
            a = b = 2
        z_i, z_o = sample_codes(server, flag, latents, a, b)
        if flag.signature in ROW_SIGNATURES:
            z = latents.grid(z_i, z_o).numpy()
            z_i, z_o = z[:, : latents.d_i], z[:, latents.d_i :]
    if flag.signature == "interpolate":
        steps = np.int32(flag.steps)
        return {"z_i": z_i[:2], "z_o": z_o[:2], "steps": steps}
    return {"z_i": z_i, "z_o": z_o}


def sample_codes(server, flag, latents: LatentSpace, a: int, b: int) -> tuple:
    """z_i `[a, d_i]` and z_o `[b, d_o]` of the seed.

    A model with a table of identities has their codes: the server is asked.
    """
    if not SYSTEMS[flag.model].knows_identities:
        return tuple(z.numpy() for z in latents.codes(flag.seed, a, b))
    counts = {"num_identities": np.int32(a), "num_observations": np.int32(b)}
    sampled = server.predict("sample", {"seed": np.int64(flag.seed), **counts})
    return sampled["z_i"], sampled["z_o"]


def write_pictures(
    outputs: dict, pixels: PixelMapping, folder: str
) -> list[str]:
    """Writes the answer of a server; returns the paths.

    Images `[a, b, h, w, 3]` become one sheet, others a file each.
    """
    if "image_bytes" in outputs:
        files = list(outputs["image_bytes"])
    else:
        images = pixels.to_uint8(outputs["images"])
        if images.ndim == 5:
            _, columns, *shape = images.shape
            sheet = contact_sheet(images.reshape(-1, *shape), columns)
            images = sheet[None]
        files = [encode_png(image) for image in images]
    tf.io.gfile.makedirs(folder)
    paths = [os.path.join(folder, f"{n:05d}.png") for n in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        with tf.io.gfile.GFile(path, "wb") as file:
            file.write(data)
    return paths


def _define_flags() -> None:
    flags.DEFINE_string("address", "localhost:8500", "Address of the server.")
    flags.DEFINE_string("model", "sd_dcgan", "The model that was trained.")
    flags.DEFINE_string(
        "served_as", "", "Name of the model on the server. Default: --model."
    )
    flags.DEFINE_enum("signature", "sample", SIGNATURES, "Signature to call.")
    flags.DEFINE_string("output_dir", "served", "Folder for the pictures.")
    flags.DEFINE_integer("seed", 0, "Seed of the codes.", lower_bound=0)
    flags.DEFINE_integer(
        "num_identities", 4, "Number of subjects.", lower_bound=1
    )
    flags.DEFINE_integer(
        "num_observations", 4, "Pictures of each subject.", lower_bound=1
    )
    flags.DEFINE_integer(
        "steps", 8, "Steps of an interpolation.", lower_bound=1
    )
    flags.DEFINE_string("codes", "", "npz with z_i and z_o, instead of a seed.")
    flags.DEFINE_list(
        "pictures", [], "Files of one tuple, for the signature `reconstruct`."
    )
    flags.DEFINE_float(
        "timeout_seconds",
        60.0,
        "Longest time to wait for an answer.",
        lower_bound=0,
    )


def main(argv: list[str]) -> None:
    """Asks once, as the flags say; prints what was written."""
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    flag = flags.FLAGS
    try:
        pixels = algorithm_class(Experiment(model=flag.model)).pixels
        rest = flag.address.startswith(("http://", "https://"))
        server = (RESTServer if rest else GRPCServer)(
            flag.address, flag.served_as or flag.model, flag.timeout_seconds
        )
        outputs = server.predict(
            flag.signature, make_inputs(server, flag, pixels)
        )
        folder = local_path("output_dir", flag.output_dir)
        paths = write_pictures(outputs, pixels, folder)
    except (ValueError, OSError, tf.errors.OpError) as error:
        sys.exit(f"serving_client: {error}")
    print(f"{len(paths)} files, the first: {paths[0]}")


if __name__ == "__main__":
    _define_flags()
    with startup.interruptible("serving_client:"):
        app.run(main)
