"""The command `evaluate`: its last line, its files, its options."""

import dataclasses
import json

import pytest

from sdgan_tf.commands import evaluate
from sdgan_tf.commands.options import Evaluate
from sdgan_tf.config import Experiment
from sdgan_tf.evaluation import protocol
from sdgan_tf.evaluation.metrics_file import METRICS


@pytest.fixture
def options(trained, split_data, mean_colour, monkeypatch):
    """Those of a run of 6 steps; mean colours are taken for FaceNet."""
    monkeypatch.setattr(protocol, "open_verifier", lambda *_: mean_colour)
    return Evaluate(
        run_dir=trained.run_dir,
        data_dir=split_data,
        num_pairs=8,
        bootstrap_samples=20,
        factor_steps=2,
    )


def last_line(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_last_line_is_kept(options, capsys, tmp_path):
    evaluate.run(options)
    line = last_line(capsys)
    assert line["source"] == "generated" and line["step"] == 6
    run = tmp_path / "run"
    assert json.loads((run / METRICS).read_text()) == line
    assert list((run / "tensorboard").iterdir())


def test_same_seed_same_numbers(options, capsys):
    lines = []
    for seed in (0, 0, 1):
        evaluate.run(dataclasses.replace(options, seed=seed))
        lines.append(last_line(capsys) | {"seconds": 0})
    assert lines[0] == lines[1] != lines[2]


def test_report(options, capsys, tmp_path):
    evaluate.run(dataclasses.replace(options, report=True))
    line = last_line(capsys)
    page = (tmp_path / "run" / "report-00000006.html").read_text()
    assert f"{line['auc']:.4f}" in page
    assert f"{line['real_auc']:.4f}" in page
    assert "matched, farthest (worst)" in page
    # It opens offline: nothing is fetched, every picture is inside.
    assert "http" not in page.replace(line["run_dir"], "")
    assert page.count("data:image/png;base64,") == page.count("<img")
    assert "36 photographs of train, 12 photographs of test" in page
    assert "photographs of the nearest training identity" in page
    assert "mean_colour_n8_m12" in page


def test_without_novelty(options, capsys, tmp_path):
    evaluate.run(dataclasses.replace(options, report=True, novelty=False))
    line = last_line(capsys)
    assert "novelty" not in line and "distinct_identities" in line
    page = (tmp_path / "run" / "report-00000006.html").read_text()
    assert "They were not looked for." in page
    assert "Not measured: `downstream` was off." in page


def test_downstream(options, capsys, tmp_path):
    training = {"downstream": True, "verifier_steps": 2, "verifier_width": 2}
    evaluate.run(dataclasses.replace(options, report=True, **training))
    line = last_line(capsys)
    assert line["downstream"] == {
        "identities": 12,
        "pictures": 36,
        "steps": 2,
        "width": 2,
    }
    gap = line["downstream_real_auc"] - line["downstream_auc"]
    assert line["downstream_gap"] == pytest.approx(gap)
    page = (tmp_path / "run" / "report-00000006.html").read_text()
    assert "12 identities with 36 pictures" in page
    assert f"{line['downstream_both_auc']:.4f}" in page
    evaluate.run(dataclasses.replace(options, evaluate_real=True, **training))
    real = last_line(capsys)
    # Two networks of one seed that saw the same photographs.
    assert real["downstream_auc"] == pytest.approx(
        line["downstream_real_auc"], abs=0.26
    )
    assert "downstream_gap" not in real


def test_the_report_opens_in_a_browser_without_network(
    options, new_page, tmp_path
):
    evaluate.run(dataclasses.replace(options, report=True))
    page = new_page(viewport={"width": 390, "height": 800})
    page.goto((tmp_path / "run" / "report-00000006.html").as_uri())
    assert page.locator("tbody tr").count() > 9
    pictures = page.locator("img")
    widths = pictures.evaluate_all("all => all.map(i => i.naturalWidth)")
    assert len(widths) > 3 and min(widths) >= 32
    assert page.locator("svg").count() == 5
    # Nothing is wider than a telephone; tables scroll by themselves.
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_figures_need(options, capsys):
    evaluate.run(options)
    printed = capsys.readouterr().out
    for line in (
        "No novelty_fpir5: it needs 100 test identities with two photographs, "
        "and there are 4, of 21 in the whole data set\n",
        "No tar_at_1e-2: it needs 1,000 pairs, --num_pairs=1000\n",
    ):
        assert line in printed


def test_photographs_need_no_run(options, capsys):
    evaluate.run(dataclasses.replace(options, run_dir="", evaluate_real=True))
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("tau ") or "/" in printed[0]
    line = json.loads(printed[-1])
    assert line["source"] == "real" and line["run_dir"] is None


def test_photographs_are_kept_by_a_run(options, capsys, tmp_path):
    evaluate.run(dataclasses.replace(options, evaluate_real=True))
    line = last_line(capsys)
    assert json.loads((tmp_path / "run" / METRICS).read_text()) == line


def test_options_are_wanted(options):
    for changes, message in (
        ({"run_dir": ""}, "--run_dir is missing"),
        ({"data_dir": ""}, "--data_dir is missing"),
        (
            {"evaluate_real": True, "report": True},
            "leave --evaluate_real out",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            evaluate.run(dataclasses.replace(options, **changes))


def test_no_checkpoint_is_no_result(options, tmp_path):
    run = tmp_path / "empty"
    run.mkdir()
    (run / "config.json").write_text(Experiment(image_size=32).to_json())
    with pytest.raises(FileNotFoundError, match="has no checkpoint"):
        evaluate.run(dataclasses.replace(options, run_dir=str(run)))
    assert not (run / METRICS).exists()
