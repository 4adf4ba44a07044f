"""Measures pairs per second from many records, beside plain tf.data.

    python benchmarks/streaming.py --scratch=SCRATCH

Writes 1,000,000 records of 64 x 64 noise (12.5 GB, 10 per identity) if they do
not exist yet. Then alternates between two ways of reading them, each in a
process of its own: `tuples`, as training reads, and `plain`, which parses,
decodes and batches two neighbouring records, with AUTOTUNE throughout. `resume`
begins in the middle of a late epoch. With --drop_cache, the shards are first
removed from the page cache. Last, it measures the memory of the index of
1,000,000 identities of two 4 x 4 pictures. Results are written to
`streaming.json` beside this file.
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
import tensorflow as tf
from absl import app, flags
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from data_pipeline import records  # noqa: E402
from data_pipeline.records import pictures  # noqa: E402
from data_pipeline.tuples.identity_tuples import IdentityTuples  # noqa: E402

SHARDS = 8
BATCH = 64
STEPS = 50  # In one compiled call.
WAYS = ("tuples", "plain", "resume", "tuples", "plain")

flags.DEFINE_string("scratch", None, "Folder for the shards.", required=True)
flags.DEFINE_integer("identities", 100_000, "Identities of 10 pictures each.")
flags.DEFINE_integer(
    "index_identities", 1_000_000, "Identities of 2 tiny pictures each."
)
flags.DEFINE_float("seconds", 10.0, "Seconds of each timing.")
flags.DEFINE_bool(
    "drop_cache", False, "Empty the page cache first, to time the disk."
)
flags.DEFINE_enum(
    "one", None, [*WAYS, "index"], "Internal: the part of one process."
)


def write_shards(
    folder: pathlib.Path, identities: int, images: int, side: int
) -> None:
    """Records of noise, 512 pictures over and over; kept if there."""
    if (folder / records.MANIFEST).exists():
        return
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, [512, side, side, 3], dtype=np.uint8)
    pngs = [pictures.to_png(Image.fromarray(pixels)) for pixels in noise]
    for shard in range(SHARDS):
        path = records.shard_path(str(folder), "train", shard, SHARDS)
        names = [str(i) for i in range(shard, identities, SHARDS)]
        with tf.io.TFRecordWriter(path) as writer:
            for name in names:
                for image in range(images):
                    png = pngs[rng.integers(len(pngs))]
                    writer.write(records.example(png, name, str(image), {}))
        records.write_index(
            records.index_path(path), names, [images] * len(names)
        )
    manifest = {
        "format_version": records.FORMAT_VERSION,
        "build_id": "noise",
        "image_size": side,
        "num_shards": SHARDS,
        "label_names": [],
    }
    (folder / records.MANIFEST).write_text(json.dumps(manifest))


def plain(data: records.DataSet) -> tf.data.Dataset:
    """Pairs of neighbours, as one would write it with tf.data alone."""
    wanted = {n: records.FEATURES[n] for n in ("image", "identity_hash")}

    def parse(serialised):
        parsed = tf.io.parse_single_example(serialised, wanted)
        image = tf.io.decode_png(parsed["image"], channels=3)
        return image, parsed["identity_hash"]

    return (
        tf.data.Dataset.from_tensor_slices(data.shards("train"))
        .interleave(
            lambda shard: (
                tf.data.TFRecordDataset(shard)
                .map(parse, tf.data.AUTOTUNE)
                .batch(2)
            ),
            cycle_length=SHARDS,
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .repeat()
        .shuffle(2048)
        .batch(BATCH, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def resident_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6


def time_one(way: str, data: records.DataSet, seconds: float) -> dict:
    """Start, rate and memory of one way to read, in this process."""
    empty = resident_mb()
    started = time.perf_counter()
    if way == "plain":
        dataset = plain(data)
    else:
        tuples = IdentityTuples.open(data, "train", 2, seed=0)
        # Half an epoch and many epochs: nothing of them is read again.
        epoch = tuples.num_identities // BATCH
        start = 1000 * epoch + epoch // 2 if way == "resume" else 0
        dataset = tuples.batches(BATCH, start, cache_bytes=0)
    iterator = iter(dataset)

    @tf.function
    def read(n):
        for _ in tf.range(n):
            next(iterator)

    read(tf.constant(1))
    first = time.perf_counter() - started
    read(tf.constant(STEPS))
    batches, started, memory = 0, time.perf_counter(), []
    used = time.process_time()
    while (wall := time.perf_counter() - started) < seconds:
        read(tf.constant(STEPS))
        batches += STEPS
        memory.append(resident_mb() - empty)
    return {
        "way": way,
        "pairs_per_second": batches * BATCH / wall,
        "cores": (time.process_time() - used) / wall,
        "seconds_to_first_batch": first,
        "mb_after_a_quarter": memory[len(memory) // 4],
        "mb_at_the_end": memory[-1],
    }


def index_memory(data: records.DataSet) -> dict:
    """Measures the index of many identities: memory and time."""
    empty = resident_mb()
    started = time.perf_counter()
    tuples = IdentityTuples.open(data, "train", 2, seed=0)
    opened, index = time.perf_counter() - started, resident_mb() - empty
    result = {
        "identities": tuples.num_identities,
        "seconds_to_open": opened,
        "index_mb": index,
    }
    decoded = tuples.decoded_bytes / 1e6
    for name, cache, held in (("streaming", 0, 0), ("memory", 8e9, decoded)):
        started = time.perf_counter()
        next(iter(tuples.batches(BATCH, cache_bytes=cache)))
        result |= {
            f"seconds_to_first_batch_{name}": time.perf_counter() - started,
            f"mb_{name}_without_pictures": resident_mb() - empty - held,
        }
    return result


def drop_from_cache(folder: pathlib.Path) -> None:
    for path in folder.glob("*.tfrecord"):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main(argv: list[str]) -> None:
    flag = flags.FLAGS
    scratch = pathlib.Path(flag.scratch)
    many, tiny = scratch / "records", scratch / "identities"
    if flag.one:
        data = records.DataSet.open(str(tiny if flag.one == "index" else many))
        result = (
            index_memory(data)
            if flag.one == "index"
            else time_one(flag.one, data, flag.seconds)
        )
        print(json.dumps(result))
        return
    write_shards(many, flag.identities, 10, 64)
    write_shards(tiny, flag.index_identities, 2, 4)
    runs = []
    for way in (*WAYS, "index"):
        if flag.drop_cache:
            drop_from_cache(many)
        command = [sys.executable, __file__, f"--one={way}"]
        command += [f"--scratch={scratch}", f"--seconds={flag.seconds}"]
        output = subprocess.check_output(
            command, stderr=subprocess.DEVNULL, text=True
        )
        runs.append(json.loads(output))
        print(output, end="", flush=True)
    rates = {
        way: max(r["pairs_per_second"] for r in runs if r.get("way") == way)
        for way in ("tuples", "plain")
    }
    result = {
        "command": shlex.join(["python", *sys.argv]).replace(
            flag.scratch, "SCRATCH"
        ),
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, "
        + platform.platform(),
        "dropped_from_page_cache_before_each": flag.drop_cache,
        "tuples_over_plain": rates["tuples"] / rates["plain"],
        "runs": runs,
    }
    name = "streaming_disk.json" if flag.drop_cache else "streaming.json"
    (ROOT / "benchmarks" / name).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    app.run(main)
