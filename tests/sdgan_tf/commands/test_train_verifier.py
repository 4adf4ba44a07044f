"""The command `train_verifier`: its last line and its options."""

import json

import pytest

from sdgan_tf.commands import train_verifier
from sdgan_tf.commands.options import TrainVerifier
from sdgan_tf.evaluation.trained_verifier import CARD


def test_the_last_line_is_the_card(split_data, capsys, tmp_path):
    folder = tmp_path / "verifier"
    train_verifier.run(
        TrainVerifier(
            data_dir=split_data,
            verifier=str(folder),
            verifier_steps=2,
            verifier_width=2,
            num_pairs=8,
            seed=3,
        )
    )
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("step 1/2 loss=")
    assert "validation_auc=" in printed[0] and "left" in printed[0]
    line = json.loads(printed[-1])
    assert line.pop("seconds") > 0
    assert line["validation_pairs"] == 8 and line["seed"] == 3
    assert line.items() <= json.loads((folder / CARD).read_text()).items()


def test_options_are_wanted():
    with pytest.raises(ValueError, match="--data_dir is missing"):
        train_verifier.run(TrainVerifier(verifier="folder"))
    with pytest.raises(ValueError, match="--verifier is missing"):
        train_verifier.run(TrainVerifier(data_dir="data"))
