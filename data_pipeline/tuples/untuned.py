"""tf.data without its autotuning, which may keep a program from ending."""

import tensorflow as tf


def untuned(data: tf.data.Dataset) -> tf.data.Dataset:
    """For `apply`: leaves parallel calls as they start, one a core up to 16.

    A thread tunes an iterator's parallel calls in periods that double up to a
    minute. Whoever frees the iterator wakes the thread and waits for it; a
    thread that is awake before it is marked as cancelled sleeps for the rest
    of its period. Freed after 40 seconds, one iterator in eight took up to
    60 seconds; without the thread each takes milliseconds.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)
