"""Collections of empty files, and how they are listed."""

import pytest

from data_pipeline.build.layouts import registry
from data_pipeline.build.listing import Notes
from data_pipeline.build.reading import Reading, TableColumns


def _touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def _listed(layout, root, columns=None, notes=None, **how):
    columns = columns or TableColumns()
    return list(
        registry.list_photographs(
            layout, str(root), Reading(columns, **how), notes or Notes()
        )
    )


def _shown(photographs):
    return [
        (p.path.split("/in/")[1], p.identity, p.observation, p.split)
        for p in photographs
    ]


def _write_table(folder, text, encoding="utf-8"):
    path = folder / "shop.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture(scope="session")
def touch():
    """`touch(root, *names)`: empty files, and the folders that they need."""
    return _touch


@pytest.fixture(scope="session")
def listed():
    """`listed(layout, root, columns, notes, **how)`: a list."""
    return _listed


@pytest.fixture(scope="session")
def shown():
    """(path below the folder `in`, identity, observation, split) of each."""
    return _shown


@pytest.fixture(scope="session")
def write_table():
    """`write_table(folder, text, encoding)`: the table's path."""
    return _write_table
