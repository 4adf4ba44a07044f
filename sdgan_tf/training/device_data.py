"""Photographs that lie on the devices that train, and are looked up there."""

import numpy as np
import tensorflow as tf


class DevicePhotographs:
    """All photographs of a split, on the device of each replica.

    A batch that comes from the host then is positions only.

    Args:
        strategy: Over which replicas.
        images: uint8 `[images, h, w, 3]`, h * w a multiple of 4.
    """

    def __init__(self, strategy: tf.distribute.Strategy, images: np.ndarray):
        self._shape = images.shape[1:]
        # TensorFlow gathers no uint8 on a GPU: four of them at a time, as the
        # bits of a float32.
        rows = images.reshape(len(images), -1).view(np.float32)
        with strategy.scope():
            self._rows = tf.Variable(rows, trainable=False)

    def look_up(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """A replica's batch with the "images" at its "positions" `[b, k]`."""
        positions = batch["positions"]
        pixels = tf.bitcast(tf.gather(self._rows, positions), tf.uint8)
        shape = [*positions.shape, *self._shape]
        return {**batch, "images": tf.reshape(pixels, shape)}
