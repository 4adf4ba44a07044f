"""The Apache Beam pipeline from photographs to shards and a report.

Every picture is read twice: once to check it, to hash its pixels and to find
its face if one is wanted, once to write its shard. So the shuffle in between
moves paths, hashes and eyes only, and those in packs.
"""

import itertools
import json

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from data_pipeline.build import packing, places
from data_pipeline.build.inspection import InspectPictures
from data_pipeline.build.layouts import registry
from data_pipeline.build.listing import Notes
from data_pipeline.build.near_duplicates import FindNearDuplicates
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.selection import (
    DropRepeats,
    GroupByIdentity,
    SelectIdentities,
)
from data_pipeline.build.shard_writing import WriteShards
from data_pipeline.build.sharding import AssignShards

SPREAD = 64  # Photographs that one worker inspects in one go.


def list_collection(options: BuildOptions, notes: Notes | None = None):
    """The photographs of the collection, in the order of their layout.

    Args:
        options: Of the build.
        notes: Collects remarks on the collection.
    """
    yield from registry.list_photographs(
        options.layout, options.input, options.reading, notes or Notes()
    )


def list_packs(options: BuildOptions):
    """The same as (task, pack); a worker inspects a whole task.

    That is one pack, except that a file which can only be read from its
    beginning is one task.
    """
    tasks = itertools.count()
    for stream, photographs in itertools.groupby(
        list_collection(options),
        lambda p: p.place[0] if places.is_stream(p.place) else None,
    ):
        task = next(tasks)
        for pack in packing.in_packs(photographs, SPREAD):
            yield task, pack
            if stream is None:
                task = next(tasks)


class ListPhotographs(beam.PTransform):
    """The collection as `list_packs` gives it."""

    def __init__(self, options: BuildOptions):
        super().__init__()
        self._options = options

    def expand(self, root):
        return (
            root
            | "Collection" >> beam.Create([self._options])
            | "List"
            >> beam.FlatMap(list_packs).with_output_types(tuple[int, bytes])
        )


class WriteReport(beam.PTransform):
    """Writes what a build has found as JSON.

    It is applied to a dictionary of collections. Of those that are named in
    `counted` the report has the number of elements alone.
    """

    def __init__(self, path: str, counted: tuple[str, ...]):
        super().__init__()
        self._path = path
        self._counted = counted

    def expand(self, parts):
        found = {}
        for name, collection in parts.items():
            if name in self._counted:
                collection |= f"Count_{name}" >> (
                    beam.combiners.Count.Globally()
                )
            else:
                # Outputs of one step that has several are no side input.
                collection |= f"All_{name}" >> beam.Map(lambda e: e)
            found[name] = beam.pvalue.AsList(collection)
        root = next(iter(parts.values())).pipeline
        return (
            root
            | "One" >> beam.Create([None])
            | "Gather"
            >> beam.Map(
                lambda _, **found: {k: list(v) for k, v in found.items()},
                **found,
            )
            | "Write" >> beam.Map(_write_report, self._path)
        )


def _write_report(report: dict, path: str) -> None:
    with FileSystems.create(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        file.write(json.dumps(report).encode())


def pipeline(root: beam.Pipeline, options: BuildOptions, report_path: str):
    """From a collection to shards and a report of what was left out."""
    inspected = root | ListPhotographs(options) | InspectPictures(options)
    distinct = inspected.good | DropRepeats()
    near = distinct.kept | FindNearDuplicates(options.drop_near_duplicates)
    identities = near["kept"] | GroupByIdentity()
    selected = identities["whole"] | SelectIdentities(options)
    shards = (
        selected.placed
        | AssignShards(options.num_shards, options.temporary_dir)
        | WriteShards(options)
    )
    _ = {
        "counts": shards,
        "good": inspected.good,
        "bad": inspected.bad,
        "repeated": distinct.repeated,
        "ambiguous": distinct.ambiguous,
        "near": near["near"],
        "partners": near["partners"],
        "alike": identities["alike"],
        "errors": selected.errors,
        "too_few": selected.too_few,
        "beyond_max": selected.beyond_max,
    } | WriteReport(report_path, counted=("good", "too_few", "beyond_max"))
