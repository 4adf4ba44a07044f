"""Times the steps of a system beside the peak of a matrix product."""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from sdgan_tf.jax.system import System

PEAK_SIDE = 8192
STEPS_AT_ONCE = 100


def timed(call, repeats: int) -> float:
    """Times calls, and waits for their arrays.

    Returns:
        Seconds of the fastest one.
    """
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        jax.block_until_ready(call())
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def peak_gflops(precision: str) -> float:
    """Measures the best of several large matrix products, in GFLOP/s."""
    dtype = "bfloat16" if "bfloat16" in precision else "float32"
    side = PEAK_SIDE if jax.default_backend() == "gpu" else PEAK_SIDE // 8
    x = jax.random.normal(jax.random.key(0), [side, side], dtype)
    product = jax.jit(jnp.matmul)
    product(x, x)
    return 2 * side**3 / timed(lambda: product(x, x), 20) / 1e9


def measure(system: System, steps: Callable, repeats: int) -> dict:
    """Measures the seconds of a step and its fraction of the peak.

    Args:
        system: What is trained.
        steps: Those of `compile_steps`.
        repeats: Calls of `STEPS_AT_ONCE` steps, of which the fastest counts.
    """
    state, _ = steps(system.state(), 0, STEPS_AT_ONCE)
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        state, values = steps(state, 0, STEPS_AT_ONCE)
        jax.block_until_ready(values)
        seconds.append((time.perf_counter() - started) / STEPS_AT_ONCE)
    experiment = system.experiment
    gflop = experiment.batch_size * system.step_flops() / 1e9
    peak = peak_gflops(experiment.precision)
    return {
        "device": jax.devices()[0].device_kind,
        "model": experiment.model,
        "precision": experiment.precision,
        "batch_size": experiment.batch_size,
        "seconds_per_step": min(seconds),
        "gflop_per_step": gflop,
        "peak_gflops": peak,
        "peak_share": gflop / min(seconds) / peak,
    }
