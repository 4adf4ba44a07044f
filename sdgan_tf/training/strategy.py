"""Replicas: all GPUs of this machine, or logical CPUs."""

import tensorflow as tf

from sdgan_tf.config import Training


def make_strategy(options: Training) -> tf.distribute.Strategy:
    """Makes the strategy; call it before any other TensorFlow call."""
    if options.logical_cpus:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu,
            [tf.config.LogicalDeviceConfiguration()] * options.logical_cpus,
        )
        devices = [f"CPU:{n}" for n in range(options.logical_cpus)]
    else:
        gpus = tf.config.list_logical_devices("GPU")
        devices = [gpu.name for gpu in gpus] or ["CPU:0"]
    return tf.distribute.MirroredStrategy(devices)
