"""Actions between steps, each at its own interval."""

from sdgan_tf.progress import Progress
from sdgan_tf.training.samples import Samples
from sdgan_tf.training.scoring import Scoring
from sdgan_tf.training.strategy import Workers
from sdgan_tf.training.summaries import Meter, Summaries
from sdgan_tf.training.training_state import Collapsed, TrainingState

NIGHT_SECONDS = 10 * 3600


class Action:
    """Something that a training does every so many steps.

    All workers do all actions at the same steps, so that one may wait for
    what the others say.

    Args:
        interval_steps: Steps between two times; 0: never.
    """

    def __init__(self, interval_steps: int = 0):
        self.interval_steps = interval_steps

    def steps_until(self, step: int) -> float:
        """Steps from `step` to the next time."""
        if not self.interval_steps:
            return float("inf")
        return self.interval_steps - step % self.interval_steps

    def is_due(self, step: int) -> bool:
        """Whether it is to be done after `step` steps."""
        return bool(self.interval_steps) and step % self.interval_steps == 0

    def begin(self, step: int) -> None:
        """Before the first step of this process; `step` are done."""

    def stepped(
        self, step: int, values: dict[str, float], n: int, seconds: float
    ) -> None:
        """After each call of the compiled steps, whatever the interval.

        Args:
            step: Steps done.
            values: Means of the scalars over the last `n` steps.
            n: Steps of the call.
            seconds: Time of the call.
        """

    def act(self, step: int) -> None:
        """At the interval."""

    def end(self, step: int) -> None:
        """After the last step of this process."""


class Log(Action):
    """Writes the means of the scalars, and shows how far the training is."""

    def __init__(
        self,
        interval_steps: int,
        summaries: Summaries,
        progress: Progress,
        shown: tuple[str, ...],
        batch_size: int,
    ):
        super().__init__(interval_steps)
        self.summaries, self.progress = summaries, progress
        self.shown, self.batch_size = shown, batch_size
        self.meter = Meter()

    def begin(self, step):
        # What came before the steps is not their time.
        self.meter = Meter()

    def stepped(self, step, values, n, seconds):
        self.meter.add(values, n, seconds)
        self.progress.moved(step)

    def act(self, step):
        scalars = self.meter.take(self.batch_size)
        self.summaries.scalars(scalars, step)
        rate = f"{scalars['time/pairs_per_second']:.1f} pairs/s"
        shown = {name: scalars[name] for name in self.shown}
        self.progress.logged(step, shown, rate)


class Sample(Action):
    """Samples the fixed grid of codes and watches it for a collapse.

    Raises:
        Collapsed: If samples hardly differ and `stop_on_collapse` is on.
    """

    def __init__(
        self,
        interval_steps: int,
        summaries: Summaries,
        samples: Samples,
        state: TrainingState,
        workers: Workers,
        stop_on_collapse: bool = False,
    ):
        super().__init__(interval_steps)
        self.summaries, self.samples = summaries, samples
        self.state, self.workers = state, workers
        self.stop_on_collapse = stop_on_collapse
        self.grid_path = ""
        self._sampled: int | None = None

    def begin(self, step):
        self.act(step)

    def act(self, step):
        self.grid_path = self.samples.write(self.summaries, step)
        self._sampled = step
        if not self.stop_on_collapse:
            return
        # What a worker raises alone would let the others wait for it.
        if any(self.workers.agree(float(self.samples.collapsed))):
            # Without a checkpoint there is nothing to go back to.
            back = (
                ""
                if self.state.last_saved_step is None
                else "; to go further back, move the later ones out of the "
                "folder"
            )
            raise Collapsed(
                f"Stopped by `stop_on_collapse` at step {step}: the warning "
                f"above says what collapsed. The last checkpoint: "
                f"{self.state.last_checkpoint}{back}."
            )

    def end(self, step):
        if step != self._sampled:
            self.act(step)


class Evaluate(Action):
    """Measures the generator and keeps the best checkpoint."""

    def __init__(
        self,
        interval_steps: int,
        summaries: Summaries,
        scoring: Scoring,
        state: TrainingState,
    ):
        super().__init__(interval_steps)
        self.summaries, self.scoring, self.state = summaries, scoring, state

    def act(self, step):
        self.state.algorithm.refresh()
        scalars = self.scoring.measure(step)
        self.summaries.scalars(scalars, step)
        self.scoring.keep_if_best(step, scalars, self.state)


class Save(Action):
    """Saves a checkpoint.

    Raises:
        Diverged: If a weight is no longer finite; nothing is saved then.
    """

    def __init__(self, interval_steps: int, state: TrainingState):
        super().__init__(interval_steps)
        self.state = state

    def act(self, step):
        del step  # The state's own.
        self.state.check_finite()
        self.state.algorithm.refresh()
        self.state.save()

    def end(self, step):
        if step != self.state.last_saved_step:
            self.act(step)


class Advise(Action):
    """Says once what a processor finishes in a night, where it takes days."""

    def __init__(self, progress: Progress, workers: Workers):
        super().__init__()
        self.progress = progress
        devices = workers.strategy.extended.worker_devices
        self.is_done = any("GPU" in device for device in devices)

    def stepped(self, step, values, n, seconds):
        if self.is_done or not self.progress.is_rated:
            return
        self.is_done = True
        advice = advice_for_a_night(
            self.progress.seconds_each, self.progress.seconds_left
        )
        if advice:
            self.progress.say(advice)


def advice_for_a_night(seconds_each: float, seconds_left: float) -> str:
    """Says what a processor finishes by tomorrow; "" if that is all.

    Args:
        seconds_each: Seconds of a step.
        seconds_left: Seconds of all steps that are left.
    """
    days = seconds_left / 86_400
    if days <= 1:
        return ""
    return (
        f"At this rate, training takes {days:,.0f} days on this processor. By "
        f"tomorrow, it reaches {int(NIGHT_SECONDS / seconds_each):,} steps "
        "(`train_steps`). A smaller `dim` and `image_size` (of the data set, "
        "too), as in demo.flags, make steps many times as fast."
    )
