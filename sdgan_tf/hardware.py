"""Capabilities of this machine's processor and GPUs."""

import pathlib
import re

import tensorflow as tf

CPUINFO = pathlib.Path("/proc/cpuinfo")
CPU_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
GPU_CAPABILITY = (8, 0)  # NVIDIA's Ampere.


def has_bfloat16() -> bool:
    """Whether the device that computes multiplies bfloat16 in hardware."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = map(tf.config.experimental.get_device_details, gpus)
        return all(
            d.get("compute_capability", (0, 0)) >= GPU_CAPABILITY
            for d in details
        )
    try:
        text = CPUINFO.read_text()
    except OSError:
        return False  # Not Linux: there is no such list.
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return bool(flags and CPU_FLAGS & set(flags[1].split()))
