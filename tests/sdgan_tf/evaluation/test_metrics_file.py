"""The name of a result, what a run adds to it, the files that keep it."""

import dataclasses
import json

import pytest

from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import metrics_file
from sdgan_tf.runs import Run


def test_metric_names():
    assert metrics_file.metric_name(10_000) == "verification10k"
    assert metrics_file.metric_name(2_500) == "verification2500"
    assert metrics_file.metric_name(500, "judges") == "judges500"


def test_set_metrics_name_network_resizing_and_numbers(mean_colour):
    name = metrics_file.set_metric_name
    assert name(mean_colour, 600, 2000) == "mean_colour_n600_m2000"
    mean_colour.resize = "bilinear160"
    assert name(mean_colour, 6, 4) == "mean_colour_bilinear160_n6_m4"


@pytest.mark.parametrize(
    ("changes", "megabytes"),
    [({}, 56.7), ({"discriminator": "stacked"}, 47.2), ({"k": 4}, 75.5)],
)
def test_memory_is_the_papers(changes, megabytes):
    experiment = dataclasses.replace(Experiment(), **changes)
    found = metrics_file.memory_mb(experiment)
    assert found == pytest.approx(megabytes, abs=0.05)


def test_each_result_is_a_line(tmp_path):
    run = Run(str(tmp_path))
    lines = [
        {"metric": "verification8", "source": source, "auc": 0.5, "step": None}
        for source in ("real", "generated")
    ]
    for line in lines:
        metrics_file.write_metrics(run, line)
    kept = (tmp_path / metrics_file.METRICS).read_text().splitlines()
    assert list(map(json.loads, kept)) == lines
    assert list((tmp_path / "tensorboard").iterdir())
