"""Environment variables: set if they are not, and checked."""

import os
import sys
import types

import pytest

from sdgan_tf import environment


@pytest.fixture
def variables(monkeypatch):
    """An environment of one's own, before Keras is imported."""
    for name in environment.DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    return monkeypatch


def test_what_is_set_stays(variables):
    variables.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    environment.prepare()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"


def test_another_backend_is_refused(variables):
    variables.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(ImportError, match="KERAS_BACKEND=tensorflow.*'torch'"):
        environment.prepare()


def test_the_backend_of_an_imported_keras_counts(variables):
    config = types.SimpleNamespace(backend=lambda: "jax")
    keras = types.SimpleNamespace(config=config)
    variables.setitem(sys.modules, "keras", keras)
    with pytest.raises(ImportError, match="before Keras is imported.*'jax'"):
        environment.prepare()
    config.backend = lambda: "tensorflow"
    environment.prepare()
