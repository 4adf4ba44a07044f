"""The layout `pattern`: a regular expression reads the paths."""

import os
import re
from collections.abc import Iterator

from data_pipeline.build import listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.build.layouts.names import (
    BESIDE_TRAINING,
    SPLIT_FOLDERS,
    split_of,
)
from data_pipeline.build.listing import Notes
from data_pipeline.build.photograph import Photograph
from data_pipeline.build.reading import IDENTITY, OBSERVATION, SPLIT, Reading


def photographs(root: str, how: Reading, notes: Notes) -> Iterator[Photograph]:
    """Paths from whose beginning a regular expression tells the identity.

    Its groups are `identity`, `observation`, `split`; others are labels.
    """
    wanted, unlike = re.compile(how.pattern or ""), None
    for folder, parts, files in listing.walk(root):
        for name in listing.pictures_in(folder, files, notes):
            relative = "/".join((*parts, name))
            match = wanted.match(relative)
            told = match.groupdict("") if match else {}
            identity = told.pop(IDENTITY, None)
            if not identity:
                unlike = unlike or (
                    f"that --pattern does not match, like {relative}"
                )
                notes.passed_over[unlike] += 1
                continue
            observation = told.pop(OBSERVATION, None)
            split = told.pop(SPLIT, None)
            if split and not split_of(split):
                names = sorted(SPLIT_FOLDERS | BESIDE_TRAINING)
                raise BadCollection(
                    "The group `split` of --pattern must be one of "
                    f"{names}. Received: {split!r} of {relative!r}"
                )
            yield Photograph(
                listing.join(folder, name),
                identity,
                observation or os.path.splitext(relative)[0],
                tuple(told.items()),
                split_of(split) if split else None,
            )
