"""Tests of the writing of shards."""

import pytest

from data_pipeline.build import manifest as manifests
from data_pipeline.build import packing, shard_writing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.photograph import Photograph


@pytest.mark.parametrize("fault", ["gone", "cut"])
def test_picture_that_is_gone_or_cut_before_it_is_written(
    save_picture, source, target, fault
):
    target.mkdir()
    save_picture(source / "0.png", "red")
    path = source / "0.png"
    photographs = [Photograph(str(path), "Ada", "0")]
    if fault == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:60])
    options = BuildOptions("folders", str(source), str(target), image_size=32)
    split, counts = shard_writing.write_shard(
        (("train", 0), [(7, packing.pack(photographs))]), options
    )
    assert split == "train"
    why = counts["changed"]
    assert why.startswith(f"`{path}` was changed or removed while the data")
    assert "\n" not in why
    report = {
        "good": [1],
        "bad": [],
        "errors": [],
        "counts": [[split, counts]],
    }
    with pytest.raises(BadCollection, match="was changed or removed while"):
        manifests.from_report(report, options)
