"""The public API: lazy, complete, and of TensorFlow's backend."""

import os
import pathlib
import subprocess
import sys

import pytest

import sdgan_tf

ROOT = pathlib.Path(__file__).parents[2]


def python(code: str, **environment) -> subprocess.CompletedProcess:
    """Runs Python in a process of its own, with a Keras that is not told."""
    inherited = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=inherited | environment,
    )


def test_the_import_is_light():
    done = python(
        "import sys, time; start = time.process_time(); import sdgan_tf; "
        "print(time.process_time() - start); sdgan_tf.Experiment(dim=8); "
        "print([n for n in ('keras', 'numpy', 'tensorflow') "
        "if n in sys.modules])"
    )
    seconds, heavy = done.stdout.splitlines()
    assert heavy == "[]", done.stderr
    assert float(seconds) < 0.1


def test_the_names_are_seen():
    assert set(sdgan_tf.__all__) <= set(dir(sdgan_tf))
    for name in sdgan_tf.__all__:
        # Type checkers see what stands in the block for them.
        assert f" {name}" in pathlib.Path(sdgan_tf.__file__).read_text()
    with pytest.raises(AttributeError, match="no attribute 'generate'"):
        sdgan_tf.generate  # noqa: B018


@pytest.mark.parametrize("name", sdgan_tf.__all__)
def test_each_name_can_be_had(name):
    assert callable(getattr(sdgan_tf, name))


def test_keras_gets_tensorflow_s_backend():
    done = python(
        "import sdgan_tf; sdgan_tf.load; import keras; "
        "print(keras.config.backend())"
    )
    assert done.stdout == "tensorflow\n", done.stderr


def test_another_backend_is_refused_with_advice():
    done = python("import sdgan_tf; sdgan_tf.load", KERAS_BACKEND="jax")
    assert "ImportError: sdgan_tf needs Keras' TensorFlow backend" in (
        done.stderr
    )
    assert "Received: 'jax'" in done.stderr
    # What determines a model needs none.
    done = python("import sdgan_tf; sdgan_tf.Experiment", KERAS_BACKEND="jax")
    assert not done.stderr
