"""Tests of the list of layouts."""

import importlib

from data_pipeline.build.layouts.kinds import LAYOUTS


def test_layouts():
    assert sorted(LAYOUTS) == [
        "abo",
        "celeba",
        "flat",
        "folders",
        "parquet",
        "pattern",
        "recordio",
        "table",
        "tfrecord",
        "webdataset",
    ]
    of_files = {n for n, x in LAYOUTS.items() if "file" in x.roots}
    assert of_files == {
        "parquet",
        "recordio",
        "table",
        "tfrecord",
        "webdataset",
    }
    folders = {n for n, x in LAYOUTS.items() if "folder" in x.roots}
    assert folders == set(LAYOUTS) - {"table"}


def test_each_layout_has_a_module_that_lists_photographs():
    for name in LAYOUTS:
        module = importlib.import_module(f"data_pipeline.build.layouts.{name}")
        assert callable(module.photographs)
