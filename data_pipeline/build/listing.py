"""Lists the pictures of a collection and skips files of other kinds."""

import collections
import dataclasses
import itertools
import os
import unicodedata
from collections.abc import Callable

import tensorflow as tf

from data_pipeline.build import archives, places
from data_pipeline.build.errors import BadCollection
from data_pipeline.records import pictures

# What systems and file servers put beside the files of their users. Names
# that begin with a dot are hidden too.
HIDDEN = (
    "__macosx",
    "@eadir",
    "@recycle",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "system volume information",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
)
# Whole collections in one file.
CONTAINERS = (
    ".parquet",
    ".arrow",
    ".rec",
    ".idx",
    ".mdb",
    ".lmdb",
    ".tfrecord",
    ".tar",
    ".tgz",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".lzma",
    ".tbz2",
    ".tbz",
    ".tb2",
    ".txz",
    ".tlz",
    ".tzst",
    ".zip",
    ".rar",
    ".7z",
    ".h5",
    ".hdf5",
    ".npz",
    ".npy",
    ".mat",
    ".pkl",
    ".pickle",
    ".bin",
    ".xlsx",
    ".xls",
    ".ods",
)
# Files that lie beside pictures by the thousand, and are not opened to see
# whether they are pictures.
BESIDE = (".txt", ".csv", ".tsv", ".json", ".xml", ".md", ".html", ".pts")
HEAD_BYTES = 16
NAMED = 8  # Kinds of files that one line names.


@dataclasses.dataclass
class Notes:
    """Counts what a listing passed over, and notes on the rest.

    Attributes:
        kinds: Files that are no pictures, by what their names end in.
        passed_over: Pictures that are not taken, by the reason.
        missing_labels: Photographs without a label, by its name.
        lines: Sentences for the user.
        splits: The split of each folder or shard that is named as one.
        names: Identities by their names without case, blanks and form.
    """

    kinds: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    passed_over: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    missing_labels: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    lines: list[str] = dataclasses.field(default_factory=list)
    splits: dict[str, str] = dataclasses.field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def name(self, identity: str) -> None:
        """Remembers the name of an identity."""
        folded = _folded(identity)
        known = self.names.get(folded, ())
        if identity not in known:
            self.names[folded] = (*known, identity)

    def report(self, listed: int) -> list[str]:
        """Lines for a person.

        Args:
            listed: Photographs that were listed.
        """
        lines = list(self.lines)
        if self.splits:
            taken = ", ".join(
                f"`{name}` as {split}"
                for name, split in sorted(self.splits.items())
            )
            lines.append(
                f"splits: {taken} (--nofolder_splits: by the hash of the "
                "identity)"
            )
        if self.kinds:
            lines.append(
                f"skipped: {count_files(self.kinds)}: {name_kinds(self.kinds)}"
            )
        lines += [
            f"skipped: {number:,} {'picture' + 's' * (number > 1)} {why}"
            for why, number in self.passed_over.items()
        ]
        lines += [
            f"without the label `{name}`: {number:,} of {listed:,} pictures"
            for name, number in self.missing_labels.items()
        ]
        alike = sorted(names for names in self.names.values() if names[1:])
        if alike:
            shown = "; ".join(
                " and ".join(map(ascii, sorted(names))) for names in alike[:5]
            )
            more = f" and {len(alike) - 5} more" if len(alike) > 5 else ""
            lines.append(
                "WARNING: identities whose names differ only by case, spaces "
                f"or Unicode form: {shown}{more}."
            )
        if sum(self.passed_over.values()) > listed:
            lines.append(
                "WARNING: more pictures are skipped than used: is the "
                "layout right?"
            )
        return lines


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    # Again: to lower case some letters come apart.
    return unicodedata.normalize("NFKC", "".join(folded.split()))


def most_common(kinds: collections.Counter) -> list[tuple[str, int]]:
    """The `NAMED` most frequent kinds of files, equal ones by name."""
    return sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))[:NAMED]


def name_kinds(kinds: collections.Counter) -> str:
    """ ".avif 3, .heic 1": the most frequent kinds of files."""
    text = ", ".join(f"{kind} {n:,}" for kind, n in most_common(kinds))
    return text + (", ..." if len(kinds) > NAMED else "")


def count_files(kinds: collections.Counter) -> str:
    """ "1 file" or "12 files"."""
    total = sum(kinds.values())
    return f"{total:,} file" + "s" * (total != 1)


def is_hidden(name: str) -> bool:
    """Whether no user means the file or folder of that name."""
    return name.startswith(".") or name.lower() in HIDDEN


def kind(name: str) -> str:
    """The ending of a file's name, or "no ending"."""
    return os.path.splitext(name)[1].lower() or "no ending"


def is_picture(folder: str, name: str) -> bool:
    """Whether a file is a picture by its name or, failing that, its head."""
    ending = kind(name)
    if ending in pictures.SUFFIXES:
        return True
    if ending in (*BESIDE, *CONTAINERS):
        return False
    path = join(folder, name)
    place = archives.place_of(path)
    try:
        if place:
            return pictures.is_head(places.read(place)[:HEAD_BYTES])
        with tf.io.gfile.GFile(path, "rb") as file:
            return pictures.is_head(file.read(HEAD_BYTES))
    except (OSError, tf.errors.OpError):
        return False


def join(folder: str, name: str) -> str:
    """A path in a folder, whose own path may end in a slash."""
    return folder.rstrip("/") + "/" + name if folder.strip("/") else "/" + name


def scan(folder: str) -> tuple[list[str], list[str]]:
    """The names of a folder's files and of its folders, sorted.

    What is hidden is left out, and so are links that lead back to a folder
    above, and pipes and devices.

    Raises:
        BadCollection: If a name is not UTF-8.
        OSError: If the folder cannot be read.
    """
    inside = archives.split(folder)
    try:
        if inside:
            entries = _scan_archive(*inside)
        elif "://" in folder:
            entries = list(_scan_remote(folder))
        else:
            entries = list(_scan_local(folder))
        for name, _ in entries:
            name.encode()
    except UnicodeError as error:
        raise BadCollection(
            f"A name in the folder `{folder}` is not UTF-8: {error}"
        ) from error
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(
            f"A folder of pictures cannot be read: {reason}. "
            f"Received: {folder!r}"
        ) from error
    entries = sorted(e for e in entries if not is_hidden(e[0]))
    return (
        [name for name, is_folder in entries if not is_folder],
        [name for name, is_folder in entries if is_folder],
    )


def _scan_archive(archive: str, folder: str) -> list[tuple[str, bool]]:
    files, below = archives.read(archive).folders.get(folder, ([], []))
    return [(name, False) for name in files] + [(n, True) for n in below]


def _scan_local(folder: str):
    with os.scandir(folder) as entries:
        for entry in entries:
            is_folder = entry.is_dir()
            if is_folder and entry.is_symlink():
                target = os.path.realpath(entry.path)
                here = os.path.realpath(folder)
                if os.path.commonpath([target, here]) == target:
                    continue
            if not is_folder and _is_special(entry):
                continue
            yield entry.name, is_folder


def _is_special(entry: os.DirEntry) -> bool:
    """Whether it is a pipe, a socket or a device, which waits when read."""
    # A link to nothing is none: it is a bad file.
    return not entry.is_file() and os.path.exists(entry.path)


def _scan_remote(folder: str):
    for name in tf.io.gfile.listdir(folder):
        # Buckets' folders end in a slash; other systems must be asked.
        is_folder = name.endswith("/") or (
            "." not in name and tf.io.gfile.isdir(join(folder, name))
        )
        yield name.rstrip("/"), is_folder


def pictures_in(folder: str, names: list[str], notes: Notes) -> list[str]:
    """Those names that are pictures; the others are counted by kind."""
    found = []
    for name in names:
        if is_picture(folder, name):
            found.append(name)
        else:
            notes.kinds[kind(name)] += 1
    return found


def walk(folder: str, parts: tuple[str, ...] = ()):
    """(parts of its path below the first, its files) of each folder."""
    files, below = scan(folder)
    yield folder, parts, files
    for name in below:
        yield from walk(join(folder, name), (*parts, name))


def top(
    folder: str, but: Callable[[str], object]
) -> tuple[str, tuple[str, ...]]:
    """The folder below which a collection branches, and the way to it.

    An archive mostly holds one folder, and that all the others.

    Args:
        folder: The collection.
        but: Whether a folder of that name is not entered.
    """
    parts: tuple[str, ...] = ()
    while True:
        files, below = scan(folder)
        if any(is_picture(folder, name) for name in files):
            return folder, parts
        holding = (n for n in below if _holds_picture(join(folder, n)))
        name, *others = *itertools.islice(holding, 2), ""
        if len(others) != 1 or but(name):
            return folder, parts
        folder, parts = join(folder, name), (*parts, name)


def _holds_picture(folder: str) -> bool:
    return any(
        is_picture(place, name)
        for place, _, names in walk(folder)
        for name in names
    )


def count_pictures(folder: str, notes: Notes) -> int:
    """The pictures of a folder and of those below it."""
    return sum(
        len(pictures_in(place, files, notes))
        for place, _, files in walk(folder)
    )
