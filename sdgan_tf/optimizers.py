"""Optimizers and schedules with the reference's constants, TensorFlow 1's.

They work under any backend of Keras; TensorFlow's has a kernel for Adam.
"""

import keras
from keras import ops


def slots(
    optimizer: keras.optimizers.Optimizer, name: str
) -> list[keras.Variable]:
    """Lists an optimizer's slots of one name, in the order of its weights.

    Args:
        optimizer: A built one.
        name: As Keras' optimizer calls them, such as "momentum".
    """
    return [v for v in optimizer.variables if v.path.endswith(f"_{name}")]


class HalvingSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that halves every so many steps, down to a floor.

    Args:
        initial: The first learning rate.
        halving_steps: Steps between two halvings.
        floor: No learning rate is lower.

    Source: the reference's SD-BEGAN.
    """

    def __init__(self, initial: float, halving_steps: int, floor: float):
        self.initial = initial
        self.halving_steps = halving_steps
        self.floor = floor

    def __call__(self, step):
        halvings = ops.cast(step // self.halving_steps, "float32")
        return ops.maximum(self.initial * ops.power(0.5, halvings), self.floor)

    def get_config(self):
        return {
            "initial": self.initial,
            "halving_steps": self.halving_steps,
            "floor": self.floor,
        }


class Adam(keras.optimizers.Adam):
    """Adam with TensorFlow 1's epsilon (Keras' default is 1e-7).

    Under TensorFlow a weight is moved by one operation, which passes its
    memory once; Keras' own update takes twelve.
    """

    def __init__(
        self,
        learning_rate,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        **kwargs,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momentums = slots(self, "momentum")
        self.velocities = slots(self, "velocity")

    def update_step(self, gradient, variable, learning_rate):
        if keras.backend.backend() != "tensorflow" or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf  # Here: other backends do without.

        dtype = variable.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        # Private by its name only: Keras documents it for subclasses.
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self.momentums[index].value.handle,
            v=self.velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.cast(self.beta_1, dtype),
            beta2=tf.cast(self.beta_2, dtype),
            epsilon=tf.cast(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )


class TF1RMSprop(keras.optimizers.RMSprop):
    """RMSProp with TensorFlow 1's constants.

    The mean square starts at 1 (Keras: 0), so the first steps are small
    instead of large, which matters for the tiny gradients of a clipped WGAN.
    """

    def __init__(self, learning_rate: float, **kwargs):
        super().__init__(learning_rate, rho=0.9, epsilon=1e-10, **kwargs)

    def build(self, variables):
        super().build(variables)
        for slot in slots(self, "velocity"):
            slot.assign(ops.ones(slot.shape, slot.dtype))
