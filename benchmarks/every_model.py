"""Times a step of every model, as a fraction of the peak.

    python benchmarks/every_model.py

Runs `main.py --mode=bench` with each model's reference configuration in float32
and bfloat16, one process after the other. Writes `every_model.json` beside this
file and prints a table in Markdown.
"""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

from absl import app, flags

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = [
    "dcgan",
    "began",
    "ac_dcgan",
    "sd_dcgan",
    "sd_dcgan_commonalities",
    "sd_began",
    "embedding_pairwise",
    "encoder_pairwise",
    "dr_gan",
]
HEAD = """\
| model | GFLOP a step | float32: s | fraction | bfloat16: s | fraction |
|---|---|---|---|---|---|"""
PRECISIONS = ["float32", "mixed_bfloat16"]
STEPS = flags.DEFINE_integer("steps", 5, "Timed steps; the fastest counts.")


def bench(flagfile: str, precision: str) -> dict:
    """Runs `--mode=bench` for one model; returns its line."""
    done = subprocess.run(
        [
            sys.executable,
            "main.py",
            "--mode=bench",
            f"--flagfile={flagfile}",
            f"--precision={precision}",
            f"--bench_steps={STEPS.value}",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Unknown arguments: {argv[1:]}")
    print(HEAD)
    runs = []
    for name in MODELS:
        flagfile = f"variants/{name}.flags"
        pair = [bench(flagfile, precision) for precision in PRECISIONS]
        runs += [{"flagfile": flagfile, **run} for run in pair]
        cells = [name, f"{pair[0]['gflop_per_step']:,.1f}"]
        for run in pair:
            cells += [
                f"{run['seconds_per_step']:.2f}",
                f"{run['peak_share']:.2f}",
            ]
        print(f"| {' | '.join(cells)} |", flush=True)
    result = {
        "command": f"python benchmarks/every_model.py --steps={STEPS.value}",
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.platform()}",
        "runs": runs,
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
