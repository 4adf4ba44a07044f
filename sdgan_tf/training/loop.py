"""The loop: compiled steps, and actions between them.

It knows nothing of the model: steps give scalars by name, and all that is done
with a training on its way is an action.
"""

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence

from sdgan_tf.training.actions import Action
from sdgan_tf.training.strategy import Workers
from sdgan_tf.training.training_state import Diverged, TrainingState

# A signal is answered between two calls of the compiled steps.
SECONDS_PER_CALL = 2.0


class StopSignal:
    """SIGTERM and SIGINT, noted instead of ending the process.

    Attributes:
        name: The signal that came, "" before.
    """

    def __init__(self):
        self.name = ""

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Notes signals within a `with`."""
        handlers = {
            number: signal.signal(number, self._note)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame) -> None:
        del frame
        self.name = signal.Signals(number).name


def take_steps(
    steps: Callable[[int], dict[str, float]],
    train_steps: int,
    state: TrainingState,
    actions: Sequence[Action],
    workers: Workers,
    signals: StopSignal,
) -> str:
    """Takes steps until so many are done or a signal comes.

    Args:
        steps: Trains a number of steps; returns the means of their scalars.
        train_steps: Steps of the whole training.
        state: Its step says how many are done.
        actions: What is done between steps, in this order; at the end in the
            opposite one, so that what is saved is saved before it is shown.
        workers: Who else takes the same steps.
        signals: Notes a signal to stop.

    Returns:
        The signal that stopped it before the end; "" if none did.

    Raises:
        Diverged: If a scalar is no longer finite.
    """
    step, per_call, stopped = state.steps_done, 1, False
    for action in actions:
        action.begin(step)
    while step < train_steps and not stopped:
        ahead = (action.steps_until(step) for action in actions)
        n = int(min(per_call, train_steps - step, *ahead))
        started = time.monotonic()
        values = steps(n)
        seconds = time.monotonic() - started
        step += n
        _check_finite(step, values, state)
        for action in actions:
            action.stepped(step, values, n, seconds)
        for action in actions:
            if action.is_due(step):
                action.act(step)
        seconds, told = workers.agree(seconds, float(bool(signals.name)))
        stopped = told > 0
        # How steps are grouped into calls changes no number.
        per_call = max(1, int(SECONDS_PER_CALL / seconds * n))
    for action in reversed(actions):
        action.end(step)
    return (signals.name or "a signal to another worker") if stopped else ""


def _check_finite(
    step: int, values: dict[str, float], state: TrainingState
) -> None:
    for name, value in values.items():
        if not math.isfinite(value):
            raise Diverged(
                f"`{name}` is not finite at step {step}. The last good "
                f"checkpoint: {state.last_checkpoint}."
            )
