"""Replicas: all GPUs of this machine, several machines, or logical CPUs."""

import dataclasses
import hashlib
import os
import re

import tensorflow as tf

from data_pipeline import startup


@dataclasses.dataclass(frozen=True)
class Workers:
    """The processes that train one run together.

    Attributes:
        strategy: How each step is spread over their replicas.
        number: How many there are.
        is_chief: Whether this one writes the run folder.
    """

    strategy: tf.distribute.Strategy
    number: int = 1
    is_chief: bool = True

    def __str__(self) -> str:
        """The devices of this process, and how many replicas there are."""
        devices = self.strategy.extended.worker_devices
        names = [tf.DeviceSpec.from_string(d) for d in devices]
        shown = ", ".join(f"{d.device_type}:{d.device_index}" for d in names)
        replicas = self.strategy.num_replicas_in_sync
        return f"{shown} (replicas in all: {replicas})"

    def were_told_same(self, told: object) -> bool:
        """Whether all workers were told the same; all must call it.

        Args:
            told: Anything whose `repr` says all of it.
        """
        digest = hashlib.sha256(repr(told).encode()).hexdigest()
        # So few digits that the mean of equal numbers is exact in float32.
        number = float(int(digest[:4], 16))
        (mean,) = self.agree(number)
        return mean == number

    def agree(self, *numbers: float) -> list[float]:
        """The means of numbers that each worker has its own of.

        All workers must call it at the same place: what depends on a clock or
        a signal would otherwise part them, and the next step wait for ever.
        """
        if self.number == 1:
            return list(numbers)
        means = self.strategy.reduce(
            tf.distribute.ReduceOp.MEAN,
            self.strategy.run(_identity, args=(tf.constant(numbers),)),
            axis=None,
        )
        return means.numpy().tolist()


@tf.function
def _identity(numbers):
    return tf.identity(numbers)


def make_workers(strategy: str = "mirrored", logical_cpus: int = 0) -> Workers:
    """Makes the strategy; call it before any other TensorFlow call.

    Args:
        strategy: "mirrored" for the devices of this machine, or
            "multi_worker" for those of all machines in `TF_CONFIG`.
        logical_cpus: Train on so many logical CPUs instead of GPUs.

    Raises:
        ValueError: If `multi_worker` is asked for without a right
            `TF_CONFIG`, or together with `logical_cpus`.
    """
    if strategy == "multi_worker":
        if logical_cpus:
            raise ValueError(
                "`logical_cpus` is for one machine: leave it out with "
                "`strategy=multi_worker`. "
                f"Received: logical_cpus={logical_cpus}"
            )
        workers = _join_workers()
    else:
        workers = Workers(_on_this_machine(logical_cpus))
    startup.quiet_onednn()
    return workers


def _on_this_machine(logical_cpus: int) -> tf.distribute.MirroredStrategy:
    if logical_cpus:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu,
            [tf.config.LogicalDeviceConfiguration()] * logical_cpus,
        )
        devices = [f"CPU:{n}" for n in range(logical_cpus)]
    else:
        gpus = tf.config.list_logical_devices("GPU")
        devices = [gpu.name for gpu in gpus] or ["CPU:0"]
    return tf.distribute.MirroredStrategy(devices)


def _check_task(jobs: dict, job: str | None, index: int | None) -> None:
    """Raises ValueError or TypeError unless a cluster has this task."""
    if not set(jobs) <= {"chief", "worker"} or not jobs:
        raise ValueError(f"its jobs are {sorted(jobs)}")
    for address in (a for addresses in jobs.values() for a in addresses):
        if not re.fullmatch(r"\S+:[0-9]{1,5}", address):
            raise ValueError(f"{address!r} is not HOST:PORT")
    if job not in jobs or index not in range(len(jobs[job])):
        raise ValueError(f"the cluster has no task {job!r}, {index}")


def _join_workers() -> Workers:
    cluster = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    # Before the strategy starts a server or waits for others.
    try:
        jobs = cluster.cluster_spec().as_dict()
        _check_task(jobs, cluster.task_type, cluster.task_id)
    except (
        ValueError,
        TypeError,
        LookupError,
        OverflowError,
        RecursionError,
    ) as error:
        raise ValueError(
            "`strategy=multi_worker` needs the environment variable "
            "`TF_CONFIG` with a cluster of `worker`s (and perhaps a `chief`) "
            f"and this process's task ({error}). "
            f"Received: TF_CONFIG={os.environ.get('TF_CONFIG', '')!r}"
        ) from error
    strategy = tf.distribute.MultiWorkerMirroredStrategy(cluster)
    chief = "chief" if "chief" in jobs else "worker"
    return Workers(
        strategy,
        number=sum(len(addresses) for addresses in jobs.values()),
        is_chief=(cluster.task_type, cluster.task_id) == (chief, 0),
    )
