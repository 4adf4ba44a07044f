"""Measures of pairs."""

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.evaluation import diversity, measured_pairs
from sdgan_tf.evaluation.photograph_pairs import Photographs
from sdgan_tf.evaluation.verifiers import CachedVerifier
from sdgan_tf.runs import Run


def codes_of(generator, start, matched):
    codes, subjects = measured_pairs.pair_codes(generator, 0, start, 5, matched)
    assert subjects is None
    return codes.numpy()


def test_codes_of_pairs(trained):
    generator = Run(trained.run_dir).generator()
    matched = codes_of(generator, 0, True)
    assert matched.shape == (5, 2, 11)
    np.testing.assert_array_equal(matched[:, 0, :6], matched[:, 1, :6])
    assert (matched[:, 0, 6:] != matched[:, 1, 6:]).all()
    unmatched = codes_of(generator, 0, False)
    assert (unmatched[:, 0] != unmatched[:, 1]).all()
    later = codes_of(generator, 32, True)
    assert (later != matched).all()


def test_generated_pairs(trained, mean_colour, monkeypatch):
    monkeypatch.setattr(measured_pairs, "CHUNK", 2)
    generator = Run(trained.run_dir).generator()
    measured = measured_pairs.measure_generated(
        generator, mean_colour, 7, seed=1
    )
    np.testing.assert_array_equal(measured.matched, [True] * 3 + [False] * 4)
    assert measured.embeddings.shape == (7, 2, 3)
    assert measured.terms.shape == (7, 5)
    assert measured.identities is None and mean_colour.seen == 14
    codes, _ = measured_pairs.pair_codes(generator, 1, 2, 1, matched=True)
    images = measured_pairs.generate(generator, codes)
    np.testing.assert_array_equal(
        measured.embeddings[2], mean_colour(images[0])
    )


def test_photographs_are_embedded_once(split_data, mean_colour):
    photographs = Photographs.open(DataSet.open(split_data), "test")
    pairs = photographs.pairs(200, seed=0)
    cached = CachedVerifier(mean_colour)
    measured = measured_pairs.measure_photographs(photographs, pairs, cached)
    assert mean_colour.seen == 12
    measured_pairs.measure_photographs(photographs, pairs, cached)
    assert mean_colour.seen == 12
    images = photographs.read(np.arange(12))
    for n in (0, 150, 199):
        a, b = pairs.positions[n]
        np.testing.assert_array_equal(
            measured.embeddings[n], mean_colour(images[[a, b]])
        )
        np.testing.assert_allclose(
            measured.terms[n],
            diversity.ms_ssim_terms(images[[a]], images[[b]])[0],
        )


def test_numbers_that_are_not_finite(trained):
    generator = Run(trained.run_dir).generator()
    weights = generator.network.weights[0]
    weights.assign(weights * np.nan)
    codes, _ = measured_pairs.pair_codes(generator, 0, 0, 1, matched=True)
    with pytest.raises(ValueError, match="not finite"):
        measured_pairs.generate(generator, codes)


def test_independent_pairs_share_no_code():
    embeddings = np.arange(12.0).reshape(6, 2, 1)
    measured = measured_pairs.Measured(
        embeddings, np.arange(6) < 3, np.ones([6, 5])
    )
    found = measured_pairs.independent_pairs(measured)
    # Firsts of the unmatched pairs, 6, 8 and 10, each with the one before.
    np.testing.assert_array_equal(
        found.embeddings[:3, :, 0], [[6, 10], [8, 6], [10, 8]]
    )
    np.testing.assert_array_equal(found.embeddings[3:], embeddings[3:])
    assert found.matched.tolist() == [True] * 3 + [False] * 3


def test_one_picture_of_each_identity():
    embeddings = np.zeros([4, 2, 1])
    measured = measured_pairs.Measured(
        embeddings, np.arange(4) < 2, np.ones([4, 5])
    )
    pairs, which = measured.one_of_each()
    assert pairs.tolist() == [0, 1, 2, 2, 3, 3]
    assert which.tolist() == [0, 0, 0, 1, 0, 1]
    # Of those that are known, none twice.
    known = np.array([[7, 7], [9, 9], [9, 5], [4, 7]])
    measured = measured_pairs.Measured(
        embeddings, np.arange(4) < 2, np.ones([4, 5]), known
    )
    pairs, which = measured.one_of_each()
    assert known[pairs, which].tolist() == [7, 9, 5, 4]


def test_chosen_pairs_are_those_that_are_measured(trained):
    generator = Run(trained.run_dir).generator()
    chunks = measured_pairs.generated_pairs(generator, 71, 3)
    every = np.concatenate([pictures for pictures, _ in chunks])
    chosen = [0, 34, 35, 70, 67]  # Of both kinds and of two chunks each.
    np.testing.assert_array_equal(
        measured_pairs.chosen_pairs(generator, 3, 71, chosen), every[chosen]
    )
