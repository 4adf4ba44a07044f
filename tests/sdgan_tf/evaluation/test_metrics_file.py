"""The name of a result and the files that keep it."""

import json

from sdgan_tf.evaluation import metrics_file
from sdgan_tf.runs import Run


def test_metric_names():
    assert metrics_file.metric_name(10_000) == "verification10k"
    assert metrics_file.metric_name(2_500) == "verification2500"
    assert metrics_file.metric_name(500, "judges") == "judges500"


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
