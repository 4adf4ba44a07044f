"""Photographs in packs, which cost a Beam runner little to move.

A runner that holds what is shuffled in memory pays for each element much more
than for its bytes, and paths of one collection are much alike: a photograph in
a pack takes a few dozen bytes.
"""

import collections
import dataclasses
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindows

from data_pipeline.build.photograph import Photograph

HELD = 1 << 14  # Photographs that `PackByKey` collects before it packs them.


def pack(photographs: Iterable[Photograph]) -> bytes:
    """Photographs as compressed JSON."""
    rows = [dataclasses.astuple(photograph) for photograph in photographs]
    return zlib.compress(json.dumps(rows).encode(), level=1)


def unpack(packed: bytes) -> list[Photograph]:
    """The arguments of `pack`."""
    return [
        Photograph(
            path,
            identity,
            observation,
            tuple(map(tuple, labels)),
            split,
            eyes and tuple(map(tuple, eyes)),
            pixel_hash,
            look,
            fault,
            place and tuple(place),
        )
        for (
            path,
            identity,
            observation,
            labels,
            split,
            eyes,
            pixel_hash,
            look,
            fault,
            place,
        ) in json.loads(zlib.decompress(packed))
    ]


def unpack_all(packs: Iterable[bytes]) -> Iterator[Photograph]:
    """The photographs of several packs."""
    return itertools.chain.from_iterable(map(unpack, packs))


def in_packs(photographs: Iterable[Photograph], size: int) -> Iterator[bytes]:
    """Packs of `size` photographs in their order; the last may be smaller."""
    photographs = iter(photographs)
    while held := list(itertools.islice(photographs, size)):
        yield pack(held)


@beam.typehints.with_output_types(tuple[int, bytes])
class PackByKey(beam.DoFn):
    """(key, photograph) to (key, pack), several packs to a key."""

    def start_bundle(self):
        self._held = collections.defaultdict(list)
        self._count = 0

    def process(self, element):
        key, photograph = element
        self._held[key].append(photograph)
        self._count += 1
        if self._count == HELD:
            yield from self._packed()

    def finish_bundle(self):
        for element in self._packed():
            yield GlobalWindows.windowed_value(element)

    def _packed(self):
        for key, photographs in self._held.items():
            yield key, pack(photographs)
        self.start_bundle()
