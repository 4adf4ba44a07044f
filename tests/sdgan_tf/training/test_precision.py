"""The precision "auto", and steps compiled by XLA."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.config import Experiment
from sdgan_tf.training import precision
from sdgan_tf.training.setup import build
from sdgan_tf.training.steps import compile_steps
from sdgan_tf.training.strategy import make_workers

TINY = Experiment(
    image_size=32, dim=4, d_i=3, d_o=2, batch_size=4, precision="auto"
)


@pytest.fixture
def batch():
    images = np.random.default_rng(0).integers(0, 256, [4, 2, 32, 32, 3])
    return {"images": tf.constant(images, tf.uint8)}


def test_first_steps(batch):
    experiment = dataclasses.replace(TINY, precision="float32")
    found = precision.first_steps(experiment, batch, 2)
    assert len(found.losses) == 2 and len(found.losses[0]) == 2
    # The networks are trained: the second step has other losses.
    assert found.losses[0] != found.losses[1]
    assert found.seconds > 0
    again = precision.first_steps(experiment, batch, 2)
    assert again.losses == found.losses


def test_first_steps_end_in_time(batch, monkeypatch):
    monkeypatch.setattr(precision, "CHECK_SECONDS", 1e-9)
    experiment = dataclasses.replace(TINY, precision="mixed_bfloat16")
    assert len(precision.first_steps(experiment, batch, 3).losses) == 1


def test_float32_where_there_is_no_bfloat16(cpu, batch, monkeypatch):
    cpu("flags : avx512f\n")
    monkeypatch.setattr(precision, "first_steps", None)  # Nothing is tried.
    chosen = precision.resolve_precision(TINY, batch)
    assert chosen.precision == "float32"


@pytest.mark.parametrize(
    ("narrow", "seconds", "chosen", "said"),
    [
        ([0.75, 1.0], 0.25, "mixed_bfloat16", "0.25 s a step, where float32"),
        ([0.75, 1.0], 0.60, "float32", "bfloat16 takes 0.60 s a step"),
        ([0.70, 1.10], 0.25, "float32", "a loss lies"),
        ([0.60, 1.0], 0.25, "float32", "a loss lies"),
    ],
)
def test_the_faster_one_if_losses_agree(
    cpu, batch, monkeypatch, capsys, narrow, seconds, chosen, said
):
    cpu("flags : avx512_bf16\n")
    found = {
        "float32": precision.FirstSteps([[0.70], [1.0]], 0.5),
        "mixed_bfloat16": precision.FirstSteps(
            [narrow[:1], narrow[1:]], seconds
        ),
    }
    monkeypatch.setattr(
        precision,
        "first_steps",
        lambda experiment, _, count: found[experiment.precision],
    )
    assert precision.resolve_precision(TINY, batch).precision == chosen
    assert said in capsys.readouterr().out


def test_a_named_precision_is_kept(batch):
    named = dataclasses.replace(TINY, precision="float32")
    assert precision.resolve_precision(named, batch) is named


def test_auto_is_settled_once(cpu, make_trainer):
    cpu("flags : avx512f\n")
    run = make_trainer(precision="auto", train_steps=1).train().run
    assert run.experiment().precision == "float32"
    # Elsewhere it would now be bfloat16: the run keeps what it has.
    cpu("flags : avx512_bf16\n")
    make_trainer(precision="auto", train_steps=2).train()
    assert run.generator().step == 2
    with pytest.raises(ValueError, match="precision: 'mixed_bfloat16' != "):
        make_trainer(precision="mixed_bfloat16").set_up()


def test_auto_needs_the_data(make_trainer):
    with pytest.raises(
        ValueError, match="Without `data_dir`, pass a precision"
    ):
        build(make_trainer(precision="auto").experiment, make_workers())


@pytest.mark.slow
def test_compiled_by_xla_equals_plain(make_trainer, tmp_path):
    weights = []
    for jit_compile in (False, True):
        trainer = make_trainer(
            run_dir=str(tmp_path / str(jit_compile)),
            train_steps=2,
            loss="lsgan",
            jit_compile=jit_compile,
        )
        generator = trainer.train().run.generator()
        weights.append(generator.network.get_weights())
    for plain, compiled in zip(*weights, strict=True):
        np.testing.assert_allclose(compiled, plain, atol=2e-3)


def test_xla_is_for_one_replica():
    two = type("Two", (), {"num_replicas_in_sync": 2})
    with pytest.raises(ValueError, match="one replica. Received: replicas=2"):
        compile_steps(two, None, 0, None, jit_compile=True)
