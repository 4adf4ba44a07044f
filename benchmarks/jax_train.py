"""Trains on a GPU by Keras' JAX backend, where there is no TensorFlow.

    python -m benchmarks.pack_photographs --data_dir=data/faces \\
        --output=photographs.npz
    KERAS_BACKEND=jax python -m benchmarks.jax_train --flagfile=faces.flags \\
        --photographs=photographs.npz --run_dir=runs/jax --train_steps=50000

The networks, losses, augmentation and optimizers are those of `sdgan_tf`; the
loop and its random numbers are JAX's, one replica, all photographs and many
steps on the device at a time. It takes `sd_dcgan`, `sd_began` and
`sd_projected` and the flags of `main.py` that concern them. The run folder gets
`generator.weights.h5` and `card.json`, which every mode of `main.py` takes, and
`stats.jsonl`; it cannot be resumed.

With `--mode=bench` it only measures: a JSON line with the seconds of a step
and its share of the peak of a matrix product in the same precision.
"""

import dataclasses
import functools
import json
import pathlib
import time

import jax
import jax.numpy as jnp
import keras
import numpy as np
from absl import app, flags

from benchmarks.jax_systems import SYSTEMS, System
from sdgan_tf.commands import flags as sdgan_flags
from sdgan_tf.commands import legacy
from sdgan_tf.config import with_model_defaults

PHOTOGRAPHS = flags.DEFINE_string(
    "photographs", None, "What `pack_photographs` wrote."
)
STEPS_AT_ONCE = 100  # Between two looks at the losses.
PEAK_SIDE = 8192


def drawer(rows, k: int):
    """A function of (key, n) to positions `[n, k]` of photographs.

    Identities are uniform, those with fewer than k photographs left out; the
    photographs of a tuple are distinct.

    Args:
        rows: The identity of each photograph, int `[photographs]`.
        k: Photographs in a tuple.
    """
    counts = np.bincount(rows)
    held = np.arange(counts.max()) < counts[:, None]
    table = np.full(held.shape, -1)
    table[held] = np.argsort(rows, kind="stable")
    table = jnp.array(table[counts >= k])

    def draw(key, n):
        of_identity, of_photographs = jax.random.split(key)
        mine = table[jax.random.randint(of_identity, [n], 0, len(table))]
        order = jax.random.uniform(of_photographs, mine.shape)
        _, places = jax.lax.top_k(jnp.where(mine < 0, -1.0, order), k)
        return jnp.take_along_axis(mine, places, axis=1)

    return draw


def compile_steps(system: System, photographs, rows):
    """`(state, first step, steps)` to the state after them and losses."""
    experiment = system.experiment
    draw = drawer(rows, experiment.k)
    n = experiment.batch_size
    root = jax.random.key(experiment.seed)
    photographs, rows = jnp.array(photographs), jnp.array(rows)

    def step(number, state, photographs):
        of_data, of_step = jax.random.split(jax.random.fold_in(root, number))
        places = draw(of_data, n)
        real = system.pixels.to_float(photographs[places])
        drawn = {**system.draw(of_step, n), "row": rows[places[:, 0]]}
        return system.step(state, real, drawn)

    @functools.partial(jax.jit, donate_argnums=0)
    def steps(state, first, count, photographs):
        state = jax.lax.fori_loop(
            first,
            first + count - 1,
            lambda number, state: step(number, state, photographs)[0],
            state,
        )
        return step(first + count - 1, state, photographs)

    return lambda state, first, count: steps(state, first, count, photographs)


def write_generator(system: System, state: dict, folder, step: int) -> None:
    """Writes what `sdgan_tf.runs.Run` takes for a generator."""
    generator, network = state["generator"], system.g.network
    trainable = state.get("average", generator["trainable"])
    variables = [*network.trainable_variables, *network.non_trainable_variables]
    for variable, value in zip(
        variables, [*trainable, *generator["fixed"]], strict=True
    ):
        variable.assign(value)
    system.finish(network)
    # Whole or not at all: who copies the folder meanwhile finds the last one.
    part = folder / "part.weights.h5"
    network.save_weights(part)
    part.replace(folder / "generator.weights.h5")
    card = {
        "experiment": dataclasses.asdict(system.experiment),
        "step": step,
        "dtype": "float32",
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n")


def timed(call, repeats: int) -> float:
    """Seconds of the fastest call; its arrays are waited for."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        jax.block_until_ready(call())
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def peak_gflops(precision: str) -> float:
    """The best of several large matrix products, in GFLOP/s."""
    dtype = "bfloat16" if "bfloat16" in precision else "float32"
    side = PEAK_SIDE if jax.default_backend() == "gpu" else PEAK_SIDE // 8
    x = jax.random.normal(jax.random.key(0), [side, side], dtype)
    product = jax.jit(jnp.matmul)
    product(x, x)
    return 2 * side**3 / timed(lambda: product(x, x), 20) / 1e9


def measure(system: System, steps, state, repeats: int) -> None:
    """Prints what a step takes."""
    state, _ = steps(state, 0, STEPS_AT_ONCE)
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        state, values = steps(state, 0, STEPS_AT_ONCE)
        jax.block_until_ready(values)
        seconds.append((time.perf_counter() - started) / STEPS_AT_ONCE)
    experiment = system.experiment
    gflop = experiment.batch_size * system.step_flops() / 1e9
    peak = peak_gflops(experiment.precision)
    result = {
        "device": jax.devices()[0].device_kind,
        "model": experiment.model,
        "precision": experiment.precision,
        "batch_size": experiment.batch_size,
        "seconds_per_step": min(seconds),
        "gflop_per_step": gflop,
        "peak_gflops": peak,
        "peak_share": gflop / min(seconds) / peak,
    }
    print(json.dumps(result), flush=True)


def train(system: System, steps, state, training, folder) -> None:
    """Trains and writes the generator now and then, and at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    done, started, written = 0, time.perf_counter(), 0
    with open(folder / "stats.jsonl", "a") as stats:
        while done < training.train_steps:
            count = min(
                training.log_interval_steps, training.train_steps - done
            )
            state, values = steps(state, done, count)
            done += count
            line = {name: float(value) for name, value in values.items()}
            seconds = time.perf_counter() - started
            line = {"step": done, "seconds": seconds, **line}
            print(json.dumps(line), file=stats, flush=True)
            if not np.isfinite(list(line.values())).all():
                raise FloatingPointError(f"A loss is not finite: {line}")
            if (
                done - written >= training.save_interval_steps
                or done == training.train_steps
            ):
                write_generator(system, state, folder, done)
                written = done


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    if keras.backend.backend() != "jax":
        raise app.UsageError("The environment must hold KERAS_BACKEND=jax.")
    config = legacy.whole()
    experiment = with_model_defaults(config.experiment, config.named)
    if experiment.model not in SYSTEMS:
        raise app.UsageError(
            f"--model must be one of {sorted(SYSTEMS)}. "
            f"Received: {experiment.model}"
        )
    keras.utils.set_random_seed(experiment.seed)
    with np.load(PHOTOGRAPHS.value, allow_pickle=False) as held:
        photographs, rows = held["images"], held["rows"]
    system = SYSTEMS[experiment.model](experiment)
    steps = compile_steps(system, photographs, rows)
    state = system.state()
    if config.mode == "bench":
        measure(system, steps, state, config.benchmark.bench_steps)
        return
    folder = pathlib.Path(config.run_dir)
    train(system, steps, state, config.training, folder)


if __name__ == "__main__":
    sdgan_flags.define()
    flags.mark_flag_as_required("photographs")
    app.run(main, flags_parser=sdgan_flags.parse)
