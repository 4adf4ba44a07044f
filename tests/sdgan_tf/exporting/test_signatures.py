"""Signatures: their smallest inputs, and codes of known identities."""

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.exporting.signatures import (
    ServedGenerator,
    example,
    run_signatures,
)
from sdgan_tf.runs import Run


def test_the_smallest_inputs(random_run):
    signatures = ServedGenerator(random_run.generator()).signatures()
    assert {n for n, s in signatures.items() if s.batchable} == {
        *("serving_default", "png")
    }
    inputs = example(signatures["interpolate"])
    assert inputs["steps"] == 2 and inputs["steps"].dtype == np.int32
    assert inputs["z_i"].shape == (2, 3) and not inputs["z_i"].any()
    inputs = example(signatures["grid"])
    assert (inputs["z_i"].shape, inputs["z_o"].shape) == ((1, 3), (1, 2))


@pytest.mark.parametrize(
    "model, name", [("embedding_pairwise", "embed"), ("dr_gan", "encode")]
)
def test_codes_of_subjects_are_those_of_the_average(
    train_run, tmp_path, model, name
):
    train_run(model=model, k=1 + (name == "embed"), ema_decay=0.9)
    run = Run(str(tmp_path / "run"))
    generator = run.generator()
    alone = Run(str(tmp_path / "alone"))
    alone.write_generator(generator.network, run.experiment(), step=6)
    if name == "embed":
        given = tf.range(5, dtype=tf.int64)
        wanted = generator.latents.look_up(given)
    else:
        given = tf.random.stateless_uniform([5, 32, 32, 3], [0, 0], -1)
        wanted = generator.network.encoder(given, training=False)
    # An average that has not been loaded would differ by as much.
    assert np.ptp(wanted) > 1e-3
    for folder in (run, alone):
        signatures = run_signatures(folder, folder.generator())
        z_i = signatures[name].function(given)["z_i"]
        np.testing.assert_allclose(z_i, wanted, atol=1e-6)
