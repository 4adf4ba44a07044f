"""Packages that are hidden while TensorFlow is imported."""

import importlib
import json
import subprocess
import sys

import pytest

from data_pipeline import blocked_imports

STARTS = """
import json, sys
from data_pipeline import blocked_imports, startup
from sdgan_tf import environment
environment.prepare()
startup.import_quietly("sdgan_tf.commands.sample")
hidden = blocked_imports.PACKAGES
print(json.dumps([name for name in hidden if name in sys.modules]))
"""


@pytest.fixture
def package(tmp_path, monkeypatch) -> str:
    """The name of an installed package that is hidden."""
    (tmp_path / "hardly_wanted.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(blocked_imports, "PACKAGES", ("hardly_wanted",))
    yield "hardly_wanted"
    sys.modules.pop("hardly_wanted", None)


def test_hidden_is_as_not_installed(package):
    with blocked_imports.hidden(), pytest.raises(ImportError):
        importlib.import_module(package)
    assert importlib.import_module(package)


def test_what_is_imported_stays(package):
    before = importlib.import_module(package)
    with blocked_imports.hidden():
        assert importlib.import_module(package) is before
    assert sys.modules[package] is before


def test_an_error_leaves_nothing_hidden(package):
    with pytest.raises(OSError), blocked_imports.hidden():
        raise OSError
    assert package not in sys.modules


def test_a_command_starts_without_them():
    done = subprocess.run(
        [sys.executable, "-c", STARTS],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []
