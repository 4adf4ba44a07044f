"""Every system through train, resume, sample, evaluate and export."""

import csv
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from sdgan_tf.algorithms.registry import SYSTEMS
from sdgan_tf.commands import export, sample
from sdgan_tf.commands.options import Export, Sample
from sdgan_tf.evaluation import evaluate
from sdgan_tf.runs import Run

ROOT = pathlib.Path(__file__).parents[2]
CASES = {name: {"model": name} for name in SYSTEMS} | {
    "commonalities": {"commonalities": "identity,observation"},
    "projected_commonalities": {
        "model": "sd_projected",
        "features": "none",
        "commonalities": "identity,observation",
    },
}
# The others share most of their code with these.
QUICK = ("sd_dcgan", "sd_began")
MORE = {
    "stacked_began": {"model": "sd_began", "discriminator": "stacked"},
    "k3": {"k": 3},
    "projected_k3": {"model": "sd_projected", "k": 3, "features": "none"},
    "averaged_encoder": {"model": "encoder_pairwise", "ema_decay": 0.9},
}
KNOWN = ("ac_dcgan", "dr_gan", "embedding_pairwise", "encoder_pairwise")
EXTRA_SIGNATURES = {
    "ac_dcgan": {"embed"},
    "embedding_pairwise": {"embed"},
    "encoder_pairwise": {"encode"},
    "dr_gan": {"encode"},
    "began": {"reconstruct"},
    "sd_began": {"reconstruct"},
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[] if case in QUICK else pytest.mark.slow)
        for case in [*CASES, *MORE]
    ],
)
def test_whole_way(
    case, make_options, train_run, split_data, mean_colour, capsys
):
    options = {
        "data_dir": split_data,
        "dim": 8,
        "batch_size": 4,
        "log_interval_steps": 1,
        **(CASES | MORE)[case],
    }
    if "k" in SYSTEMS[options.get("model", "sd_dcgan")].fixed:
        options["k"] = SYSTEMS[options["model"]].fixed["k"]
    train_run(train_steps=2, **options)
    run = Run(make_options().run_dir)
    train_run(train_steps=3, **options)
    assert "Resumed from" in capsys.readouterr().out
    assert run.generator().step == 3
    lines = (pathlib.Path(run.folder) / "stats.jsonl").read_text().splitlines()
    steps = [json.loads(line) for line in lines]
    scalars = [s for s in steps if "loss/generator" in s]
    assert [s["step"] for s in scalars] == [1, 2, 3]
    assert all(np.isfinite(v) for s in scalars for v in s.values())

    sample.run(Sample(run_dir=run.folder, num_identities=2, num_observations=3))
    with np.load(run.path("generated", "samples.npz")) as samples:
        images, z_i = samples["images"], samples["z_i"]
    assert images.shape == (2 * 3, 32, 32, 3) and images.std() > 0
    line = evaluate(
        run.folder,
        split_data,
        num_pairs=8,
        verifier=mean_colour,
        bootstrap_samples=20,
        factor_steps=2,
    )
    assert line["step"] == 3 and 0 <= line["auc"] <= 1

    model = run.experiment().model
    if model in KNOWN:
        assert run.experiment().known_identities == 12
        table = run.generator().latents.look_up(range(12)).numpy()
        assert all((code == table).all(axis=1).any() for code in z_i)
        assert np.unique(table, axis=0).shape == (12, 6)
        with open(run.path("identities.csv")) as file:
            names = [row["identity"] for row in csv.DictReader(file)]
        assert sorted(names) == sorted(f"train{n}" for n in range(12))
    else:
        assert "independent_auc" in line or run.experiment().k > 1
        assert not os.path.exists(run.path("identities.csv"))

    export.run(Export(run_dir=run.folder))
    loaded = tf.saved_model.load(run.path("export", model, "3"))
    usual = {"serving_default", "png", "grid", "sample", "interpolate"}
    extra = EXTRA_SIGNATURES.get(model, set())
    assert set(loaded.signatures) == usual | extra
    served = loaded.signatures["serving_default"](
        z_i=tf.constant(z_i), z_o=tf.zeros([len(z_i), run.experiment().d_o])
    )
    assert served["images"].shape == (6, 32, 32, 3)


def test_one_as_a_program(split_data, tmp_path):
    """A variant's flagfile, made small as `make experiments` does."""
    command = [
        sys.executable,
        "main.py",
        "--flagfile=variants/encoder_pairwise.flags",
        "--flagfile=experiments/small.flags",
        f"--data_dir={split_data}",
        f"--run_dir={tmp_path / 'run'}",
        "--dim=8",
        "--train_steps=2",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert Run(str(tmp_path / "run")).generator().step == 2
