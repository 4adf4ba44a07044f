"""Records: photographs with what is known of them, as `tf.train.Example`s."""

import json

import tensorflow as tf

from data_pipeline.records import pictures, splits

# Of a stored PNG: its head, a checksum of the rows, one of the chunk, the end.
PNG_FRAME_BYTES = pictures.PNG_HEAD_BYTES + 4 + 4 + 12

FEATURES = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "identity": tf.io.FixedLenFeature([], tf.string),
    "identity_hash": tf.io.FixedLenFeature([], tf.int64),
    "observation": tf.io.FixedLenFeature([], tf.string),
    "labels": tf.io.FixedLenFeature([], tf.string),
}


def example(
    image: bytes, identity: str, observation: str, labels: dict[str, str]
) -> bytes:
    """One serialised record; `image` is a PNG."""

    def bytes_feature(value: bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    hashed = tf.train.Int64List(value=[splits.identity_hash(identity)])
    features = {
        "image": bytes_feature(image),
        "identity": bytes_feature(identity.encode("utf-8")),
        "identity_hash": tf.train.Feature(int64_list=hashed),
        "observation": bytes_feature(observation.encode("utf-8")),
        "labels": bytes_feature(json.dumps(labels, sort_keys=True).encode()),
    }
    # Else each process has an order of its own, and each build its own id.
    return tf.train.Example(
        features=tf.train.Features(feature=features)
    ).SerializeToString(deterministic=True)


def decode(serialised, n: int | None, side: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Serialised records `[n]` to images and identity hashes.

    The rows of a PNG that `pictures.to_png` wrote lie in it as they are, and
    are copied. Any other PNG is decoded. The PNG's own checksums are not
    looked at where the rows are copied: the record has one too.

    Args:
        serialised: Strings `[n]`.
        n: Their number, None where the graph does not know it.
        side: Of the pictures in pixels.

    Returns:
        uint8 `[n, side, side, 3]` and int64 `[n]`.
    """
    parsed = tf.io.parse_example(
        serialised,
        {name: FEATURES[name] for name in ("image", "identity_hash")},
    )
    pngs = tf.ensure_shape(parsed["image"], [n])
    head, row = pictures.png_head(side), 1 + 3 * side
    stored = tf.reduce_all(
        (tf.strings.length(pngs) == side * row + PNG_FRAME_BYTES)
        & (tf.strings.substr(pngs, 0, len(head)) == head)
    )

    def copy_rows():
        data = tf.strings.substr(pngs, len(head), side * row)
        return tf.reshape(tf.io.decode_raw(data, tf.uint8), [-1, side, row])

    def decode_png(png):
        image = tf.io.decode_png(png, channels=3)
        fits = tf.debugging.assert_equal(
            tf.shape(image),
            [side, side, 3],
            "The shards do not hold what the manifest says: a picture is of "
            "another size. Build the data set again.",
        )
        with tf.control_dependencies([fits]):
            return tf.ensure_shape(image, [side, side, 3])

    def decode_pngs():
        return tf.map_fn(
            decode_png,
            pngs,
            fn_output_signature=tf.TensorSpec([side, side, 3], tf.uint8),
        )

    # The first byte of a row says how it is filtered, 0 for not at all.
    rows = tf.cond(stored, copy_rows, lambda: tf.ones([1, side, row], tf.uint8))
    images = tf.cond(
        tf.reduce_all(rows[..., 0] == 0),
        lambda: tf.reshape(rows[..., 1:], [-1, side, side, 3]),
        decode_pngs,
    )
    return (
        tf.ensure_shape(images, [n, side, side, 3]),
        tf.ensure_shape(parsed["identity_hash"], [n]),
    )
