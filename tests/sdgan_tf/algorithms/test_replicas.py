"""Two replicas equal one, for every algorithm."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

# gamma and lambda_k make k_t so large that its part in the second step shows.
EXPERIMENTS = {
    "dcgan": {"loss": "dcgan"},
    "wgan-gp": {"loss": "wgan-gp"},
    "began": {"model": "sd_began", "gamma": 2.0, "lambda_k": 1.0},
    "small_data": {
        "augment": "diffaug",
        "r1_weight": 0.1,
        "ema_decay": 0.9,
    },
    "spectral": {"spectral_norm": True, "loss": "lsgan"},
    "ac_dcgan": {"model": "ac_dcgan", "k": 1, "known_identities": 6},
    "encoder_pairwise": {"model": "encoder_pairwise", "known_identities": 6},
    "commonalities": {"commonalities": "identity,observation"},
    "projected": {
        "model": "sd_projected",
        "features": "none",
        "augment": "diffaug_weak",
        "mirror": True,
        "mismatched_weight": 0.3,
        "ema_half_life_images": 50.0,
    },
}
WEIGHTS = {
    "dcgan": {"generator": 14, "discriminator": 16},
    "wgan-gp": {"generator": 14, "discriminator": 16},
    "small_data": {"generator": 14, "discriminator": 16},
    "spectral": {"generator": 14, "discriminator": 16},
    # The embedding, and the auxiliary dense layer.
    "ac_dcgan": {"generator": 14 + 1, "discriminator": 16 + 2},
    # The encoder: convolutions, two batch norms, the projection.
    "encoder_pairwise": {"generator": 14 + 12, "discriminator": 16},
    # A second head: a convolution, a batch norm, a dense layer.
    "commonalities": {"generator": 14, "discriminator": 16 + 6},
    # Dense, norm, blocks of two, two and one convolution with their norms, a
    # skip, the picture; on each scale a tower, a single head, a tuple head.
    "projected": {
        "generator": 3 + 6 + 6 + 3 + 4 + 2,
        "discriminator": (6 + 2 + 5) + 3 * (3 + 2 + 5),
    },
    # Dense, 6 + 1 convolutions; encoder 9 + 1, bottleneck 1 + 2, decoder.
    "began": {"generator": 16, "discriminator": 20 + 6 + 16},
}
SCALARS = dict.fromkeys(EXPERIMENTS, 4) | {
    "began": 7,
    "ac_dcgan": 6,
    "projected": 7,
}


# The others share most of their code with these.
QUICK = ("dcgan", "began")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)
        for name in EXPERIMENTS
    ],
)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def replicas(name, tmp_path_factory):
    """Results by replicas (1 or 2) and name, from a process of its own."""
    output = tmp_path_factory.mktemp("replicas") / "results.npz"
    worker = pathlib.Path(__file__).with_name("replicas_worker.py")
    root = pathlib.Path(__file__).parents[3]
    done = subprocess.run(
        [
            sys.executable,
            str(worker),
            str(output),
            json.dumps(EXPERIMENTS[name]),
        ],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    results = {1: {}, 2: {}}
    with np.load(output) as file:
        for key in file.files:
            count, _, variable = key.partition("|")
            results[int(count)][variable] = file[key]
    return results


def test_replicas_start_equal(replicas, name):
    one, two = replicas[1], replicas[2]
    assert sorted(one) == sorted(two)
    # Only batch norms need it, and it costs a reduction.
    assert not one["synchronized"]
    assert two["synchronized"] == (name != "began")
    starts = [name for name in one if name.endswith("/0")]
    starts = [name for name in starts if not name.startswith("scalar")]
    assert len(starts) > 30
    for name in starts:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)


def test_replicas_report_equal_scalars(replicas, name):
    names = [name for name in replicas[1] if name.startswith("scalar")]
    assert len(names) == 2 * SCALARS[name]
    for name in names:
        tolerance = 1e-4 if name.endswith("/0") else 5e-3
        assert replicas[2][name] == pytest.approx(
            replicas[1][name], rel=tolerance, abs=tolerance
        ), name


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_replicas_sum_to_equal_gradients(replicas, name, network):
    names = [
        name[:-2]
        for name in replicas[1]
        if name.startswith(f"{network}/trainable") and name.endswith("/0")
    ]
    assert len(names) == WEIGHTS[name][network]

    def gradients(count):
        values = replicas[count]
        return [values[f"{n}/0"] - values[f"{n}/1"] for n in names]

    one, two = gradients(1), gradients(2)
    largest = max(np.abs(g).max() for g in one)
    assert largest > 1e-3
    for name, a, b in zip(names, one, two, strict=True):
        np.testing.assert_allclose(
            b, a, rtol=0, atol=1e-3 * largest, err_msg=name
        )


def test_replicas_keep_equal_moving_statistics(replicas, name):
    names = [n for n in replicas[1] if "/non_trainable/" in n and "/1" in n]
    names = [n for n in names if n.startswith("generator")]
    assert len(names) >= 6 if name != "began" else not names
    for name in names:
        np.testing.assert_allclose(
            replicas[2][name],
            replicas[1][name],
            rtol=1e-4,
            atol=1e-5,
            err_msg=name,
        )


def test_replicas_move_k_t_by_the_global_batch(replicas, name):
    if name != "began":
        assert not any(n.startswith("k_t") for n in replicas[1])
        return
    # The worker compared the copies of both replicas.
    one, two = (
        [replicas[n][f"k_t/00/{step}"] for step in (0, 1, 2)] for n in (1, 2)
    )
    np.testing.assert_allclose(one, two, rtol=1e-4)
    assert one[0] == 0
    for step in (0, 1):
        moved = one[step] + replicas[1][f"scalar:began/balance/{step}"]
        assert one[step + 1] == pytest.approx(np.clip(moved, 0, 1), abs=1e-6)
    assert 0.01 < one[1] < 1


def test_replicas_keep_equal_averages(replicas, name):
    names = [n for n in replicas[1] if n.startswith("generator_average")]
    assert bool(names) == (name in ("small_data", "projected"))
    for name in names:
        np.testing.assert_allclose(
            replicas[2][name],
            replicas[1][name],
            rtol=1e-3,
            atol=1e-3,
            err_msg=name,
        )
