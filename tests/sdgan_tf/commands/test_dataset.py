"""The command `dataset`: its last line, its card, its options."""

import json

import pytest

from sdgan_tf.commands import dataset
from sdgan_tf.commands.options import Dataset


def options(**changes) -> Dataset:
    return Dataset(**{"dataset_identities": 3, "dataset_pictures": 2} | changes)


def test_the_last_line_is_the_card(random_run, capsys, tmp_path):
    folder = tmp_path / "made"
    dataset.run(options(run_dir=random_run.folder, output_dir=str(folder)))
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line == json.loads((folder / "card.json").read_text())
    assert line["generator"] == "run" and line["seed"] == 0
    assert line["fingerprint"] == random_run.experiment().fingerprint()
    assert line["terms"].startswith("not noted")
    assert len(list(folder.glob("identities/*/*.png"))) == 6


def test_training_identities_are_looked_at(
    random_run, split_data, mean_colour, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr(dataset, "open_verifier", lambda *_: mean_colour)
    given = options(run_dir=random_run.folder, min_distance=1e-6)
    dataset.run(
        Dataset(
            **vars(given)
            | {"data_dir": split_data, "output_dir": str(tmp_path / "a")}
        )
    )
    printed = capsys.readouterr().out
    assert json.loads(printed.splitlines()[-1])["training_identities"] == 12
    dataset.run(Dataset(**vars(given) | {"output_dir": str(tmp_path / "b")}))
    printed = capsys.readouterr().out
    assert (
        "Generated identities are not compared with training identities."
        in printed
    )


def test_options_are_wanted():
    with pytest.raises(ValueError, match="--run_dir is missing"):
        dataset.run(options(output_dir="new"))
    with pytest.raises(ValueError, match="--output_dir is missing"):
        dataset.run(options(run_dir="run"))
