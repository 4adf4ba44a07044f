"""The state of the page, as a value: links are its text, clicks its methods.

A code is drawn anew by counting: its `Draw` names the seed, the place in the
grid and how often that place was resampled. So a short link is exact.
"""

import dataclasses
import re
from urllib.parse import parse_qsl, urlencode

# What one grid may ask of a generator, and the numbers in a link.
MAX_SIDE = 16
MAX_NUMBER = 2**31 - 1
SLOTS = ("first", "second")


def checked(name: str, value: int, least: int = 0, most: int = MAX_NUMBER):
    """A whole number in its range.

    Raises:
        ValueError: If it is outside.
    """
    if type(value) is not int or not least <= value <= most:
        raise ValueError(
            f"`{name}` must be in [{least}, {most}]. Received: {name}={value!r}"
        )
    return value


@dataclasses.dataclass(frozen=True)
class Draw:
    """Names one code z_i or z_o.

    Attributes:
        seed: Of the grid that it was drawn for.
        place: Row or column, from 0.
        number: How often the place was resampled before.
    """

    seed: int
    place: int
    number: int = 0

    def next(self) -> "Draw":
        """The draw after this one at the same place."""
        return dataclasses.replace(self, number=(self.number + 1) % MAX_NUMBER)

    def text(self, seed: int) -> str:
        """`PLACE.NUMBER`, and `.SEED` where it is not the grid's."""
        parts = [self.place, self.number]
        return ".".join(map(str, parts + [self.seed] * (self.seed != seed)))

    @classmethod
    def parse(cls, text: str, seed: int) -> "Draw":
        """The inverse of `text`.

        Raises:
            ValueError: If it is no such text or a number is out of range.
        """
        if not re.fullmatch(r"[0-9]+\.[0-9]+(\.[0-9]+)?", text):
            raise ValueError(
                "A code in a link must be PLACE.NUMBER or PLACE.NUMBER.SEED. "
                f"Received: {text!r}"
            )
        place, number, *own = map(int, text.split("."))
        return cls(
            checked("seed", own[0] if own else seed),
            checked("place", place, most=MAX_SIDE - 1),
            checked("number", number),
        )


@dataclasses.dataclass(frozen=True)
class Cell:
    """One picture: an identity's draw and an observation's."""

    identity: Draw
    observation: Draw


@dataclasses.dataclass(frozen=True)
class Heads:
    """The heads of the grid's rows or of its columns.

    Attributes:
        draws: One for each row or column.
        locked: The places that are kept.
    """

    draws: tuple[Draw, ...]
    locked: frozenset[int] = frozenset()

    @classmethod
    def fresh(cls, seed: int, size: int) -> "Heads":
        """The first draws of a seed, none of them locked."""
        return cls(tuple(Draw(seed, place) for place in range(size)))

    def resampled(self, place: int | None = None) -> "Heads":
        """With the next draw at `place`, or at all; locked ones stay."""
        return self._with(Draw.next, place)

    def reseeded(self, seed: int) -> "Heads":
        """With the first draws of another seed; locked ones stay."""
        return self._with(lambda draw: Draw(seed, draw.place))

    def toggled(self, place: int) -> "Heads":
        """With the lock at `place` closed or opened."""
        return dataclasses.replace(self, locked=self.locked ^ {place})

    def _with(self, change, place: int | None = None) -> "Heads":
        draws = tuple(
            change(draw)
            if n not in self.locked and place in (None, n)
            else draw
            for n, draw in enumerate(self.draws)
        )
        return dataclasses.replace(self, draws=draws)


@dataclasses.dataclass(frozen=True)
class GridState:
    """The grid and the two workbench slots.

    Attributes:
        seed: Of the draws that no other seed is noted for.
        rows: Identities.
        columns: Observations.
        chosen: The cells in the two slots, which stay when the grid changes.
        slot: Where the next chosen cell goes, 0 or 1.
    """

    seed: int
    rows: Heads
    columns: Heads
    chosen: tuple[Cell | None, Cell | None] = (None, None)
    slot: int = 0

    @classmethod
    def fresh(cls, seed: int, rows: int, columns: int) -> "GridState":
        """The first grid of a seed.

        Raises:
            ValueError: If a number is out of range.
        """
        checked("seed", seed)
        checked("rows", rows, 1, MAX_SIDE)
        checked("columns", columns, 1, MAX_SIDE)
        return cls(seed, Heads.fresh(seed, rows), Heads.fresh(seed, columns))

    def cell(self, row: int, column: int) -> Cell:
        """The picture at a place of the grid."""
        return Cell(self.rows.draws[row], self.columns.draws[column])

    def cells(self) -> list[Cell]:
        """All pictures, row by row."""
        return [
            self.cell(row, column)
            for row in range(len(self.rows.draws))
            for column in range(len(self.columns.draws))
        ]

    def resample(self, side: str, place: int) -> "GridState":
        """Draws one row or column anew, unless it is locked.

        Args:
            side: "rows" or "columns".
            place: Which one, from 0.
        """
        return self._with(side, place, Heads.resampled)

    def toggle(self, side: str, place: int) -> "GridState":
        """Closes or opens the lock of one row or column."""
        return self._with(side, place, Heads.toggled)

    def resample_unlocked(self) -> "GridState":
        """Draws all that is not locked anew."""
        return dataclasses.replace(
            self, rows=self.rows.resampled(), columns=self.columns.resampled()
        )

    def reseed(self, seed: int) -> "GridState":
        """The grid of another seed, in which what is locked stays."""
        checked("seed", seed)
        return dataclasses.replace(
            self,
            seed=seed,
            rows=self.rows.reseeded(seed),
            columns=self.columns.reseeded(seed),
        )

    def choose(self, row: int, column: int) -> "GridState":
        """Takes a cell into the slot, and turns to the other slot."""
        self._check("rows", row)
        self._check("columns", column)
        chosen = list(self.chosen)
        chosen[self.slot] = self.cell(row, column)
        return dataclasses.replace(
            self, chosen=tuple(chosen), slot=1 - self.slot
        )

    def turn(self, slot: int) -> "GridState":
        """Says which slot the next chosen cell goes into."""
        return dataclasses.replace(self, slot=checked("slot", slot, most=1))

    def link(self) -> str:
        """The state as the query of an address; see `from_link`."""
        fresh = GridState.fresh(
            self.seed, len(self.rows.draws), len(self.columns.draws)
        )
        fields = {
            "seed": str(self.seed),
            "size": f"{len(self.rows.draws)}x{len(self.columns.draws)}",
        }
        for side in ("rows", "columns"):
            heads, others = getattr(self, side), getattr(fresh, side)
            changed = set(heads.draws) - set(others.draws)
            fields[side] = "-".join(
                draw.text(self.seed) for draw in heads.draws if draw in changed
            )
            fields[f"locked_{side}"] = "-".join(map(str, sorted(heads.locked)))
        for name, cell in zip(SLOTS, self.chosen, strict=True):
            if cell:
                fields[name] = "-".join(
                    draw.text(self.seed)
                    for draw in (cell.identity, cell.observation)
                )
        fields["slot"] = str(self.slot) if self.slot else ""
        return urlencode({name: text for name, text in fields.items() if text})

    @classmethod
    def from_link(cls, query: str, default: "GridState") -> "GridState":
        """The inverse of `link`.

        Args:
            query: Of an address, without "?". Unknown fields are left alone.
            default: Gives the seed and the size where the query has none.

        Raises:
            ValueError: If a field is not as `link` writes it.
        """
        fields = dict(parse_qsl(query))
        seed = _number("seed", fields.get("seed", str(default.seed)))
        sizes = f"{len(default.rows.draws)}x{len(default.columns.draws)}"
        rows, _, columns = fields.get("size", sizes).partition("x")
        state = cls.fresh(
            seed, _number("rows", rows), _number("columns", columns)
        )
        heads = {
            side: _heads(getattr(state, side), side, fields, seed)
            for side in ("rows", "columns")
        }
        return dataclasses.replace(
            state,
            **heads,
            chosen=tuple(_chosen(fields.get(name), seed) for name in SLOTS),
        ).turn(_number("slot", fields.get("slot", "0")))

    def _check(self, side: str, place: int) -> None:
        checked(side, place, most=len(getattr(self, side).draws) - 1)

    def _with(self, side: str, place: int, change) -> "GridState":
        if side not in ("rows", "columns"):
            raise ValueError(
                f'`side` must be "rows" or "columns". Received: side={side!r}'
            )
        self._check(side, place)
        heads = change(getattr(self, side), place)
        return dataclasses.replace(self, **{side: heads})


def _number(name: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,10}", text):
        raise ValueError(
            f"`{name}` in a link must be a whole number. Received: {text!r}"
        )
    return int(text)


def _heads(fresh: Heads, side: str, fields: dict, seed: int) -> Heads:
    """Fresh heads with what a link says of them."""
    draws = list(fresh.draws)
    for text in filter(None, fields.get(side, "").split("-")):
        draw = Draw.parse(text, seed)
        checked(side, draw.place, most=len(draws) - 1)
        draws[draw.place] = draw
    name = f"locked_{side}"
    places = [
        checked(name, _number(name, text), most=len(draws) - 1)
        for text in filter(None, fields.get(name, "").split("-"))
    ]
    return Heads(tuple(draws), frozenset(places))


def _chosen(text: str | None, seed: int) -> Cell | None:
    if not text:
        return None
    identity, _, observation = text.partition("-")
    return Cell(Draw.parse(identity, seed), Draw.parse(observation, seed))
