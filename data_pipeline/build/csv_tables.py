"""CSV files as spreadsheets and shops write them: one that is read wrongly
is refused with its line."""

import codecs
import csv
import difflib
import fnmatch
import io
import posixpath
import re
import string
import unicodedata
from collections.abc import Iterator

from data_pipeline.build import collection_files, listing
from data_pipeline.build.errors import BadCollection
from data_pipeline.records import pictures

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
# Of lists, such as those of Stanford Online Products and DeepFashion.
BLANK = " "
# Around a cell these are no part of it: blanks of any width, also of none.
BLANKS = string.whitespace + "\u200b\u200c\u200d\u2060\ufeff\x85"
BLANKS += "".join(
    chr(c) for c in range(0x3001) if unicodedata.category(chr(c)) == "Zs"
)
# What files begin with that are no tables in plain text.
CONTAINERS = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"PAR1": "a parquet file",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"7z\xbc\xaf": "a 7z archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"Rar!": "a rar archive",
    b"SQLite": "a database",
    b"ARROW1": "an arrow file",
    b"\x89HDF": "an HDF5 file",
}
# What other tables call the columns.
COMMON = {
    "image": ("file", "filename", "file_name", "path", "picture", "photo"),
    "identity": (
        "id",
        "person",
        "name",
        "label",
        "class",
        "product",
        "subject",
    ),
}
FALLBACK = "cp1252"  # Of Windows in the West; nearly any file may be it.
CHUNK = 1 << 20
# Letters of one cell: shops write whole pages into a column that is not wanted.
csv.field_size_limit(1 << 24)


def read_lines(path: str, encoding: str = "utf-8-sig") -> Iterator[str]:
    """The lines of a text, with their ends.

    Raises:
        BadCollection: If it is of another encoding.
    """
    with collection_files.open_bytes(path) as stream:
        lines = io.TextIOWrapper(stream, encoding=encoding, newline="")
        try:
            yield from lines
        except UnicodeError as error:
            name = encoding.upper().removesuffix("-SIG")
            raise BadCollection(f"`{path}` is not {name}: {error}") from error


def find_encoding(path: str) -> str:
    """UTF-8 or UTF-16, with or without a mark; else Windows' cp1252.

    UTF-32 is found by its mark.

    Raises:
        BadCollection: If it is no text in one of them, or empty.
    """
    with collection_files.open_bytes(path) as stream:
        chunk = stream.read(CHUNK)
        ending = listing.kind(path)
        heads = [w for head, w in CONTAINERS.items() if chunk.startswith(head)]
        if heads or ending in listing.CONTAINERS:
            raise BadCollection(
                f"`{path}` is not a plain-text CSV (extension: {ending})"
                f"{''.join(f' ({what})' for what in heads)}: unpack it, or "
                "save it as CSV."
            )
        if not chunk:
            raise BadCollection(
                f"`{path}` is empty. A table must have a header and rows."
            )
        # Its mark begins with that of UTF-16.
        if chunk[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
            return "utf-32"
        if chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        # Of a Latin letter's two bytes one is 0.
        if chunk[1:2] == b"\0" != chunk[:1]:
            return "utf-16-le"
        if chunk[:1] == b"\0" != chunk[1:2]:
            return "utf-16-be"
        left = {
            name: codecs.getincrementaldecoder(name)()
            for name in ("utf-8-sig", FALLBACK)
        }
        while left:
            for name, decoder in list(left.items()):
                try:
                    decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError:
                    del left[name]
            if not chunk:
                break
            chunk = stream.read(CHUNK)
    if not left:
        raise BadCollection(
            f"`{path}` is not UTF-8, UTF-16 or cp1252: pass its --encoding."
        )
    return next(iter(left))


def trim(cell: str) -> str:
    """A cell without the blanks around it."""
    return cell.strip(BLANKS)


class Table:
    """A CSV with a header.

    Attributes:
        path: Where it lies.
        encoding: As given, or found.
        delimiter: Likewise.
        header: The names of its columns.
    """

    def __init__(
        self,
        path: str,
        wanted: tuple[str, ...],
        delimiter: str | None = None,
        encoding: str | None = None,
    ):
        """Reads the header.

        Args:
            path: Of the file.
            wanted: Columns that must be there, once; the first may have a
                `*`, see `columns`.
            delimiter: Between cells; None finds it.
            encoding: Of the text; None finds it.

        Raises:
            BadCollection: If it is no table, or lacks a wanted column.
        """
        self.path = path
        self.encoding = encoding or find_encoding(path)
        self._guessed = not encoding and self.encoding == FALLBACK
        if codecs.lookup(self.encoding).name == "utf-8":
            self.encoding = "utf-8-sig"
        self.wanted = wanted
        self._skipped = 0
        found = delimiter or ""
        for line in read_lines(path, self.encoding):
            told = re.fullmatch(r'"?sep=(.)"?\s*', line, re.IGNORECASE)
            if told:
                found = delimiter or told.group(1)
            elif trim(line) and not self._is_count(line):
                found = found or self._find_delimiter(line)
                break
            self._skipped += 1
        self.delimiter = found or ","
        _, self.header, _ = next(self._records(), (0, [], []))
        self.header = [trim(name) for name in self.header]
        self._check_header()

    def __str__(self):
        names = DELIMITERS | {BLANK: "blanks"}
        name = names.get(self.delimiter, repr(self.delimiter))
        encoding = self.encoding.upper().removesuffix("-SIG")
        if self._guessed:
            encoding += ", as it is not UTF-8; --encoding sets another"
        return f"`{self.path}`: cells separated by {name}, {encoding}"

    def _find_delimiter(self, line: str) -> str:
        def fits(delimiter):
            try:
                cells = next(_reader([line], delimiter, strict=False), [])
            except csv.Error:  # It is raised where the header is read.
                return 0, 0
            names = {trim(cell) for cell in cells}
            return len(names & set(self.wanted)), len(cells)

        likely = max(DELIMITERS, key=fits)  # Of equal ones the first.
        number = len(set(self.wanted))
        if fits(likely)[0] < number == fits(BLANK)[0]:
            return BLANK
        return likely

    def _is_count(self, line: str) -> bool:
        """Whether a list begins with the number of its lines."""
        number = trim(line)
        return number.isdigit() and number not in self.wanted

    def columns(self, name: str) -> list[str]:
        """The columns of that name; those that fit it, if it has a `*`."""
        if name in self.header or "*" not in name:
            return [name] if name in self.header else []
        return [n for n in self.header if fnmatch.fnmatchcase(n, name)]

    def _check_header(self) -> None:
        several, *single = self.wanted
        missing = [name for name in single if name not in self.header]
        if not self.columns(several):
            missing.insert(0, several)
        if missing:
            likely = "".join(self._suggest(name) for name in missing)
            raise BadCollection(
                f"`{self.path}` has no columns {missing}. Set --image_column, "
                f"--identity_column, --label_columns.{likely} "
                f"Received: {self.header or None}, cells separated by "
                f"{self.delimiter!r}"
            )
        self._used = [*self.columns(several), *single]
        for name in self._used:
            if self.header.count(name) > 1:
                raise BadCollection(
                    f"`{self.path}` has the column `{name}` "
                    f"{self.header.count(name)} times: rename all but one of "
                    f"them. Received: {self.header}"
                )

    def _suggest(self, name: str) -> str:
        known = {given.casefold(): given for given in reversed(self.header)}
        close = difflib.get_close_matches(name.casefold(), known, n=1)
        close = close or [n for n in COMMON.get(name, ()) if n in known]
        return f" Is `{known[close[0]]}` `{name}`?" if close else ""

    def _records(self) -> Iterator[tuple[int, list[str], list[str]]]:
        """(number of the first line, cells, lines) of each record."""
        held, first = [], self._skipped + 1

        def lines():
            for number, line in enumerate(read_lines(self.path, self.encoding)):
                if number >= self._skipped:
                    held.append(line)
                    yield line

        rows = _reader(lines(), self.delimiter)
        try:
            for cells in rows:
                yield first, cells, held
                first += len(held)
                held.clear()
        except csv.Error as error:
            spans = list(_quoted(held, self.delimiter))
            if spans and spans[-1][1] is None:
                self._refuse_quote(first + spans[-1][0], error)
            raise BadCollection(
                f"`{self.path}` line {first + len(held) - 1}: {error}"
            ) from error

    def _refuse_quote(self, line: int, error=None) -> None:
        raise BadCollection(
            f"`{self.path}` line {line}: the quote that opens there is "
            "not closed at the end of its cell. Close it. To write a "
            'quote inside a cell, double it ("") and put the cell in '
            "quotes."
        ) from error

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(line, cells by the names of their columns) of each row.

        Raises:
            BadCollection: If a quote is not closed, or a row has more cells
                than the header.
        """
        records = self._records()
        next(records, None)  # The header.
        for line, cells, lines in records:
            cells = [trim(cell) for cell in cells]
            if not any(cells):
                continue
            if any(cells[len(self.header) :]):
                raise BadCollection(
                    f"`{self.path}` line {line} has {len(cells)} cells and the "
                    f"header {len(self.header)}: a cell that holds "
                    f"{self.delimiter!r} must be in quotes. Received: {cells}"
                )
            cells += [""] * (len(self.header) - len(cells))
            row = dict(zip(self.header, cells, strict=False))
            if len(lines) > 1:
                self._check_lines(line, row, lines)
            yield line, row

    def _check_lines(self, line: int, row: dict, lines: list[str]) -> None:
        """Refuses a cell of several lines that has swallowed rows."""
        wrong = any(set(row[name]) & set("\n\r") for name in self._used)
        for below in lines[1:]:
            cells: list[str] = next(
                _reader([below], self.delimiter, strict=False), []
            )
            wrong |= len(cells) == len(self.header) and any(
                posixpath.splitext(trim(cell))[1].lower() in pictures.SUFFIXES
                for cell in cells
            )
        if wrong:
            opened = [a for a, b in _quoted(lines, self.delimiter) if b != a]
            self._refuse_quote(line + opened[0])


def _reader(lines, delimiter: str, strict: bool = True):
    return csv.reader(
        lines, delimiter=delimiter, skipinitialspace=True, strict=strict
    )


def _quoted(
    lines: list[str], delimiter: str
) -> Iterator[tuple[int, int | None]]:
    """(first line, last line) of each cell in quotes of one record.

    The last line is None where the quote is not closed at the cell's end.
    """
    opened, closing, at_start = -1, False, True
    for number, line in enumerate(lines):
        for letter in line:
            if opened >= 0 and not closing:
                closing = letter == '"'
                continue
            if closing:
                closing = letter != '"'  # Two are one of the cell.
                if not closing:
                    continue
                if letter not in (delimiter, "\n", "\r"):
                    yield opened, None
                    return
                yield opened, number
                opened, closing = -1, False
            if at_start and letter == '"':
                opened = number
            at_start = letter == delimiter or (at_start and letter == " ")
    if opened >= 0:
        yield opened, len(lines) - 1 if closing else None
