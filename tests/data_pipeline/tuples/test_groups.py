"""Tests of groups of images."""

import numpy as np

from data_pipeline.tuples.groups import group


def test_an_image_without_a_label_is_in_no_group():
    brands = np.array(["a", None, "b", "a", None, "b", "b"], object)
    products = np.array(["1", "1", "2", "1", "1", "2", "3"])
    groups = group([brands])
    assert groups.order.tolist() == [0, 3, 2, 5, 6]
    assert groups.counts.tolist() == [2, 3]
    assert groups.numbers(7).tolist() == [0, -1, 1, 0, -1, 1, 1]
    both = group([products, brands])
    assert both.order.tolist() == [0, 3, 2, 5, 6]
    assert both.counts.tolist() == [2, 2, 1]
