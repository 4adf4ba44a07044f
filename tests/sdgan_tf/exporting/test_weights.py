"""Weights with their card: taken like a run."""

import json
import os

import numpy as np

from sdgan_tf.exporting.signatures import run_signatures
from sdgan_tf.exporting.weights import write_weights
from sdgan_tf.runs import Run


def test_weights_are_taken_like_a_run(trained, tmp_path):
    run = Run(trained.run_dir)
    generator = run.generator()
    folder = str(tmp_path / "weights")
    write_weights(run, generator, folder)
    assert sorted(os.listdir(folder)) == ["card.json", "generator.weights.h5"]
    again = Run(folder).generator()
    assert again.step == 6
    z = np.linspace(-1, 1, 33, dtype="float32").reshape(3, 11)
    np.testing.assert_array_equal(again(z), generator(z))
    # Such a folder can be exported, too.
    assert "png" in run_signatures(Run(folder), again)


def test_the_card_names_the_data(random_run, tmp_path):
    card_path = os.path.join(random_run.folder, "card.json")
    with open(card_path) as file:
        assert "data" not in json.load(file)
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    generator = random_run.generator()
    Run(first).write_generator(
        generator.network, random_run.experiment(), 0, data="toys, CC0"
    )
    write_weights(Run(first), generator, second)
    with open(os.path.join(second, "card.json")) as file:
        assert json.load(file)["data"] == "toys, CC0"
