"""Measures time and memory of `build_records` as the collection grows.

    python benchmarks/beam_scale.py --scratch=SCRATCH

Makes collections of 8 x 8 noise with 10 pictures per identity, and one identity
with a twentieth of all pictures. Builds each with the default local runner, and
writes `beam_scale.json` and `beam_scale.svg` beside this file. Memory is the
peak of the resident memory of all of the build's processes together.
"""

import datetime
import json
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import time

import numpy as np
import psutil
from absl import app, flags
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from data_pipeline import records  # noqa: E402
from data_pipeline.records import pictures  # noqa: E402

SIDE = 8
IMAGES = 10  # Of each identity but the large one.
LARGE_PART = 20  # One identity has this part of all pictures.
SHARDS = 8

flags.DEFINE_list(
    "sizes", ["10000", "100000", "1000000"], "Numbers of pictures."
)
flags.DEFINE_string(
    "scratch", None, "Folder for the collections.", required=True
)
flags.DEFINE_list("beam", [], "Additional flags for Beam.")
flags.DEFINE_string(
    "output", str(ROOT / "benchmarks"), "Folder for the results."
)


def write_collection(folder: pathlib.Path, size: int) -> None:
    """Distinct pictures in the layout `folders`; kept if they are there."""
    if folder.exists():
        return
    rng = np.random.default_rng(size)
    part = folder.with_suffix(".part")
    large = size // LARGE_PART
    for i in range(size):
        identity = "large" if i < large else f"{(i - large) // IMAGES:06d}"
        path = part / identity / f"{i:07d}.png"
        if i in (0, large) or (i - large) % IMAGES == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, [SIDE, SIDE, 3], dtype=np.uint8)
        path.write_bytes(pictures.to_png(Image.fromarray(pixels)))
    part.rename(folder)


def resident_bytes(process: psutil.Process) -> int:
    """Memory of a process and of those it started."""
    total = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            total += each.memory_info().rss
        except psutil.Error:  # It ended meanwhile.
            continue
    return total


def measure(command: list[str]) -> dict:
    """Seconds and peak memory of a command, which must succeed."""
    started = time.perf_counter()
    process = psutil.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident_bytes(process))
        time.sleep(0.1)
    if process.returncode:
        raise RuntimeError(
            f"The build failed. Received: status={process.returncode}"
        )
    return {
        "seconds": time.perf_counter() - started,
        "peak_bytes": peak,
    }


def shard_records(folder: str) -> list[int]:
    """Records of each shard of the split with the large identity."""
    data = records.DataSet.open(folder)
    split = records.split_of(records.identity_hash("large"))
    return [int(data.index(shard).counts.sum()) for shard in data.shards(split)]


def draw_plot(runs: list[dict], path: pathlib.Path) -> None:
    """Seconds and memory over records, both axes logarithmic, as an SVG."""
    width, height, left, bottom = 640, 320, 60, 40
    panel = width // 2
    low, high = np.log10(runs[0]["records"]), np.log10(runs[-1]["records"])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    panels = (("seconds", 1, "seconds"), ("peak_bytes", 1e6, "peak memory, MB"))
    for number, (name, unit, title) in enumerate(panels):
        values = np.array([run[name] / unit for run in runs])
        bottom_value = np.floor(np.log10(values.min()))
        top_value = np.ceil(np.log10(values.max()) + 1e-9)
        points = []
        for run, value in zip(runs, values, strict=True):
            across = (np.log10(run["records"]) - low) / max(high - low, 1)
            up = (np.log10(value) - bottom_value) / (top_value - bottom_value)
            x = number * panel + left + across * (panel - left - 50)
            y = height - bottom - up * (height - bottom - 40)
            points.append(f"{x:.1f},{y:.1f}")
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
            parts.append(
                f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">'
                f"{value:,.0f}</text>"
            )
            parts.append(
                f'<text x="{x:.1f}" y="{height - 20}" text-anchor="middle">'
                f"{run['records']:,}</text>"
            )
        parts.append(
            f'<polyline points="{" ".join(points)}" fill="none" '
            'stroke="black"/>'
        )
        parts.append(
            f'<text x="{number * panel + left}" y="16">{title}, over records '
            "(logarithmic)</text>"
        )
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def main(argv: list[str]) -> None:
    flag = flags.FLAGS
    scratch = pathlib.Path(flag.scratch)
    output = pathlib.Path(flag.output)
    runs = []
    for size in map(int, flag.sizes):
        source, target = scratch / f"in-{size}", scratch / f"out-{size}"
        scratch.mkdir(parents=True, exist_ok=True)
        write_collection(source, size)
        command = [
            sys.executable,
            "-m",
            "data_pipeline.build_records",
            "--layout=folders",
            f"--input={source}",
            f"--output_dir={target}",
            "--image_size=32",
            f"--num_shards={SHARDS}",
            "--overwrite",
            *flag.beam,
        ]
        run = {"records": size, **measure(command)}
        run["records_of_shards"] = shard_records(str(target))
        mean = np.mean(run["records_of_shards"])
        run["largest_shard_over_mean"] = max(run["records_of_shards"]) / mean
        run["smallest_shard_over_mean"] = min(run["records_of_shards"]) / mean
        runs.append(run)
        print(json.dumps(run), flush=True)
        result = {
            "command": shlex.join(["python", *sys.argv]).replace(
                flag.scratch, "SCRATCH"
            ),
            "build": " ".join(["python", *command[1:]]).replace(
                flag.scratch, "SCRATCH"
            ),
            "date": datetime.date.today().isoformat(),
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, "
            + platform.platform(),
            "runs": runs,
        }
        if len(runs) > 1:
            first = runs[0]
            more = size - first["records"]
            grown = run["peak_bytes"] - first["peak_bytes"]
            result["bytes_of_memory_a_further_record"] = grown / more
            grown = run["seconds"] - first["seconds"]
            result["milliseconds_a_further_record"] = 1e3 * grown / more
            draw_plot(runs, output / "beam_scale.svg")
        (output / "beam_scale.json").write_text(
            json.dumps(result, indent=2) + "\n"
        )


if __name__ == "__main__":
    app.run(main)
