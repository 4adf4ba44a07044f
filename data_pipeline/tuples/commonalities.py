"""Factors that the images of a tuple may agree in, as a user names them."""

import dataclasses

import numpy as np

# Factors that every record has, beside its labels.
IDENTITY, OBSERVATION = "identity", "observation"


@dataclasses.dataclass(frozen=True)
class Commonalities:
    """Factors, and the kinds of tuples that agree in some of them.

    Attributes:
        names: The factors, in the order of their codes.
        kinds: The factors that each kind of tuple agrees in.
    """

    names: tuple[str, ...]
    kinds: tuple[tuple[str, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Commonalities":
        """Reads "brand,product": kinds by commas, several factors by +.

        Raises:
            ValueError: If a kind is empty or comes twice, or a name could
                lead out of a folder.
        """
        kinds = tuple(
            tuple(name.strip() for name in kind.split("+"))
            for kind in text.split(",")
        )
        if not all(name for kind in kinds for name in kind):
            raise ValueError(
                "`commonalities` must be names separated by commas, with + "
                f"between names that tuples share together. Received: {text!r}"
            )
        for name in (name for kind in kinds for name in kind):
            if set(name) & set("/\\") or name.startswith("."):
                raise ValueError(
                    "`commonalities` become names of files and must not "
                    f"contain slashes. Received: {text!r}"
                )
        if len({frozenset(kind) for kind in kinds}) < len(kinds):
            raise ValueError(
                "`commonalities` must not name a kind twice. Received: "
                f"{text!r}"
            )
        names = dict.fromkeys(name for kind in kinds for name in kind)
        return cls(tuple(names), kinds)

    @property
    def shared(self) -> np.ndarray:
        """Whether a kind agrees in a factor, bool `[kinds, names]`."""
        return np.array(
            [[name in kind for name in self.names] for kind in self.kinds]
        )
