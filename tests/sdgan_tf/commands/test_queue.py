"""The command `queue`: how it ends."""

import os
import signal

import pytest

from sdgan_tf.commands import queue
from sdgan_tf.commands.options import Queue as Options


@pytest.fixture
def run_until(monkeypatch, tmp_path):
    """`run_until(number)`: runs a queue that gets a signal."""
    path = tmp_path / "list.json"
    path.write_text('[{"name": "a", "flags": []}]')
    options = Options(
        trainings=str(path),
        data_dir=str(tmp_path),
        output_dir=str(tmp_path / "out"),
    )

    def run_until(number):
        def run(waiting):
            os.kill(os.getpid(), number)
            assert waiting.stopped
            return False

        monkeypatch.setattr(queue.Queue, "run", run)
        queue.run(options)

    handlers = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    yield run_until
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_ctrl_c(run_until, capsys):
    with pytest.raises(SystemExit) as caught:
        run_until(signal.SIGINT)
    assert caught.value.code == 130
    assert capsys.readouterr().out.endswith("\na: waiting\n")


def test_sigterm(run_until, capsys):
    run_until(signal.SIGTERM)
    assert capsys.readouterr().out.endswith("\na: waiting\n")
