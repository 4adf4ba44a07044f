"""Which generators a folder has, and what the page is told of them."""

import json
import shutil

import numpy as np
import pytest

from sdgan_tf.explorer.catalogue import Exhibit, find_runs
from sdgan_tf.runs import Run


def test_one_run_or_a_folder_of_them(two_runs, tmp_path):
    assert list(find_runs(two_runs)) == ["first", "second"]
    assert list(find_runs(f"{two_runs}/second/")) == ["second"]
    (name,) = find_runs(str(tmp_path))
    assert name == tmp_path.name
    with pytest.raises(FileNotFoundError, match="not a run folder"):
        Exhibit(name, find_runs(str(tmp_path))[name]).card  # noqa: B018


def test_a_card(two_runs):
    exhibit = Exhibit("second", find_runs(two_runs)["second"])
    card = exhibit.card
    directions = card.pop("directions")
    assert [len(each) for each in directions.values()] == [3, 2]
    assert card == {
        "name": "second",
        "model": "sd_began",
        "step": 9,
        "image_size": 32,
        "d_i": 3,
        "d_o": 2,
        "identities": None,
        "pixels": {"scale": 1 / 127.5, "nearest": True},
        "data": "",
        "figures": {},
        "weak_at": "",
        "flags": "",
    }
    assert exhibit.table is None


def test_what_a_card_file_says(two_runs, tmp_path):
    run = Run(str(tmp_path))
    for name in ("card.json", "generator.weights.h5"):
        shutil.copy(f"{two_runs}/first/{name}", tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    card |= {
        "data": "faces. Terms: none",
        "weak_at": "hats",
        "figures": {
            "auc": 0.875,
            "auc_interval": [0.868, 0.881],
            "leakage": float("nan"),
            "real": None,
        },
    }
    (tmp_path / "card.json").write_text(json.dumps(card))
    found = Exhibit("faces", run).card
    assert (found["data"], found["weak_at"]) == ("faces. Terms: none", "hats")
    # What is no number in JSON is left out.
    assert found["figures"] == {"auc": 0.875, "auc_interval": [0.868, 0.881]}


def test_the_last_figures_of_a_run(trained):
    run = Run(trained.run_dir)
    lines = [
        {"source": "generated", "auc": 0.1},
        {"source": "generated", "auc": 0.2},
        {"source": "real", "auc": 0.9},
    ]
    text = "\n".join(map(json.dumps, lines)) + '\n{"source": "gen'
    with open(run.path("metrics.jsonl"), "w") as file:
        file.write(text)
    assert Exhibit("run", run).card["figures"]["auc"] == 0.2


@pytest.mark.parametrize("trained", ["embedding_pairwise"], indirect=True)
def test_a_table_of_identities(trained):
    exhibit = Exhibit("run", Run(trained.run_dir))
    card, latents = exhibit.card, exhibit.generator.latents
    assert card["identities"] == {"count": 24, "closed": True}
    codes = np.frombuffer(exhibit.table, "<f4").reshape(24, card["d_i"])
    np.testing.assert_array_equal(codes, latents.look_up(range(24)))
