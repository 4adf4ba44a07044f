"""Which photographs and which identities a data set gets."""

import dataclasses
import itertools

import apache_beam as beam

from data_pipeline.build import near_duplicates, packing
from data_pipeline.build.options import BuildOptions
from data_pipeline.build.photograph import Photograph
from data_pipeline.records import splits

BUCKETS = 512  # Of pixel hashes, and of identities: keys of the shuffles.


def keep_distinct(bucket):
    """Drops repeated pictures, and pictures that show two identities.

    A bucket has all photographs whose pixel hashes fall into it. Yields the
    photograph that stays; the others go to the outputs "repeated" and
    "ambiguous". Only an identity can be in a split, so a picture of two could
    leak from one split to another.
    """
    _, packs = bucket
    for _, alike in _grouped(packing.unpack_all(packs), _pixel_hash):
        if len({p.identity for p in alike}) > 1:
            for photograph in alike:
                yield beam.pvalue.TaggedOutput("ambiguous", photograph.path)
            continue
        yield dataclasses.replace(alike[0], pixel_hash=None)
        for photograph in alike[1:]:
            yield beam.pvalue.TaggedOutput("repeated", photograph.path)


class DropRepeats(beam.PTransform):
    """Photographs to those whose pixels no other has.

    Its outputs are `kept`, and the paths of those that are `repeated` within
    an identity, or `ambiguous`: the same for two identities.
    """

    def expand(self, photographs):
        return (
            photographs
            | "Bucket"
            >> beam.Map(lambda p: (int(p.pixel_hash, 16) % BUCKETS, p))
            | "Pack" >> beam.ParDo(packing.PackByKey())
            | "SamePicture" >> beam.GroupByKey()
            | "Distinct"
            >> beam.FlatMap(keep_distinct).with_outputs(
                "repeated", "ambiguous", main="kept"
            )
        )


def identities_of(bucket):
    """(hash, number of photographs, their pack) of a bucket's identities."""
    _, packs = bucket
    photographs = packing.unpack_all(packs)
    for hashed, own in _grouped(photographs, _identity_hash):
        own, alike = near_duplicates.thin(own)
        for path in alike:
            yield beam.pvalue.TaggedOutput("alike", path)
        yield hashed, len(own), packing.pack(own)


class GroupByIdentity(beam.PTransform):
    """Photographs to (hash, number of photographs, pack) of identities.

    Its outputs are these, `whole`, and the paths of those that are `alike`:
    near duplicates of one that stays, where photographs still have a look.
    """

    def expand(self, photographs):
        grouped = (
            photographs
            | "Bucket" >> beam.Map(lambda p: (_identity_hash(p) % BUCKETS, p))
            | "Pack" >> beam.ParDo(packing.PackByKey())
            | "SameIdentity" >> beam.GroupByKey()
            | "Identities"
            >> beam.FlatMap(identities_of).with_outputs("alike", main="whole")
        )
        # Typed, which outputs of several kinds are not: else it would be
        # pickled.
        whole = grouped.whole | "Typed" >> beam.Map(
            lambda e: e
        ).with_output_types(tuple[int, int, bytes])
        return {"whole": whole, "alike": grouped.alike}


def place(
    identity, min_images: int, last_hash, fractions=splits.SPLIT_FRACTIONS
):
    """One identity to its (split, hash, number of photographs, pack)."""
    hashed, count, packed = identity
    photographs = packing.unpack(packed)
    names = sorted({p.identity for p in photographs})
    if len(names) > 1:
        yield beam.pvalue.TaggedOutput(
            "errors", f"two identities have the hash {hashed}: {names[:2]}"
        )
        return
    fixed = {p.split for p in photographs}
    if len(fixed) > 1:
        yield beam.pvalue.TaggedOutput(
            "errors",
            f"the identity {names[0]!r} is in more than one split: "
            f"{sorted(str(s) for s in fixed)}",
        )
        return
    if count < min_images:
        yield beam.pvalue.TaggedOutput("too_few", names[0])
        return
    if last_hash is not None and hashed > last_hash:
        yield beam.pvalue.TaggedOutput("beyond_max", names[0])
        return
    split = fixed.pop() or splits.split_of(hashed, fractions)
    yield split, hashed, count, packed


class SelectIdentities(beam.PTransform):
    """Identities to those with enough images, up to a number, in splits.

    Its outputs are `placed`, (split, hash, number of photographs, pack); the
    names of those with `too_few` images or `beyond_max`; and the `errors` of
    a collection that contradicts itself.
    """

    def __init__(self, options: BuildOptions):
        super().__init__()
        self._options = options

    def expand(self, identities):
        last_hash = None
        if self._options.max_identities:
            last_hash = beam.pvalue.AsSingleton(self._last_hash(identities))
        return identities | "Place" >> beam.FlatMap(
            place,
            self._options.min_images,
            last_hash,
            self._options.split_fractions,
        ).with_outputs("errors", "too_few", "beyond_max", main="placed")

    def _last_hash(self, identities):
        """The hash of the last identity that is taken."""
        minimum = self._options.min_images
        return (
            identities
            | "Enough"
            >> beam.FlatMap(lambda e: [e[0]] if e[1] >= minimum else [])
            | "First"
            >> beam.combiners.Top.Smallest(self._options.max_identities)
            | "Last" >> beam.Map(lambda first: max(first, default=None))
        )


def _grouped(photographs, key):
    """(key, photographs) of each key; both are sorted."""
    photographs = sorted(photographs, key=lambda p: (key(p), p))
    for value, group in itertools.groupby(photographs, key):
        yield value, list(group)


def _pixel_hash(photograph: Photograph) -> str | None:
    return photograph.pixel_hash


def _identity_hash(photograph: Photograph) -> int:
    return splits.identity_hash(photograph.identity)
