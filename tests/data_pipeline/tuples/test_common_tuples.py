"""Tuples that agree in a factor: which, how often, and what is refused."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from data_pipeline import records
from data_pipeline.records import BadDataSet, DataSet
from data_pipeline.tuples.common_tuples import CommonTuples, read_labels
from data_pipeline.tuples.commonalities import Commonalities

# Brand, and photographs, of each product: 40 of brand 0, 8 of brand 1.
PRODUCTS = {
    "p0": (0, 3),
    "p1": (0, 30),
    "p2": (0, 7),
    "p3": (1, 4),
    "p4": (1, 4),
}


FORMS = ("front", "side", "back")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> DataSet:
    """Pictures whose pixels are (brand, product, number)."""
    folder = tmp_path_factory.mktemp("catalogue")
    path = records.shard_path(str(folder), "train", 0, 1)
    with tf.io.TFRecordWriter(path) as writer:
        for product, (name, (brand, count)) in enumerate(PRODUCTS.items()):
            for number in range(count):
                pixel = np.array([brand, product, number], np.uint8)
                png = tf.io.encode_png(np.tile(pixel, [4, 4, 1])).numpy()
                form = FORMS[number % 3]
                labels = {"brand": f"brand{brand}", "serial": f"{name}{number}"}
                writer.write(records.example(png, name, form, labels))
    counts = [count for _, count in PRODUCTS.values()]
    records.write_index(records.index_path(path), list(PRODUCTS), counts)
    manifest = {
        "format_version": records.FORMAT_VERSION,
        "build_id": "catalogue",
        "image_size": 4,
        "num_shards": 1,
        "label_names": ["brand", "serial"],
    }
    (folder / records.MANIFEST).write_text(json.dumps(manifest))
    return DataSet.open(str(folder))


def open_tuples(catalogue, text, k=2, seed=0, **options):
    return CommonTuples.open(
        catalogue, "train", k, seed, Commonalities.parse(text), **options
    )


def sampled(batches, count):
    """Brands, products, numbers `[batches * b, k]`."""
    images = np.concatenate([b["images"].numpy() for b in batches.take(count)])
    return np.moveaxis(images[:, :, 0, 0].astype(int), -1, 0)


def test_kinds_take_turns_and_agree_in_their_factor(catalogue):
    tuples = open_tuples(catalogue, "identity,brand,observation")
    assert len(tuples.kinds) == 3
    brand, product, number = sampled(tuples.batches(6), 300)
    for kind, value in enumerate((product, brand, number % 3)):
        assert (value[kind::3, 0] == value[kind::3, 1]).all()
    # Photographs are distinct, and free in what the kind does not name.
    assert (
        (product[:, 0] != product[:, 1]) | (number[:, 0] != number[:, 1])
    ).all()
    assert (product[1::3, 0] != product[1::3, 1]).mean() > 0.3
    assert (brand[2::3, 0] != brand[2::3, 1]).mean() > 0.1
    # Groups are uniform, whatever their number of photographs.
    assert brand[1::3, 0].mean() == pytest.approx(0.5, abs=0.06)
    fractions = np.bincount(product[0::3, 0], minlength=5) / len(product[0::3])
    np.testing.assert_allclose(fractions, 0.2, atol=0.06)


def test_a_kind_may_agree_in_several_factors(catalogue):
    tuples = open_tuples(catalogue, "identity+observation,observation")
    _, product, number = sampled(tuples.batches(4), 200)
    same_form = number[:, 0] % 3 == number[:, 1] % 3
    assert same_form.all()
    assert (product[0::2, 0] == product[0::2, 1]).all()
    assert (product[1::2, 0] != product[1::2, 1]).any()


def test_draws_are_a_function_of_seed_and_step(catalogue):
    tuples = open_tuples(catalogue, "identity,brand")
    whole = sampled(tuples.batches(4), 12)
    later = sampled(tuples.batches(4, start_batch=5), 7)
    np.testing.assert_array_equal(whole[:, 5 * 4 :], later)
    other = sampled(
        open_tuples(catalogue, "identity,brand", seed=1).batches(4), 12
    )
    assert (whole != other).any()


def test_shares_are_parts_of_the_global_batch(catalogue):
    tuples = open_tuples(catalogue, "identity,brand")
    whole = sampled(tuples.batches(8), 2)
    parts = sampled(tuples.batches(8, num_replicas=2, replicas=(0, 1)), 4)
    np.testing.assert_array_equal(whole, parts)
    with pytest.raises(ValueError, match="2 kinds, replicas=2"):
        tuples.batches(6, num_replicas=2)


def test_rows_tell_the_groups_of_a_kind_apart(catalogue):
    tuples = open_tuples(catalogue, "identity,brand")
    rows, brands, products = [], [], []
    for batch in tuples.batches(4).take(100):
        brand, product, _ = np.moveaxis(
            batch["images"].numpy()[:, :, 0, 0].astype(int), -1, 0
        )
        rows.append(batch["row"].numpy())
        brands.append(brand[:, 0])
        products.append(product[:, 0])
    rows, brands, products = map(np.concatenate, (rows, brands, products))
    for kind, values in enumerate((products, brands)):
        pairs = set(zip(rows[kind::2], values[kind::2], strict=True))
        count = len(set(values[kind::2]))
        assert len(pairs) == len({row for row, _ in pairs}) == count > 1


def test_first_tuples_of_any_number(catalogue):
    """Eight are shown during training, also of three kinds."""
    tuples = open_tuples(catalogue, "identity,brand,observation")
    first = tuples.first(8)
    assert first.shape == (8, 2, 4, 4, 3) and first.dtype == np.uint8
    (batch,) = tuples.batches(9).take(1)
    np.testing.assert_array_equal(first, batch["images"][:8])


def test_labels_that_the_manifest_has_alone(catalogue):
    other = dataclasses.replace(catalogue, label_names=("maker",))
    with pytest.raises(BadDataSet, match="no label 'maker'"):
        open_tuples(other, "identity,maker")


def test_labels_that_some_records_lack(tmp_path):
    path = records.shard_path(str(tmp_path), "train", 0, 1)
    with tf.io.TFRecordWriter(path) as writer:
        # The last is of a build that stored empty cells.
        for labels in ({"brand": "a"}, {}, {"brand": ""}):
            writer.write(records.example(b"", "x", "0", labels))
    data = DataSet(str(tmp_path), 4, 1, "x", ("brand",))
    found = read_labels(data, "train", ("brand",))["brand"]
    assert found.tolist() == ["a", None, None]


def test_what_the_records_cannot_give(catalogue):
    with pytest.raises(ValueError, match="'identity', 'observation', 'serial'"):
        open_tuples(catalogue, "colour")
    with pytest.raises(BadDataSet, match="'serial': fewer than two of its 48"):
        open_tuples(catalogue, "identity,serial")
    with pytest.raises(ValueError, match="raise `cache_gb`"):
        open_tuples(catalogue, "identity,brand", cache_bytes=100)
