"""Names of a package that are imported when they are first used."""

import importlib
from collections.abc import Callable


def attach(
    package: str, homes: dict[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Lets a package give names of its modules without importing these.

    Args:
        package: The package's `__name__`.
        homes: The module of each name, below the package.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`; see PEP 562.
    """

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}"
            )
        module = importlib.import_module(f"{package}.{homes[name]}")
        return getattr(module, name)

    return get, lambda: sorted(homes), sorted(homes)
