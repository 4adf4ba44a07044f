"""Checkpoints: which are kept, and those that cannot be read."""

import os
import pathlib
import time

import numpy as np
import pytest

from sdgan_tf.runs import Run


def checkpoints(setup):
    names = os.listdir(setup.run.checkpoints)
    return sorted(n.split(".")[0] for n in names if n.endswith(".index"))


@pytest.mark.parametrize(
    ("hours", "stay"),
    [
        (6.0, ["step-00000003", "step-00000004"]),
        (
            1e-9,
            [
                "kept-step-00000001",
                "kept-step-00000002",
                "step-00000003",
                "step-00000004",
            ],
        ),
    ],
)
def test_which_checkpoints_stay(make_trainer, hours, stay):
    setup = make_trainer(keep_checkpoints=2, keep_every_hours=hours).set_up()
    for _ in range(4):
        setup.state.step.assign_add(1)
        setup.state.save()
    assert checkpoints(setup) == stay
    assert len(os.listdir(setup.run.checkpoints)) == 2 * len(stay)
    assert setup.state.last_saved_step == 4


def test_all_checkpoints_damaged_is_an_error(trained, make_trainer):
    for path in Run(trained.run_dir).checkpoints.paths():
        pathlib.Path(path + ".data-00000-of-00001").write_bytes(b"")
    with pytest.raises(ValueError, match="None of the 2 checkpoints"):
        make_trainer(train_steps=9).set_up()


def flip(path, bit):
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


@pytest.mark.parametrize("suffix", [".data-00000-of-00001", ".index"])
def test_a_flipped_bit_is_noticed_or_changes_nothing(
    trained, make_trainer, suffix
):
    """Of the index's last bytes some are padding."""
    run = Run(trained.run_dir)
    setup = make_trainer(train_steps=9).set_up()
    parts = setup.algorithm.checkpointed().values()
    variables = [setup.state.step, *(v for part in parts for v in part)]
    whole = [v.numpy() for v in variables]
    path = pathlib.Path(run.checkpoints.paths()[0] + suffix)
    held = {p: p.read_bytes() for p in path.parent.glob("step-00000006.*")}
    content = held[path]
    rng = np.random.default_rng(0)
    noticed = 0
    for bit in rng.choice(8 * len(content), 40, replace=False):
        flip(path, int(bit))
        restored = setup.state.restore()
        if restored.endswith("step-00000003"):
            noticed += 1
        else:
            for ours, value in zip(variables, whole, strict=True):
                np.testing.assert_array_equal(ours.numpy(), value)
        for each, bytes_ in held.items():
            each.write_bytes(bytes_)
    assert noticed >= 38
    assert setup.state.restore().endswith("step-00000006")


def test_a_damaged_checkpoint_takes_no_other_s_place(trained, make_trainer):
    """It is later than what is trained next."""
    run = Run(trained.run_dir)
    damaged = run.checkpoints.paths()[0] + ".data-00000-of-00001"
    pathlib.Path(damaged).write_bytes(b"")
    make_trainer(
        train_steps=4, save_interval_steps=1, keep_checkpoints=1
    ).train()
    assert run.generator().step == 4
    assert [os.path.basename(p) for p in run.checkpoints.paths()] == [
        "step-00000004"
    ]
    names = os.listdir(run.checkpoints)
    assert "damaged-step-00000006.index" in names


@pytest.mark.parametrize("lost", [".data-00000-of-00001", ".index"])
def test_a_half_copied_checkpoint(trained, make_trainer, lost):
    run = Run(trained.run_dir)
    os.remove(run.checkpoints.paths()[0] + lost)
    trainer = make_trainer(train_steps=9)
    setup = trainer.set_up()
    assert setup.state.steps_done == 3
    trainer.train(setup)
    assert Run(run.folder).checkpoints.paths()[0].endswith("00000009")


def test_keeping_is_not_by_the_time_of_day(make_trainer, monkeypatch):
    setup = make_trainer(keep_checkpoints=1, keep_every_hours=1.0).set_up()
    hour = [0.0]
    start = time.monotonic()
    # The time of day goes back while the hours pass.
    monkeypatch.setattr(time, "time", lambda: -3600.0 * hour[0])
    monkeypatch.setattr(time, "monotonic", lambda: start + 3600.0 * hour[0])
    for hour[0] in (0.1, 0.2, 1.5, 1.6, 3.0):
        setup.state.step.assign_add(1)
        setup.state.save()
    monkeypatch.undo()
    assert checkpoints(setup) == [
        "kept-step-00000002",
        "kept-step-00000004",
        "step-00000005",
    ]


def test_a_folder_named_like_a_checkpoint(make_trainer, tmp_path):
    setup = make_trainer(
        run_dir=str(tmp_path / "step-by-step"),
        keep_checkpoints=1,
        keep_every_hours=1e-9,
    ).set_up()
    for _ in range(2):
        setup.state.step.assign_add(1)
        setup.state.save()
    assert checkpoints(setup) == ["kept-step-00000001", "step-00000002"]
    assert len(os.listdir(setup.run.checkpoints)) == 4
