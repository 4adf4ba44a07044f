"""Flagfiles: flags line by line, among them other flagfiles.

absl looks for a flagfile that another one names in the working directory, and
takes a byte order mark for a part of the first flag. The project's own
flagfiles are found from any folder.
"""

import codecs
import difflib
import glob
import os
from collections.abc import Iterator

from absl import flags

NAMES = ("--flagfile", "-flagfile")
PACKAGE = os.path.dirname(os.path.dirname(__file__))
# Where the project's own lie: in an installed package, and in a checkout.
OWN = (os.path.join(PACKAGE, "flagfiles"), os.path.dirname(PACKAGE))
# What editors mark a text's encoding by; without, it is UTF-8.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class BadFlagfile(flags.Error):
    """A flagfile that cannot be read."""


def expanded(arguments: list[str]) -> list[str]:
    """Arguments with each `--flagfile=PATH` replaced by the flags in it.

    As with absl a flag that comes later goes first, `#` and `//` begin
    comments, and nothing is replaced behind `--`. A path within a flagfile
    is relative to its folder; what is not there is looked for in the working
    directory, and then among the project's own flagfiles.

    Raises:
        BadFlagfile: If one cannot be read or includes itself through others.
    """
    given: list[str] = []
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "--":
            return [*given, argument, *left]
        name, equals, path = argument.partition("=")
        if name not in NAMES:
            given.append(argument)
            continue
        if not equals:
            if not left:
                raise BadFlagfile(
                    "`flagfile` must name a file: --flagfile=PATH"
                )
            path = left.pop(0)
        given += _flags_of(_found(os.path.expanduser(path.strip())), ())
    return given


def own() -> list[str]:
    """Lists the project's own flagfiles, by the names that find them."""
    for folder in OWN:
        paths = [
            *glob.glob("*.flags", root_dir=folder),
            *glob.glob(os.path.join("variants", "*.flags"), root_dir=folder),
        ]
        if paths:
            return sorted(paths)
    return []


def _found(path: str, beside: str = "") -> str:
    """The file that a path means: the first that exists, or the path itself.

    Args:
        path: As it was given.
        beside: The folder of the flagfile that names it.
    """
    if path:
        for folder in (beside, "", *OWN):
            candidate = os.path.join(folder, path)
            if os.path.exists(candidate):
                return candidate
    return path


def _flags_of(path: str, above: tuple[str, ...]) -> Iterator[str]:
    """The flags in a file; `above` are the files that led to it."""
    if not path:
        return
    real = os.path.realpath(path)
    if real in (os.path.realpath(other) for other in above):
        raise BadFlagfile(
            "A flagfile must not include itself through others. "
            "Received: " + " -> ".join([*above, path])
        )
    for line in _lines(path, above):
        name, equals, nested = line.partition("=")
        if name not in NAMES:
            yield line
            continue
        if not equals:
            # In a file a flag and its value stand on one line.
            raise BadFlagfile(
                "A flagfile must include another one with --flagfile=PATH. "
                f"Received: {line!r} in {path!r}"
            )
        nested = os.path.expanduser(nested.strip())
        found = _found(nested, os.path.dirname(path))
        yield from _flags_of(found, (*above, path))


def _lines(path: str, above: tuple[str, ...]) -> list[str]:
    """Reads the lines that are neither blank nor comments."""
    named = f", named in {above[-1]!r}" if above else ""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        near = difflib.get_close_matches(path, own(), 1)
        advice = f". Did you mean: {near[0]} ?" if near else ""
        raise BadFlagfile(
            f"`flagfile` cannot be opened ({error.strerror}). "
            f"Received: flagfile={path!r}{named}{advice}"
        ) from error
    mark, encoding = next(
        (found for found in MARKS if data.startswith(found[0])), (b"", "utf-8")
    )
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise BadFlagfile(
            f"`flagfile` must be a text in UTF-8 ({error.reason}). "
            f"Received: flagfile={path!r}{named}"
        ) from error
    # A file that was joined of others has marks within.
    lines = (line.strip("\ufeff").strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "//"))]
