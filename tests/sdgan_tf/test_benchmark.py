"""Rates that `--mode=bench` prints."""

from sdgan_tf import benchmark
from sdgan_tf.algorithms.registry import build_algorithm
from sdgan_tf.runs import TrainedGenerator


def test_serving_rate(make_config):
    algorithm = build_algorithm(make_config().experiment)
    generator = TrainedGenerator(
        algorithm.generator, algorithm.latents, algorithm.pixels, step=0
    )
    rates = benchmark.serving_rate(generator, repeats=2)
    assert rates["saved_model_images_per_second"] > 64
    assert 0 < rates["saved_model_milliseconds_batch_1"] < 1000
    # At this width it is mostly the call itself: no more than the order.
    assert 0.1 < rates["saved_model_time_share_of_keras"] < 10
