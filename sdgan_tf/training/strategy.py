"""Replicas: all GPUs of this machine, logical CPUs, or several workers."""

import json
import os

import tensorflow as tf

from sdgan_tf.config import Training


def make_strategy(options: Training) -> tf.distribute.Strategy:
    """Makes the strategy; call it before any other TensorFlow call.

    Raises:
        ValueError: If the options contradict each other or TF_CONFIG.
    """
    if options.strategy == "multi_worker" and options.logical_cpus:
        raise ValueError(
            "--logical_cpus goes with --strategy=mirrored only. "
            f"Received: logical_cpus={options.logical_cpus}"
        )
    if options.logical_cpus:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu,
            [tf.config.LogicalDeviceConfiguration()] * options.logical_cpus,
        )
    if options.strategy == "multi_worker":
        if not json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster"):
            raise ValueError(
                "--strategy=multi_worker needs the workers' addresses in the "
                "environment variable TF_CONFIG."
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    if options.logical_cpus:
        devices = [f"CPU:{n}" for n in range(options.logical_cpus)]
    else:
        gpus = tf.config.list_logical_devices("GPU")
        devices = [gpu.name for gpu in gpus] or ["CPU:0"]
    return tf.distribute.MirroredStrategy(devices)
