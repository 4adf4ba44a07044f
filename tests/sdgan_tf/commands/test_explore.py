"""The command `explore`: what it hands to the page's server."""

import pytest

from sdgan_tf.commands import explore
from sdgan_tf.commands.options import Explore
from sdgan_tf.explorer import serving


def test_options_become_settings(random_run, monkeypatch, capsys):
    served = {}

    def serve(exhibits, settings, address, port, started):
        (exhibit,) = exhibits
        served.update(
            step=exhibit.generator.step,
            name=exhibit.name,
            settings=settings,
            port=port,
        )
        started(f"http://{address}:{port}")

    monkeypatch.setattr(serving, "serve", serve)
    explore.run(
        Explore(
            run_dir=random_run.folder,
            seed=9,
            explore_rows=2,
            explore_columns=3,
            explore_port=1234,
            crop="pad",
            restarts=5,
            upload_megabytes=2.5,
        )
    )
    assert (served["name"], served["step"]) == ("run", 0)
    settings = served["settings"]
    assert (settings.seed, settings.rows, settings.columns) == (9, 2, 3)
    assert (settings.crop, settings.restarts) == ("pad", 5)
    assert settings.upload_megabytes == 2.5
    assert capsys.readouterr().out.splitlines() == [
        "Explorer: http://127.0.0.1:1234 (Ctrl-C ends it)",
    ]


def test_run_dir_is_wanted():
    with pytest.raises(ValueError, match="--run_dir is missing"):
        explore.run(Explore())
