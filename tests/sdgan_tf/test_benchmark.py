"""The benchmark's line, in this process and on small products."""

import json

import pytest

from sdgan_tf import benchmark


@pytest.mark.parametrize("model", ["sd_began"])
def test_every_model_has_a_line(make_config, monkeypatch, capsys, model):
    monkeypatch.setattr(benchmark, "PEAK_SIDE", 256)
    monkeypatch.setattr(benchmark, "DATA_IDENTITIES", 8)
    monkeypatch.setattr(benchmark, "DATA_BATCHES", 2)
    benchmark.bench(make_config(mode="bench", model=model))
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["model"] == model
    assert line["seconds_per_step"] > 0
    assert line["gflop_per_step"] > 0
    assert 0 < line["peak_memory_gb"] <= benchmark.peak_memory_gb()


def test_peak_memory_is_in_gigabytes():
    # A process with TensorFlow in it.
    assert 0.1 < benchmark.peak_memory_gb() < 100
