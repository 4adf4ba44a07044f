"""The files of the page, and what it reads first."""

import json
import pathlib
from collections.abc import Sequence

SITE = pathlib.Path(__file__).parent / "site"
START, CARD, TABLE = "explorer.json", "card.json", "identities.f32"
# What runs a model in the browser; a server does not need it.
WORKER = "worker.js"


def site_files() -> dict[str, bytes]:
    """Reads the files of the page by name."""
    return {path.name: path.read_bytes() for path in sorted(SITE.iterdir())}


def generator_folder(number: int) -> str:
    """Names the folder of a generator beside the page's files."""
    return f"generators/{number}"


def start_file(backend: str, names: Sequence[str], settings: dict) -> bytes:
    """Encodes what the page reads first.

    Args:
        backend: "browser" or "server".
        names: The generators, in the order of their folders.
        settings: See `Settings.of_page`.
    """
    generators = [
        {"name": name, "folder": generator_folder(number)}
        for number, name in enumerate(names)
    ]
    start = {
        "backend": backend,
        "generators": generators,
        "settings": settings,
    }
    return json.dumps(start, indent=2).encode()
