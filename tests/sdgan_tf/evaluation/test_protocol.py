"""`--mode=evaluate`: the line, its file, and errors instead of results."""

import dataclasses
import json

import numpy as np
import pytest

from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import protocol
from sdgan_tf.evaluation.measuring import Measured
from sdgan_tf.evaluation.summary import summarise


@pytest.fixture
def colours(monkeypatch, mean_colour):
    """Takes the verifier of mean colours for FaceNet."""
    monkeypatch.setattr(protocol, "open_verifier", lambda name, _: mean_colour)


@pytest.fixture
def evaluated(trained, make_config, split_data):
    return make_config(data_dir=split_data)


def replaced(config, **options):
    """The configuration with other options of the evaluation."""
    evaluation = dataclasses.replace(config.evaluation, **options)
    return dataclasses.replace(config, evaluation=evaluation)


def last_line(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_generated(evaluated, colours, capsys, tmp_path):
    protocol.evaluate(evaluated)
    line = last_line(capsys)
    for name in (
        "auc",
        "accuracy",
        "far",
        "best_accuracy",
        "id_div",
        "all_div",
        "real_auc",
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
        "step": 6,
        "fingerprint": evaluated.experiment.fingerprint(),
        "verifier": "mean_colour",
        "verifier_hash": "none",
        "seed": 0,
    }
    assert expected.items() <= line.items()
    assert 0 <= line["leakage"] <= 1 and line["frechet"] > 0
    assert line["kernel"] > 0 and np.isfinite(line["pair_kernel"])
    assert 0 <= line["observation_auc"] <= 1
    assert 0 <= line["observation_pixels_auc"] <= 1
    # All identities were observed as "0", "1" and "2".
    found = line["factors"]["observation"]
    assert found["of"] == "observation"
    shares = found["z_i"], found["z_o"], found["both"]
    assert sum(shares) == pytest.approx(1.0)
    run = tmp_path / "run"
    assert json.loads((run / protocol.METRICS).read_text()) == line
    assert list((run / "tensorboard").iterdir())


def test_without_factors(evaluated, colours, capsys):
    protocol.evaluate(replaced(evaluated, factor_steps=0))
    line = last_line(capsys)
    assert "factors" not in line and "observation_auc" in line


def test_report(evaluated, colours, capsys, tmp_path):
    protocol.evaluate(replaced(evaluated, report=True))
    line = last_line(capsys)
    page = (tmp_path / "run" / "report-00000006.html").read_text()
    assert f"{line['auc']:.4f}" in page
    assert f"{line['real_auc']:.4f}" in page
    assert "matched, farthest (worst)" in page
    # It opens offline: nothing is fetched, every picture is inside.
    assert "http" not in page.replace(line["run_dir"], "")
    assert page.count("data:image/png;base64,") == page.count("<img")
    assert "36 photographs of train, 12 photographs of test" in page


def test_same_seed_same_numbers(evaluated, colours, capsys):
    lines = []
    for _ in range(2):
        protocol.evaluate(evaluated)
        lines.append(last_line(capsys) | {"seconds": 0})
    assert lines[0] == lines[1]


def test_real_data_needs_no_run(make_config, split_data, colours, capsys):
    config = make_config(
        run_dir="", data_dir=split_data, evaluate_real=True, num_pairs=100
    )
    protocol.evaluate(config)
    line = last_line(capsys)
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
    assert result["id_div"] == 0.0
    assert result["all_div"] == pytest.approx(1 - 0.5**0.1333)
    assert result["auc_interval"] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "megabytes"),
    [({}, 56.7), ({"discriminator": "stacked"}, 47.2), ({"k": 4}, 75.5)],
)
def test_memory_is_the_papers(changes, megabytes):
    experiment = dataclasses.replace(Experiment(), **changes)
    assert protocol.memory_mb(experiment) == pytest.approx(megabytes, abs=0.05)


def test_metric_names():
    assert protocol.metric_name(10_000) == "verification10k"
    assert protocol.metric_name(2_500) == "verification2500"


def test_errors(make_config, split_data, colours, trained, write_data_set):
    with pytest.raises(ValueError, match="--run_dir is missing"):
        protocol.evaluate(make_config(run_dir="", data_dir=split_data))
    with pytest.raises(ValueError, match="--data_dir is missing"):
        protocol.evaluate(make_config(data_dir=""))
    with pytest.raises(ValueError, match="leave --evaluate_real out"):
        protocol.evaluate(make_config(evaluate_real=True, report=True))
    with pytest.raises(ValueError, match="two identities of two"):
        protocol.evaluate(make_config())


def test_no_checkpoint(make_config, split_data, colours, tmp_path):
    run = tmp_path / "empty"
    run.mkdir()
    (run / "config.json").write_text(Experiment(image_size=32).to_json())
    config = make_config(run_dir=str(run), data_dir=split_data)
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        protocol.evaluate(config)
    assert not (run / protocol.METRICS).exists()


def test_another_image_size(evaluated, colours, write_data_set, tmp_path):
    data = write_data_set(tmp_path / "big", {"a": 2}, image_size=64)
    config = dataclasses.replace(evaluated, data_dir=data)
    with pytest.raises(ValueError, match="Received: 32 and 64"):
        protocol.evaluate(config)


def test_the_report_opens_in_a_browser_without_network(
    evaluated, colours, capsys, new_page, tmp_path
):
    protocol.evaluate(replaced(evaluated, report=True))
    page = new_page(viewport={"width": 390, "height": 800})
    page.goto((tmp_path / "run" / "report-00000006.html").as_uri())
    assert page.locator("tbody tr").count() > 9
    pictures = page.locator("img")
    widths = pictures.evaluate_all("all => all.map(i => i.naturalWidth)")
    assert len(widths) > 3 and min(widths) >= 32
    assert page.locator("svg").count() == 3
    # Nothing is wider than a telephone; tables scroll by themselves.
    assert page.evaluate("document.documentElement.scrollWidth") == 390
