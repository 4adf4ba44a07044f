"""ONNX models: codes to images, for onnxruntime."""

import json

import tensorflow as tf

from sdgan_tf.exporting.signatures import ServedGenerator
from sdgan_tf.generators import Generator

ONNX_OPSET = 17
# The axes of inputs and outputs by their names; those of images are NHWC.
CODE_AXES = ("batch", "code")
IMAGE_AXES = ("batch", "height", "width", "channels")


def write_onnx(
    generator: Generator, path: str, model: str = "", data: str = ""
) -> None:
    """Writes `serving_default` as an ONNX model that describes itself.

    Its axes have names, and its metadata are those of `metadata`.

    Args:
        generator: What is exported.
        path: The file.
        model: The system that it is, for the metadata.
        data: The data that it was trained on, for the metadata.

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
    exported, _ = tf2onnx.convert.from_function(
        tf.function(signature.function, autograph=False),
        input_signature=signature.inputs,
        opset=ONNX_OPSET,
    )
    for value in exported.graph.input:
        _name_axes(value, CODE_AXES)
    for value in exported.graph.output:
        _name_axes(value, IMAGE_AXES)
    for key, text in metadata(generator, model, data).items():
        exported.metadata_props.add(key=key, value=text)
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(exported.SerializeToString())


def metadata(
    generator: Generator, model: str = "", data: str = ""
) -> dict[str, str]:
    """Describes a generator to someone who has the ONNX file alone.

    Returns:
        Texts by name: the sizes and the range of the codes, the range of the
        images and how they become 8-bit pixels; `model` and `data` where
        they are known.
    """
    pixels = generator.pixels
    to_pixels = f"clip((x + 1) / {pixels.scale!r}, 0, 255)"
    to_pixels = f"{'round' if pixels.nearest else 'floor'}({to_pixels})"
    known = {"model": model, "data": data}
    return {
        "step": str(generator.step),
        "d_i": str(generator.latents.d_i),
        "d_o": str(generator.latents.d_o),
        "code_range": json.dumps([-1, 1]),
        "image_size": str(generator.image_size),
        "pixel_range": json.dumps([-1, 1]),
        "to_uint8": to_pixels,
        **{name: text for name, text in known.items() if text},
    }


def _name_axes(value, names: tuple[str, ...]) -> None:
    """Names the axes of a `ValueInfoProto`, sizes that are known included."""
    axes = value.type.tensor_type.shape.dim
    for axis, name in zip(axes, names, strict=True):
        axis.denotation = name
        if not axis.dim_value:
            axis.dim_param = name
