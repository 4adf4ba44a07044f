"""The benchmark's line, in this process and on small products."""

import json

import pytest

from data_pipeline.pairs import IdentityTuples
from sdgan_tf import benchmark
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.generators import Generator


@pytest.fixture
def tuples(tmp_path, monkeypatch):
    """Pairs of 6 identities of noise at 8 x 8 pixels."""
    monkeypatch.setattr(benchmark, "DATA_IDENTITIES", 6)
    monkeypatch.setattr(benchmark, "DATA_IMAGES", 3)
    data = benchmark.write_noise(str(tmp_path), 8)
    return IdentityTuples.open(data, "train", 2, seed=0)


def test_noise_is_a_data_set(tuples):
    assert tuples.counts.tolist() == [3] * 6
    batch = next(iter(tuples.batches(4)))
    assert batch["images"].shape == (4, 2, 8, 8, 3)
    # All bytes occur: nothing that a file could be made smaller by.
    assert len(set(batch["images"].numpy().ravel().tolist())) > 240


@pytest.mark.parametrize("cache_bytes", [8e9, 0])
def test_data_rate_counts_tuples(tuples, cache_bytes, monkeypatch):
    monkeypatch.setattr(benchmark, "DATA_BATCHES", 50)
    monkeypatch.setattr(benchmark, "_timed", lambda call: call() or 2.0)
    assert benchmark.data_rate(tuples, 4, cache_bytes) == 100.0


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


def test_serving_rate(make_config):
    algorithm = build_algorithm(make_config().experiment)
    generator = Generator(
        algorithm.generator, algorithm.latents, algorithm.pixels, step=0
    )
    rates = benchmark.serving_rate(generator, repeats=2)
    assert rates["saved_model_images_per_second"] > 64
    assert 0 < rates["saved_model_milliseconds_batch_1"] < 1000
    # At this width it is mostly the call itself: no more than the order.
    assert 0.1 < rates["saved_model_time_share_of_keras"] < 10


def test_explorer_clicks(random_run):
    clicks = benchmark.explorer_clicks(random_run.generator(), repeats=2)
    assert list(clicks) == [
        "explorer_row_milliseconds",
        "explorer_column_milliseconds",
        "explorer_grid_milliseconds",
    ]
    assert min(clicks.values()) > 0
