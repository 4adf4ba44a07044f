"""A network and its optimizer as pure functions of their state."""

import dataclasses

import jax.numpy as jnp
import keras


@dataclasses.dataclass(frozen=True)
class StatelessNetwork:
    """A network and its optimizer as functions of their state.

    The state is a dict of lists of arrays: `trainable` and `fixed` weights,
    and the `optimizer`'s.
    """

    network: keras.Model
    optimizer: keras.optimizers.Optimizer

    def state(self) -> dict:
        self.optimizer.build(self.network.trainable_variables)
        groups = {
            "trainable": self.network.trainable_variables,
            "fixed": self.network.non_trainable_variables,
            "optimizer": self.optimizer.variables,
        }
        # Copies: what is donated to a compiled function is gone.
        return {
            name: [jnp.array(variable.value) for variable in group]
            for name, group in groups.items()
        }

    def call(self, trainable, state, x, **options):
        """Outputs, and what `fixed` has become."""
        network = self.network
        held = [*network.trainable_variables, *network.non_trainable_variables]
        values = zip(held, [*trainable, *state["fixed"]], strict=True)
        # Not `stateless_call`, which would not tell the layers of `training`.
        with keras.StatelessScope(state_mapping=values) as scope:
            y = network(x, **options)
        return y, [
            scope.get_current_value(variable)
            for variable in network.non_trainable_variables
        ]

    def moved(self, state: dict, gradients, fixed) -> dict:
        """The state after one update."""
        trainable, optimizer = self.optimizer.stateless_apply(
            state["optimizer"], gradients, state["trainable"]
        )
        return {"trainable": trainable, "fixed": fixed, "optimizer": optimizer}
