"""Dumps: the manifest, and the files that it may name."""

import json

import pytest

from sdgan_tf.reference.dump import Dump


def test_no_manifest(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no `manifest.json`"):
        Dump.open(str(tmp_path))


@pytest.mark.parametrize(
    "text", ["no json", "[]", '{"a": 1}', '{"a": {"shape": [1]}}']
)
def test_bad_manifest(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(
        ValueError, match="must give a `filename` and a `shape`"
    ):
        Dump.open(str(tmp_path))


@pytest.mark.parametrize("name", ["../w", "/etc/passwd", "a/w", "..", "."])
def test_a_dump_reaches_only_into_its_folder(tmp_path, name):
    manifest = {"G/w": {"filename": name, "shape": [2]}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="must lie in the dump's folder"):
        Dump.open(str(tmp_path))


def test_a_dump_s_sides_are_positive(tmp_path):
    manifest = {"G/w": {"filename": "w", "shape": [-2, -3]}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="must have positive sides"):
        Dump.open(str(tmp_path))
