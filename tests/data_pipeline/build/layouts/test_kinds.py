"""Tests of the list of layouts."""

from data_pipeline.build.layouts.kinds import LAYOUTS


def test_layouts():
    assert sorted(LAYOUTS) == [
        "celeba",
        "flat",
        "folders",
        "pattern",
        "table",
    ]
    folder_layouts = {n for n, x in LAYOUTS.items() if x.is_folder}
    assert folder_layouts == {"celeba", "flat", "folders", "pattern"}
