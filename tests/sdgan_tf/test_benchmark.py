"""The benchmark, in this process and on small products."""

import dataclasses

import pytest

from data_pipeline.tuples.identity_tuples import IdentityTuples
from sdgan_tf import benchmark
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.allocator import peak_memory_gb
from sdgan_tf.config import Experiment
from sdgan_tf.generators import Generator
from sdgan_tf.training.strategy import make_workers


@pytest.fixture
def tuples(tmp_path):
    """Pairs of 6 identities of noise at 8 x 8 pixels."""
    data = benchmark.write_noise(str(tmp_path), 8, 6, 3)
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


@pytest.fixture
def quick(monkeypatch):
    """Little noise and small products."""
    monkeypatch.setattr(benchmark, "PEAK_SIDE", 256)
    monkeypatch.setattr(benchmark, "DATA_IDENTITIES", 8)
    monkeypatch.setattr(benchmark, "DATA_BATCHES", 2)


def test_what_is_measured(quick):
    experiment = Experiment(
        model="sd_began", image_size=32, dim=4, batch_size=4
    )
    result = benchmark.bench(experiment, make_workers(), repeats=1)
    assert result["model"] == "sd_began"
    assert result["seconds_per_step"] > 0
    assert result["gflop_per_step"] > 0
    assert 0 < result["peak_memory_gb"] <= peak_memory_gb()


def test_identities_that_a_model_knows_are_those_of_the_noise(
    quick, monkeypatch
):
    """As many as are asked for, and no more pictures for that."""
    written = []

    def write(folder, *sizes):
        written.append(sizes)
        raise InterruptedError

    monkeypatch.setattr(benchmark, "write_noise", write)
    for known in (0, 100, 10_000):
        experiment = Experiment(model="embedding_pairwise")
        with pytest.raises(InterruptedError):
            benchmark.bench(
                dataclasses.replace(experiment, known_identities=known),
                make_workers(),
                named={"known_identities"},
            )
    assert written == [(64, 8, 8), (64, 100, 8), (64, 10_000, 2)]


def test_serving_rate(trained):
    algorithm = build_algorithm(trained.experiment)
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
