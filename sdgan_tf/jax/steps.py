"""Many steps of a system in one compiled call."""

import functools

import jax
import jax.numpy as jnp

from sdgan_tf.jax.system import System
from sdgan_tf.jax.tuples import tuple_sampler


def compile_steps(system: System, photographs, rows):
    """Makes `steps(state, first, count)`: `count` steps in one compiled call.

    It returns the state after them and the scalars of the last one.

    Args:
        system: What is trained.
        photographs: uint8 `[photographs, h, w, 3]`.
        rows: The identity of each, integers `[photographs]`.
    """
    experiment = system.experiment
    sample = tuple_sampler(rows, experiment.k)
    n = experiment.batch_size
    root = jax.random.key(experiment.seed)
    photographs, rows = jnp.array(photographs), jnp.array(rows)

    def step(number, state, photographs):
        of_data, of_step = jax.random.split(jax.random.fold_in(root, number))
        places = sample(of_data, n)
        real = system.pixels.to_float(photographs[places])
        numbers = system.sample_numbers(of_step, n)
        return system.step(state, real, {**numbers, "row": rows[places[:, 0]]})

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
