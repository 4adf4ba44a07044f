"""The command `bench`."""

import json

from sdgan_tf.commands import bench
from sdgan_tf.commands.options import Bench
from sdgan_tf.config import Experiment


def test_one_line_of_what_was_asked_for(monkeypatch, capsys):
    asked = []

    def measure(*given):
        asked.append(given)
        return {"model": given[0].model}

    monkeypatch.setattr(bench, "bench", measure)
    experiment = Experiment(model="sd_began", dim=4)
    named = frozenset(["model", "dim", "bench_steps"])
    bench.run(Bench(named=named, bench_steps=3, experiment=experiment))
    assert json.loads(capsys.readouterr().out) == {"model": "sd_began"}
    ((given, workers, of_experiment, repeats, jit_compile),) = asked
    assert (given, of_experiment) == (experiment, {"model", "dim"})
    assert (workers.number, repeats, jit_compile) == (1, 3, False)
