"""Tests of the names that packages give without importing their modules."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import data_pipeline
from data_pipeline import records

ROOT = Path(__file__).parents[2]


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_nothing_heavy_is_imported_before_it_is_used():
    loaded = run(
        "import sys, data_pipeline, data_pipeline.records;"
        "from data_pipeline.records import SPLITS;"
        "print(*sys.modules)"
    )
    assert not {"numpy", "tensorflow", "apache_beam", "PIL"} & set(loaded)


def test_flags_of_a_build_are_known_without_tensorflow_and_beam():
    loaded = run("import sys, data_pipeline.build_records; print(*sys.modules)")
    assert not {"tensorflow", "apache_beam"} & set(loaded)


@pytest.mark.parametrize("package", [data_pipeline, records])
def test_every_public_name_is_there(package):
    assert package.__all__ == dir(package)
    for name in package.__all__:
        assert getattr(package, name) is not None


@pytest.mark.parametrize("package", [data_pipeline, records])
def test_a_type_checker_sees_the_same_names(package):
    (block,) = (
        node
        for node in ast.parse(Path(package.__file__).read_text()).body
        if isinstance(node, ast.If)
    )
    seen = {alias.asname: node for node in block.body for alias in node.names}
    assert sorted(seen) == package.__all__
    for name, node in seen.items():
        module = importlib.import_module(node.module)
        assert getattr(package, name) is getattr(module, name)


def test_classes_are_those_of_their_modules():
    from data_pipeline import DataSet, IdentityTuples
    from data_pipeline.records import data_set
    from data_pipeline.tuples import identity_tuples

    assert DataSet is data_set.DataSet
    assert IdentityTuples is identity_tuples.IdentityTuples


def test_unknown_name():
    with pytest.raises(AttributeError, match="'data_pipeline' has no attribut"):
        _ = data_pipeline.Pairs
    with pytest.raises(ImportError, match="Pairs"):
        from data_pipeline import Pairs  # noqa: F401
