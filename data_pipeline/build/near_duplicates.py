"""Near duplicates in a collection of any size: found by bands of their looks.

Looks that differ in at most four bits agree in one of five bands of bits. So
photographs are only compared with those of the same value in a band, and no
worker ever sees all. What moves are a few numbers of a photograph, never it.
"""

import collections
import dataclasses
import hashlib

import apache_beam as beam
import numpy as np
from apache_beam.transforms.window import GlobalWindows

from data_pipeline.build import perceptual_hash
from data_pipeline.build.photograph import Photograph
from data_pipeline.records import splits

# One band more than bits may differ; 64 bits in parts of 13 and 12.
BANDS = perceptual_hash.SIGNS + 1
_WIDTHS = [64 * (n + 1) // BANDS - 64 * n // BANDS for n in range(BANDS)]
_STARTS = np.cumsum([0, *_WIDTHS[:-1]])
BUCKETS = 64  # Of the values of a band: keys of the shuffle.
HELD = 1 << 14  # Photographs that are collected before they are sent.
ROWS = 256  # Photographs that are compared with all of one band at once.

# A photograph as it is compared: a number of its own, whom it shows, its look.
ENTRY = np.dtype(
    [("number", "<i8"), ("identity", "<i8"), ("look", perceptual_hash.LOOK)]
)


def number_of(photograph: Photograph) -> int:
    """A number of its own: no other photograph has its path."""
    digest = hashlib.sha256(photograph.path.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def entries(photographs: list[Photograph]) -> np.ndarray:
    """Photographs that have a look, as `ENTRY`."""
    found = np.empty(len(photographs), ENTRY)
    found["number"] = [number_of(p) for p in photographs]
    found["identity"] = [splits.identity_hash(p.identity) for p in photographs]
    found["look"] = perceptual_hash.read(
        [p.look for p in photographs if p.look]
    )
    return found


def band_values(signs: np.ndarray, band: int) -> np.ndarray:
    """The bits of one band, as numbers."""
    mask = np.uint64((1 << _WIDTHS[band]) - 1)
    return (signs >> np.uint64(_STARTS[band])) & mask


def partners(bucket):
    """(number, partner) of near duplicates that show different identities.

    A photograph has one partner, the one of the smallest number, however many
    are alike: a picture that a thousand identities share makes no million.

    Args:
        bucket: (band, part of its values), and packs of entries.
    """
    (band, _), packs = bucket
    held = np.frombuffer(b"".join(packs), ENTRY)
    # In an order that does not depend on who sent them.
    values = band_values(held["look"]["signs"], band)
    order = np.lexsort((held["number"], values))
    held, values = held[order], values[order]
    starts = np.flatnonzero(np.diff(values, prepend=values[:1] ^ 1))
    for start, end in zip(starts, [*starts[1:], len(held)], strict=True):
        alike = held[start:end]
        for first in range(0, len(alike), ROWS):
            pairs = perceptual_hash.near(alike["look"], ROWS, first)
            who = alike["identity"][pairs]
            a, b = alike["number"][pairs[who[:, 0] != who[:, 1]]].T
            rows, where = np.unique(a, return_index=True)
            # Pairs come in the order of their second, and so of its number.
            yield from zip(rows.tolist(), b[where].tolist(), strict=True)


def thin(photographs: list[Photograph]) -> tuple[list[Photograph], list[str]]:
    """One identity's photographs, and the paths of the near duplicates.

    In their order each stays that is near none of those that stayed before.
    """
    with_look = [n for n, p in enumerate(photographs) if p.look]
    looks = perceptual_hash.read([p.look for p in photographs if p.look])
    before = collections.defaultdict(list)
    for first in range(0, len(looks), ROWS):
        for a, b in perceptual_hash.near(looks, ROWS, first).tolist():
            if b < a:
                before[a].append(b)
    dropped: set[int] = set()
    for row in sorted(before):
        if not dropped.issuperset(before[row]):
            dropped.add(row)
    left_out = {with_look[row] for row in dropped}
    kept = [p for n, p in enumerate(photographs) if n not in left_out]
    return kept, [photographs[n].path for n in sorted(left_out)]


@beam.typehints.with_output_types(tuple[tuple[int, int], bytes])
class _Bands(beam.DoFn):
    """Photographs to ((band, part of its values), packed entries)."""

    def start_bundle(self):
        self._held = []

    def process(self, photograph):
        if photograph.look:
            self._held.append(photograph)
        if len(self._held) == HELD:
            yield from self._packed()

    def finish_bundle(self):
        for element in self._packed():
            yield GlobalWindows.windowed_value(element)

    def _packed(self):
        held = entries(self._held)
        for band in range(BANDS):
            keys = band_values(held["look"]["signs"], band) % BUCKETS
            for key in np.unique(keys):
                yield (band, int(key)), held[keys == key].tobytes()
        self.start_bundle()


class _Sorted(beam.CombineFn):
    """Numbers to a sorted array of them."""

    def create_accumulator(self):
        return []

    def add_input(self, accumulator, element):
        accumulator.append(element)
        return accumulator

    def merge_accumulators(self, accumulators):
        return [n for accumulator in accumulators for n in accumulator]

    def extract_output(self, accumulator):
        return np.sort(np.array(accumulator, np.int64))


def tell_apart(photograph: Photograph, numbers: np.ndarray, drop: bool):
    """A photograph as it goes on; near duplicates to the output "near" too.

    Args:
        photograph: One of the collection.
        numbers: Of the near duplicates of two identities, sorted.
        drop: Whether these go no further.
    """
    number = number_of(photograph)
    place = np.searchsorted(numbers, number)
    is_near = place < len(numbers) and int(numbers[place]) == number
    if is_near:
        yield beam.pvalue.TaggedOutput(
            "near", (number, photograph.path, photograph.identity)
        )
    if not (is_near and drop):
        # Near duplicates of one identity are looked for where it is whole.
        look = photograph.look if drop else None
        yield dataclasses.replace(photograph, look=look)


class FindNearDuplicates(beam.PTransform):
    """Photographs to those that go on, and the near duplicates of others.

    Its outputs are `kept`; `near`, (number, path, identity) of photographs
    that are near to one of another identity; and `partners`, (number, number
    of one that it is near to) of the same.
    """

    def __init__(self, drop: bool):
        super().__init__()
        self._drop = drop

    def expand(self, photographs):
        found = (
            photographs
            | "Bands" >> beam.ParDo(_Bands())
            | "SameBand" >> beam.GroupByKey()
            | "Compare"
            >> beam.FlatMap(partners).with_output_types(tuple[int, int])
            | "OnePartner" >> beam.CombinePerKey(min)
        )
        numbers = (
            found | "Numbers" >> beam.Keys() | beam.CombineGlobally(_Sorted())
        )
        told = photographs | "TellApart" >> beam.FlatMap(
            tell_apart, beam.pvalue.AsSingleton(numbers), self._drop
        ).with_outputs("near", main="kept")
        return {"kept": told.kept, "near": told.near, "partners": found}
