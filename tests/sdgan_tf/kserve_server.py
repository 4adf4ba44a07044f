"""A KServe server over a SavedModel: `kserve_server.py FOLDER NAME PORT`.

KServe brings the HTTP server, the routes and the error bodies; the model below
answers as TensorFlow Serving's REST does.
"""

import base64
import os
import sys

import kserve
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from kserve.errors import InvalidInput
from kserve.model_server import app
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis.get_model_metadata_pb2 import SignatureDefMap

FOLDER, NAME, PORT = sys.argv[1:]


def json_value(name: str, value: np.ndarray):
    if name.endswith("_bytes"):
        return [{"b64": base64.b64encode(x).decode()} for x in value]
    return value.tolist()


class SavedModel(kserve.Model):
    def load(self) -> bool:
        self.served = tf.saved_model.load(FOLDER)
        self.ready = True
        return self.ready

    def predict(self, payload, headers=None):
        key = payload.get("signature_name", "serving_default")
        if key not in self.served.signatures:
            raise InvalidInput(f'Serving signature name: "{key}" not found')
        function = self.served.signatures[key]
        specs = function.structured_input_signature[1]
        by_row = "instances" in payload
        columns = payload.get("inputs")
        if by_row:
            rows = payload["instances"]
            columns = {n: [row.get(n) for row in rows] for n in specs}
        try:
            outputs = function(
                **{
                    name: tf.constant(columns[name], spec.dtype)
                    for name, spec in specs.items()
                }
            )
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise InvalidInput(str(error)) from error
        values = {n: json_value(n, v.numpy()) for n, v in outputs.items()}
        only = next(iter(values.values())) if len(values) == 1 else None
        if not by_row:
            return {"outputs": values if only is None else only}
        rows = zip(*values.values(), strict=True)
        named = [dict(zip(values, row, strict=True)) for row in rows]
        return {"predictions": named if only is None else only}


def metadata(name: str):
    """The route that TensorFlow Serving has and KServe has not."""
    with open(os.path.join(FOLDER, "saved_model.pb"), "rb") as file:
        saved = saved_model_pb2.SavedModel.FromString(file.read())
    signatures = SignatureDefMap(
        signature_def=saved.meta_graphs[0].signature_def
    )
    shown = json_format.MessageToDict(
        signatures, preserving_proto_field_name=True
    )
    return {"model_spec": {"name": name}, "metadata": {"signature_def": shown}}


app.add_api_route("/v1/models/{name}/metadata", metadata, methods=["GET"])
model = SavedModel(NAME)
model.load()
kserve.ModelServer(http_port=int(PORT), enable_grpc=False).start([model])
