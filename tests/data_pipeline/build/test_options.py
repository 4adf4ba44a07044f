"""Tests of the options of a build."""

import pytest

from data_pipeline.build.options import BuildOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "zip"}, "`layout` must be one of .*layout='zip'"),
        ({"image_size": 48}, "`image_size` must be one of"),
        ({"crop": "middle"}, "`crop` must be .*crop='middle'"),
        ({"min_images": 0}, "`min_images` must be at least 1.*min_images=0"),
        ({"num_shards": 0}, "`num_shards` must be at least 1.*num_shards=0"),
        ({"max_bad_fraction": 1.5}, r"must be in \[0, 1\].*fraction=1.5"),
        ({"max_bad_fraction": -0.1}, r"must be in \[0, 1\].*fraction=-0.1"),
        ({"identity_depth": -1}, "`identity_depth` must be at least 0"),
        ({"split_fractions": (0.8, 0.2)}, "`split_fractions` must be three"),
        ({"split_fractions": (0.8, 0.1, 0.2)}, "whose sum is 1"),
        ({"split_fractions": (1.2, -0.1, -0.1)}, "three numbers in"),
        ({"layout": "pattern"}, "`pattern` needs a `pattern`"),
        ({"pattern": "x"}, "no other takes one.*pattern='x'"),
        ({"layout": "pattern", "pattern": "("}, "must be a regular express"),
        ({"layout": "pattern", "pattern": "x"}, "have a group `identity`"),
        ({"delimiter": ";;"}, "`delimiter` must be one character.*';;'"),
        ({"delimiter": '"'}, "`delimiter` must be one character"),
        ({"encoding": "utf-7.5"}, "`encoding` must be a text encoding"),
        ({"encoding": "base64"}, "`encoding` must be a text encoding"),
        ({"max_identities": -1}, "`max_identities` must be .*identities=-1"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        BuildOptions(
            **{"layout": "flat", "input": "i", "output_dir": "o"} | options
        )
