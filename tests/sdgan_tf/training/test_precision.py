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


@pytest.fixture
def cpu(monkeypatch, tmp_path):
    """Makes this processor one with some flags."""

    def pretend(text):
        path = tmp_path / "cpuinfo"
        if text is not None:
            path.write_text(text)
        monkeypatch.setattr(precision, "CPUINFO", path)

    return pretend


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("model name\t: A\nflags\t\t: fpu avx512_bf16 sse\n", True),
        ("flags\t\t: fpu avx512f amx_bf16\n", True),
        ("Features\t: fp asimd bf16\n", True),
        ("flags\t\t: fpu avx512f avx512vl\n", False),
        ("bugs\t\t: avx512_bf16\n", False),
        (None, False),
    ],
)
def test_what_the_processor_says(cpu, text, has):
    cpu(text)
    assert precision.has_bfloat16() == has


def test_bfloat16_where_losses_agree(cpu, batch, capsys):
    cpu("flags : avx512_bf16\n")
    chosen = precision.resolve_precision(TINY, batch)
    assert chosen == dataclasses.replace(TINY, precision="mixed_bfloat16")
    assert "losses of 3 steps agree" in capsys.readouterr().out


def test_float32_where_there_is_no_bfloat16(cpu, batch, monkeypatch):
    cpu("flags : avx512f\n")
    monkeypatch.setattr(precision, "losses", None)  # Nothing is tried.
    chosen = precision.resolve_precision(TINY, batch)
    assert chosen.precision == "float32"


@pytest.mark.parametrize(
    ("narrow", "chosen"),
    [
        ([0.75, 1.0], "mixed_bfloat16"),
        ([0.70, 1.10], "float32"),
        ([0.60, 1.0], "float32"),
    ],
)
def test_float32_where_losses_differ(cpu, batch, monkeypatch, narrow, chosen):
    cpu("flags : avx512_bf16\n")
    found = {"float32": [0.70, 1.0], "mixed_bfloat16": narrow}
    monkeypatch.setattr(
        precision, "losses", lambda experiment, _: found[experiment.precision]
    )
    assert precision.resolve_precision(TINY, batch).precision == chosen


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
