"""The evaluation of generators and photographs, and its errors."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest

from data_pipeline.records import DataSet
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import evaluate, protocol
from sdgan_tf.evaluation.measured_pairs import Measured
from sdgan_tf.evaluation.summary import summarise
from sdgan_tf.runs import Run

ROOT = pathlib.Path(protocol.__file__).parents[2]
SMALL = {"num_pairs": 8, "bootstrap_samples": 20, "factor_steps": 2}


def test_generated(trained, split_data, mean_colour):
    line = evaluate(trained.run_dir, split_data, verifier=mean_colour, **SMALL)
    for name in (
        "auc",
        "accuracy",
        "far",
        "best_accuracy",
        "id_div",
        "all_div",
        "real_auc",
        "eer",
        "novelty",
        "precision",
        "recall",
    ):
        low, high = line[f"{name}_interval"]
        assert 0 <= low <= high <= 1 and 0 <= line[name] <= 1
    expected = {
        "metric": "verification8",
        "source": "generated",
        "num_pairs": 8,
        "num_matched_pairs": 4,
        "distinct_matched_pairs": 4,
        "num_identities": 12,
        "compared_photographs": 12,
        "sampled_identities": 12,
        "set_metric": "mean_colour_n8_m12",
        "step": 6,
        "fingerprint": trained.experiment.fingerprint(),
        "run_dir": trained.run_dir,
        "verifier": "mean_colour",
        "verifier_hash": "none",
        "seed": 0,
    }
    assert expected.items() <= line.items()
    assert 1 <= line["distinct_identities"] <= 12
    # Pairs are too few for these.
    assert not {"tar_at_1e-2", "tar_at_1e-3", "uniqueness"} & set(line)
    assert 0 <= line["leakage"] <= 1 and line["frechet"] > 0
    assert line["kernel"] > 0 and np.isfinite(line["pair_kernel"])
    assert 0 <= line["observation_auc"] <= 1
    assert 0 <= line["observation_pixels_auc"] <= 1
    # All identities were observed as "0", "1" and "2".
    found = line["factors"]["observation"]
    assert found["of"] == "observation"
    fractions = found["z_i"], found["z_o"], found["both"]
    assert sum(fractions) == pytest.approx(1.0)


def test_a_generator_is_measured_as_its_folder(
    trained, split_data, mean_colour
):
    options = SMALL | {"verifier": mean_colour, "factor_steps": 0}
    folder = evaluate(trained.run_dir, split_data, **options)
    assert "factors" not in folder and "observation_auc" in folder
    generator = Run(trained.run_dir).generator()
    bare = evaluate(generator, split_data, **options)
    of_folder = ("memory_mb", "fingerprint", "run_dir")
    assert [bare[name] for name in of_folder] == [None] * 3
    different = {name for name in folder if folder[name] != bare[name]}
    assert different <= {*of_folder, "seconds"}


def test_nothing_heavy_is_imported_for_the_name():
    code = (
        "import sys, sdgan_tf.evaluation as e;"
        "assert 'tensorflow' not in sys.modules;"
        "assert e.__all__ == ['evaluate'];"
        "assert callable(e.evaluate) and 'tensorflow' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    with pytest.raises(AttributeError, match="no attribute 'measure'"):
        import sdgan_tf.evaluation

        sdgan_tf.evaluation.measure  # noqa: B018


def test_photographs(split_data, mean_colour):
    line = protocol.Protocol(
        DataSet.open(split_data), mean_colour, **SMALL | {"num_pairs": 100}
    ).photographs()
    # Each identity has a colour of its own.
    assert line["auc"] == line["best_accuracy"] == 1.0
    assert line["source"] == "real" and line["step"] is None
    assert line["num_identities"] == 4
    assert line["distinct_matched_pairs"] == 12
    assert "12 distinct matched pairs of 4 identities" in line["warning"]
    assert line["all_div"] > line["id_div"]


def test_measures_by_hand():
    embeddings = np.zeros([4, 2, 1], np.float32)
    embeddings[:, 1, 0] = [1, 3, 2, 4]
    terms = np.ones([4, 5])
    terms[2:, 4] = 0.5
    measured = Measured(embeddings, np.array([1, 1, 0, 0], bool), terms)
    result = summarise(measured, tau=2.5, samples=100, seed=0)
    assert result["auc"] == 0.75
    assert result["accuracy"] == result["far"] == 0.5
    assert result["best_accuracy"] == 0.75
    assert result["eer"] == 0.5
    # Squares 1 and 9, 4 and 16: means 5 and 10, variances 16 and 36.
    assert result["fisher_ratio"] == pytest.approx(25 / 52)
    assert result["id_div"] == 0.0
    assert result["all_div"] == pytest.approx(1 - 0.5**0.1333)
    assert result["auc_interval"] == [0.0, 1.0]


def test_true_accept_rates_need_enough_unmatched_pairs():
    rng = np.random.default_rng(0)

    def names(unmatched):
        n = unmatched + 10
        embeddings = np.zeros([n, 2, 1])
        embeddings[:, 1, 0] = rng.uniform(1, 2, n)
        measured = Measured(embeddings, np.arange(n) < 10, np.ones([n, 5]))
        return set(summarise(measured, tau=1.5, samples=10, seed=0))

    low, high = "tar_at_1e-2", "tar_at_1e-3"
    assert not {low, high} & names(499)
    assert low in names(500) and high not in names(4999)
    assert {low, high, f"{high}_interval"} <= names(5000)


def test_a_ratio_that_is_infinite_is_left_out():
    embeddings = np.zeros([4, 2, 1], np.float32)
    embeddings[2:, 1, 0] = 1
    measured = Measured(embeddings, np.arange(4) < 2, np.ones([4, 5]))
    result = summarise(measured, tau=0.5, samples=10, seed=0)
    assert result["auc"] == 1.0 and "fisher_ratio" not in result


def test_errors(trained, split_data, tiny_data, mean_colour, tmp_path):
    with pytest.raises(ValueError, match="two identities of two"):
        evaluate(trained.run_dir, tiny_data, verifier=mean_colour)
    with pytest.raises(FileNotFoundError, match="must be facenet or"):
        evaluate(trained.run_dir, split_data, verifier=str(tmp_path))
    run = tmp_path / "empty"
    run.mkdir()
    (run / "config.json").write_text(Experiment(image_size=32).to_json())
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        evaluate(run, split_data, verifier=mean_colour)


def test_another_image_size(trained, mean_colour, write_data_set, tmp_path):
    data = write_data_set(tmp_path / "big", {"a": 2}, image_size=64)
    with pytest.raises(ValueError, match="Received: 32 and 64"):
        evaluate(trained.run_dir, data, verifier=mean_colour)
