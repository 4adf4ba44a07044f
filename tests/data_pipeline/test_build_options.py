"""Tests of the options of a build."""

import pytest

from data_pipeline.build_options import BuildOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "zip"}, "`layout` must be one of .*layout='zip'"),
        ({"image_size": 48}, "`image_size` must be 32, 64, 128 or 256"),
        ({"crop": "middle"}, "`crop` must be .*crop='middle'"),
        ({"min_images": 0}, "`min_images` must be at least 1.*min_images=0"),
        ({"num_shards": 0}, "`num_shards` must be at least 1.*num_shards=0"),
        ({"max_bad_fraction": 1.5}, r"must be in \[0, 1\].*fraction=1.5"),
        ({"max_bad_fraction": -0.1}, r"must be in \[0, 1\].*fraction=-0.1"),
        ({"max_identities": -1}, "`max_identities` must be .*identities=-1"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        BuildOptions(
            **{"layout": "flat", "input": "i", "output_dir": "o"} | options
        )
