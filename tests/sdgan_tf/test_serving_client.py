"""The client against real servers: gRPC's own, and KServe for REST."""

import importlib.util
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import types
import urllib.error
import urllib.request
from concurrent import futures

import grpc
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.protobuf import saved_model_pb2

pytest.importorskip(
    "tensorflow_serving", reason="pip install -r requirements-serving.txt"
)
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from sdgan_tf import serving_client
from sdgan_tf.images import contact_sheet
from sdgan_tf.pixels import DCGAN_PIXELS
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parent.parent.parent


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """TensorFlow Serving's service over one SavedModel."""

    def __init__(self, folder: str):
        self.signatures = tf.saved_model.load(folder).signatures
        with open(os.path.join(folder, "saved_model.pb"), "rb") as file:
            saved = saved_model_pb2.SavedModel.FromString(file.read())
        self.signature_def = saved.meta_graphs[0].signature_def

    def Predict(self, request, context):
        self._check(request.model_spec, context)
        name = request.model_spec.signature_name
        if name not in self.signatures:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"no {name!r}")
        inputs = {
            field: tf.constant(tf.make_ndarray(value))
            for field, value in request.inputs.items()
        }
        try:
            outputs = self.signatures[name](**inputs)
        except tf.errors.OpError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error.message))
        response = predict_pb2.PredictResponse()
        for field, value in outputs.items():
            response.outputs[field].CopyFrom(tf.make_tensor_proto(value))
        return response

    def GetModelMetadata(self, request, context):
        self._check(request.model_spec, context)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.metadata["signature_def"].Pack(
            get_model_metadata_pb2.SignatureDefMap(
                signature_def=self.signature_def
            )
        )
        return response

    def _check(self, spec, context):
        if spec.name != "sd_dcgan":
            context.abort(grpc.StatusCode.NOT_FOUND, f"no model {spec.name!r}")


@pytest.fixture(scope="module")
def folder(exported_run):
    return Run(exported_run).path("export", "sd_dcgan", "6")


@pytest.fixture(scope="module")
def generator(exported_run):
    return Run(exported_run).generator()


@pytest.fixture(scope="module")
def grpc_address(folder):
    server = grpc.server(futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(folder), server
    )
    port = server.add_insecure_port("localhost:0")
    server.start()
    yield f"localhost:{port}"
    server.stop(None)


@pytest.fixture(scope="module")
def rest_address(folder, tmp_path_factory):
    if importlib.util.find_spec("kserve") is None:
        pytest.skip("no kserve: pip install -r requirements-dev.txt")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    script = pathlib.Path(__file__).with_name("kserve_server.py")
    log = tmp_path_factory.mktemp("kserve") / "log"
    with open(log, "w") as file:
        process = subprocess.Popen(
            [sys.executable, script, folder, "sd_dcgan", str(port)],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    address = f"http://localhost:{port}"
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/v1/models/sd_dcgan"):
                break
        except urllib.error.URLError:
            time.sleep(0.2)
    yield address
    process.kill()
    process.wait()


@pytest.fixture(params=["grpc", "rest"])
def server(request):
    address = request.getfixturevalue(f"{request.param}_address")
    return {
        "grpc": serving_client.GRPCServer,
        "rest": serving_client.RESTServer,
    }[request.param](address, "sd_dcgan", 60)


def flag(signature: str, **changes):
    defaults = {
        "signature": signature,
        "model": "sd_dcgan",
        "seed": 3,
        "num_identities": 2,
        "num_observations": 3,
        "steps": 3,
        "codes": "",
        "pictures": [],
    }
    return types.SimpleNamespace(**(defaults | changes))


def ask(server, signature, **changes):
    inputs = serving_client.make_inputs(
        server, flag(signature, **changes), DCGAN_PIXELS
    )
    return server.predict(signature, inputs)


def close(actual, wanted):
    np.testing.assert_allclose(actual, wanted, rtol=0, atol=1e-5)


def test_sizes_of_the_codes(server):
    assert server.code_sizes() == (6, 5)


def test_all_signatures_by_seed(server, generator):
    latents = generator.latents
    z_i, z_o = latents.codes(3, 2, 3)
    images = generator(latents.grid(z_i, z_o)).numpy()
    close(ask(server, "serving_default")["images"], images)
    grid = images.reshape(2, 3, 32, 32, 3)
    close(ask(server, "grid")["images"], grid)
    sample = ask(server, "sample")
    close(sample["images"], grid)
    close(sample["z_i"], z_i)
    close(sample["z_o"], z_o)
    lines = ask(server, "interpolate")["images"]
    assert lines.shape == (3, 3, 32, 32, 3)
    z_i, z_o = latents.codes(3, 2, 2)
    close(lines[[0, 0, 2, 2], [0, 2, 0, 2]], generator(latents.grid(z_i, z_o)))


def test_png_files_are_the_model_s(server, generator, tmp_path):
    outputs = ask(server, "png")
    paths = serving_client.write_pictures(outputs, DCGAN_PIXELS, str(tmp_path))
    assert [os.path.basename(p) for p in paths[::5]] == [
        "00000.png",
        "00005.png",
    ]
    latents = generator.latents
    wanted = generator(latents.grid(*latents.codes(3, 2, 3)))
    # A batch of another size may round a pixel to the next level.
    difference = np.int32(generator.pixels.to_uint8(wanted)) - np.stack(
        [np.int32(Image.open(path)) for path in paths]
    )
    assert np.abs(difference).max() <= 1 and (difference == 0).mean() > 0.99


def test_a_large_answer_is_whole(grpc_address):
    # 500 images of 32x32 are 6 MB, more than gRPC's usual 4.
    server = serving_client.GRPCServer(grpc_address, "sd_dcgan", 60)
    images = ask(server, "sample", num_identities=50, num_observations=10)
    assert images["images"].shape == (50, 10, 32, 32, 3)


def test_codes_of_a_file(server, generator, tmp_path):
    z = np.random.default_rng(1).uniform(-1, 1, [3, 11]).astype("float32")
    path = str(tmp_path / "codes.npz")
    np.savez(path, z_i=z[:, :6], z_o=z[:, 6:])
    images = ask(server, "serving_default", codes=path)["images"]
    close(images, generator(z))


@pytest.mark.parametrize(
    "arrays", [None, {"z_i": np.zeros([2, 6])}, {"z_i": [1.0], "z_o": [1.0]}]
)
def test_bad_codes_of_a_file(tmp_path, arrays):
    path = tmp_path / "codes.npz"
    if arrays is None:
        path.write_bytes(b"PK no zip")
    else:
        np.savez(path, **arrays)
    asked = flag("png", codes=str(path))
    with pytest.raises(ValueError, match="`codes` must .*codes.npz"):
        serving_client.make_inputs(None, asked, DCGAN_PIXELS)


def test_known_identities_are_asked_of_the_server():
    class Asked:
        def code_sizes(self):
            return 3, 2

        def predict(self, signature, inputs):
            assert signature == "sample" and inputs["seed"] == 4
            a, b = inputs["num_identities"], inputs["num_observations"]
            return {"z_i": np.full([a, 3], 7.0), "z_o": np.full([b, 2], 8.0)}

    options = {"num_identities": 2, "num_observations": 5, "seed": 4}
    known = flag("grid", model="ac_dcgan", codes="", **options)
    inputs = serving_client.make_inputs(Asked(), known, DCGAN_PIXELS)
    assert (inputs["z_i"] == 7).all() and inputs["z_i"].shape == (2, 3)
    assert (inputs["z_o"] == 8).all() and inputs["z_o"].shape == (5, 2)


def test_grids_are_written_as_one_sheet(tmp_path):
    levels = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1, 1)
    levels = np.broadcast_to(levels, [2, 3, 4, 4, 3])
    images = DCGAN_PIXELS.to_float(levels)
    (path,) = serving_client.write_pictures(
        {"images": images}, DCGAN_PIXELS, str(tmp_path)
    )
    np.testing.assert_array_equal(
        np.asarray(Image.open(path)),
        contact_sheet(levels.reshape(6, 4, 4, 3), columns=3),
    )


def test_a_tuple_of_pictures(tmp_path):
    paths = [str(tmp_path / f"{n}.png") for n in range(2)]
    for n, path in enumerate(paths):
        Image.new("RGB", (4, 4), (n * 64,) * 3).save(path)
    pair = serving_client.make_inputs(
        None, flag("reconstruct", pictures=paths), DCGAN_PIXELS
    )["pair"]
    assert pair.shape == (1, 2, 4, 4, 3)
    assert pair[0, :, 0, 0, 0].tolist() == [-1.0, -0.5]
    Image.new("RGB", (5, 4)).save(paths[1])
    with pytest.raises(ValueError, match="files of one size"):
        serving_client.read_tuple(paths, DCGAN_PIXELS)


def test_errors_of_the_server_are_told(server):
    with pytest.raises(OSError, match="(INVALID_ARGUMENT|400)"):
        server.predict("embed", {"identity": np.zeros([1], "int32")})
    with pytest.raises(OSError, match="4096 images"):
        ask(server, "interpolate", steps=1000)
    absent = type(server)(
        getattr(server, "address", None) or server.url.split("/v1")[0],
        "nobody",
        60,
    )
    with pytest.raises(OSError, match="(NOT_FOUND|404).*nobody"):
        ask(absent, "sample")


def test_rest_rows_and_error_bodies(rest_address):
    """The request that the README sends by curl."""

    def post(body):
        request = urllib.request.Request(
            f"{rest_address}/v1/models/sd_dcgan:predict",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    row = {"z_i": [0.0] * 6, "z_o": [0.5] * 5}
    status, answer = post({"instances": [row, row]})
    assert status == 200
    assert np.shape(answer["predictions"]) == (2, 32, 32, 3)
    status, answer = post({"signature_name": "png", "instances": [row]})
    assert status == 200 and list(answer["predictions"][0]) == ["b64"]
    status, answer = post({"instances": [{"z_i": [0.0], "z_o": [0.5] * 5}]})
    assert status == 400 and list(answer) == ["error"]


def test_command(grpc_address, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sdgan_tf.serving_client",
            f"--address={grpc_address}",
            f"--output_dir={tmp_path / 'served'}",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (file,) = os.listdir(tmp_path / "served")
    assert Image.open(tmp_path / "served" / file).size == (4 * 32, 4 * 32)


def test_nobody_answers():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    rest = serving_client.RESTServer(f"http://localhost:{port}", "m", 5)
    with pytest.raises(OSError, match="does not answer: .*refused"):
        rest.code_sizes()
    other = serving_client.GRPCServer(f"localhost:{port}", "m", 5)
    with pytest.raises(OSError, match="UNAVAILABLE|DEADLINE"):
        other.code_sizes()


def test_ctrl_c_while_a_server_is_silent_is_one_line():
    with socket.create_server(("localhost", 0)) as silent:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sdgan_tf.serving_client",
                f"--address=http://localhost:{silent.getsockname()[1]}",
            ],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
            # Shells start what runs in the background without it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        silent.settimeout(60)
        asked, _ = silent.accept()
        with asked:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "serving_client: interrupted\n" in said
    assert "Traceback" not in said
